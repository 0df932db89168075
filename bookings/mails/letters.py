"""Every letter, by the kind of its mail."""

from bookings.mail_kinds import MailKind
from bookings.mails import to_patients, to_practices
from bookings.mails.stories import Story
from notifications.mail.letters import Letter

LETTERS = {**to_patients.LETTERS, **to_practices.LETTERS}


def letter_of(kind: MailKind, story: Story) -> Letter:
    """The letter of a mail that is true."""
    return LETTERS[kind](story)
