"""The appointment as a file for the patient's own calendar, through its whole life (lesson 64).

One UID for ever; each change is one SEQUENCE more, so that a calendar knows the newest whatever comes first. The number
is counted in the booking's history and kept nowhere: a mail that is sent again has the number that it had.

https://www.rfc-editor.org/rfc/rfc5545, https://www.rfc-editor.org/rfc/rfc5546#section-3.2
"""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from bookings.mails.stories import Story
from bookings.mails.words import address_of_practice, patient_link
from bookings.models import Booking
from bookings.states import CANCELLED, State
from notifications.mail.letters import CalendarFile

_PRODUCT = "-//findr//findr//EN"
_AROUND = timedelta(days=366)


def calendar_file(story: Story) -> CalendarFile:
    """The visit as it stands: to be there, or, once it is cancelled, to be taken out."""
    method = "CANCEL" if State(story.booking.state) in CANCELLED else "REQUEST"
    calendar = Calendar()
    for name, value in (("prodid", _PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", method)):
        calendar.add(name, value)
    calendar.add_component(_event(story, is_over=method == "CANCEL"))
    start = story.booking.start.date()
    # Wall times of the practice, with the zone's rules beside them: a calendar need not know the zone by its name.
    calendar.add_missing_timezones(first_date=start - _AROUND, last_date=start + _AROUND)
    return CalendarFile(method, calendar.to_ical())


def sequence_of(story: Story) -> int:
    """How often the appointment changed since it was confirmed, up to the line that is told."""
    up_to = (event for event in story.history if event.id <= story.cause.id)
    return sum(event.event_type == "moved" or (event.is_move and event.new_state in CANCELLED) for event in up_to)


def _event(story: Story, *, is_over: bool) -> Event:
    booking = story.booking
    zone, link = booking.provider.zone, patient_link(booking)
    event = Event()
    event.add("uid", f"{booking.id}@findr")
    event.add("sequence", sequence_of(story))
    event.add("dtstamp", story.cause.created_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", _written(booking.start, zone))
    event.add("dtend", _written(booking.end, zone))
    event.add("summary", f"Appointment with {booking.provider.practice_name}")
    event.add("location", address_of_practice(booking))
    event.add("description", f"Booking {booking.number}\n{link.url}")
    event.add("url", link.url)
    event.add("status", "CANCELLED" if is_over else "CONFIRMED")
    event.add("organizer", _organizer(booking))
    event.add("attendee", _attendee(booking))
    return event


def _written(moment: datetime, zone: ZoneInfo) -> datetime:
    """The practice's wall time; where the clocks go back and it is there for the second time, UTC, since a wall time of a
    file is always the first (RFC 5545, 3.3.5).
    """
    local = moment.astimezone(zone)
    return moment.astimezone(UTC) if local.fold else local


def _organizer(booking: Booking) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    organizer.params["CN"] = vText(booking.provider.practice_name)
    return organizer


def _attendee(booking: Booking) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{booking.patient.email}")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")  # They booked it; nobody waits for a reply.
    attendee.params["RSVP"] = vText("FALSE")
    return attendee
