"""From a letter to a message: text and HTML of one layout, the CSS inlined, since many readers drop what is in the head."""

from email.mime.text import MIMEText

import css_inline
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notifications.mail.letters import CalendarFile, Letter

# The rules for narrow and for dark screens stay in the head: they cannot be inlined, and who drops them shows the rest.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
FILE_NAME = "appointment.ics"
# Out-of-office replies answer no machine: https://www.rfc-editor.org/rfc/rfc3834#section-5
_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def message_of(letter: Letter, *, to: str, message_id: str) -> EmailMultiAlternatives:
    """The message, ready to be sent.

    Args:
        message_id: without brackets; the same for every try, so that a mailbox that gets it twice shows it once.
    """
    facts = {"letter": letter}
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),
        body=render_to_string("email/layout.txt", facts),
        to=[to],
        headers={"Message-ID": f"<{message_id}>", **_HEADERS},
    )
    message.attach_alternative(html_of(letter), "text/html")
    if letter.calendar:
        message.attach(_part(letter.calendar))
    return message


def html_of(letter: Letter) -> str:
    """The HTML of a letter, its styles in the elements."""
    return _INLINER.inline(render_to_string("email/layout.html", {"letter": letter}))


def _part(calendar: CalendarFile) -> MIMEText:
    """An attachment and no alternative: mail services carry it as it is, method included."""
    part = MIMEText(calendar.content.decode(), "calendar", "utf-8")
    part.set_param("method", calendar.method)
    part.add_header("Content-Disposition", "attachment", filename=FILE_NAME)
    return part
