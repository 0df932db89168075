"""What a mail says, before it is text and HTML. Whoever writes one thinks of words alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A place to look at something. Whoever opens it has to sign in, and nothing changes by its being opened (lesson 37)."""

    label: str
    url: str


@dataclass(frozen=True)
class CalendarFile:
    """An iCalendar object for the reader's own calendar.

    Attributes:
        method: as in the object itself; the MIME part repeats it (RFC 6047).
    """

    method: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A mail to one reader.

    Attributes:
        subject: no word about anybody's health; it is shown on locked screens.
        heading: the news in one line, which lists of mails show beside the subject: the same holds for it.
        paragraphs: what follows from it.
        facts: names and values, for example when and where.
        quote: what somebody else wrote, as it stands; blank: nobody did.
        why: why the reader gets this mail.
    """

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    link: Link
    why: str
    facts: tuple[tuple[str, str], ...] = ()
    quote: str = ""
    calendar: CalendarFile | None = None
