"""What is read of a mail, as its reader's program reads it."""

from dataclasses import dataclass
from typing import Any

from django.core import mail
from icalendar import Calendar


@dataclass
class Appointment:
    """The attached file: the part's own method, and the object's."""

    part_method: str
    calendar: Calendar

    @property
    def method(self) -> str:
        return str(self.calendar["METHOD"])

    @property
    def event(self) -> Any:
        (event,) = self.calendar.walk("VEVENT")
        return event


def sent_to(*addresses: str) -> list[Any]:
    """The mails to any of these addresses, in order."""
    return [one for one in mail.outbox if set(one.to) & set(addresses)]


def subjects() -> list[tuple[str, str]]:
    """Of every mail: to whom, and the subject without the booking's number."""
    return sorted((one.to[0], one.subject.rpartition(" (")[0]) for one in mail.outbox)


def html_of(message: Any) -> str:
    (html,) = [part.content for part in message.alternatives if part.mimetype == "text/html"]
    return html


def appointment_in(message: Any) -> Appointment | None:
    """The calendar file of a mail as it leaves, MIME and all; None if it has none."""
    parts = [part for part in message.message().walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    (part,) = parts
    return Appointment(part.get_param("method"), Calendar.from_ical(part.get_payload(decode=True)))
