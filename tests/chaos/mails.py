"""Every mailbox against the history: each mail once, and none of what never happened."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from chaos.arrivals import Arrivals, Key, Owed
from chaos.news import REMINDER_MAILS, deadline_in, histories, is_mailed, told_frames

from bookings.models import Booking, BookingEvent, Reminder
from notifications.models import Delivery

NUMBER = re.compile(r"\((\S+)\)$")
# As Django's file backend closes each mail.
END = b"-" * 79 + b"\n"
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived, and when, on the machine's monotonic clock."""

    to: str
    subject: str
    message_id: str
    at: float

    @property
    def delivery(self) -> str:
        """The id of what findr calls it: every try of a mail has one name."""
        return self.message_id.strip("<>").partition(".")[0]


def read(content: bytes, at: float = 0.0) -> Mail:
    """A mail, of which its head is enough."""
    head = BytesHeaderParser(policy=policy.default).parsebytes(content)
    return Mail(str(head["To"]), str(head["Subject"]), str(head["Message-ID"]), at)


def in_folder(folder: Path, moment_of: Callable[[float], float]) -> Iterator[Mail]:
    """Those that Django's file backend has written; what a killed process was in the middle of never arrived.

    A file is named after a second and an address in memory, and may come to hold the mails of two.
    """
    for file in folder.glob("*.log"):
        for content in file.read_bytes().split(END)[:-1]:
            yield read(content, moment_of(file.stat().st_mtime))


def mails(arrived: Iterable[Mail], excuse: Callable[[Key, float], str] = lambda key, at: "") -> Arrivals:
    """What was owed to mailboxes and what came there, of the mails that name a booking: others tell of calendars."""
    bookings = {one.number: str(one.id) for one in Booking.objects.all()}
    rows = {row.id.hex: row for row in Delivery.objects.filter(transport="mail")}
    came: dict[Key, list[float]] = defaultdict(list)
    for mail in sorted(arrived, key=lambda mail: mail.at):
        if number := NUMBER.search(mail.subject):
            row, about = rows.get(mail.delivery), bookings.get(number[1], number[1])
            came[(mail.to, about, row.cause if row else "", row.kind if row else "")].append(mail.at)
    named = {(row.address, str(row.booking_id), row.cause, row.kind): row for row in rows.values()}
    return Arrivals("mail", dict(_owed()), came, named, excuse)


def _owed() -> Iterator[tuple[Key, Owed]]:
    bookings = {one.id: one for one in Booking.objects.select_related("patient", "provider__account")}
    for frame, news in told_frames():
        if news and (kind := news.words.mail):
            line, until = news.line, deadline_in(frame) or NEVER
            yield _key(bookings[line.booking_id], line, kind), Owed(line.booking_id, line.id, line.created_at, until)
    lines = histories()
    for mark in Reminder.objects.filter(told=True):
        before = [line for line in lines[mark.booking_id] if line.created_at <= mark.created_at]
        cause = [line for line in before if is_mailed(line)][-1]
        owed = Owed(mark.booking_id, before[-1].id, mark.created_at, mark.due_for)
        yield _key(bookings[mark.booking_id], cause, REMINDER_MAILS[mark.kind]), owed


def _key(booking: Booking, line: BookingEvent, kind: str) -> Key:
    reader = booking.patient if kind.startswith("patient_") else booking.provider.account
    return (reader.email, str(booking.id), str(line.id), kind)
