"""Changing a practice's hours and time off in the console, as a browser does."""

from datetime import timedelta

from admin.forms import filled
from admin.stale_pages import PRACTICE
from cast import RIDGE
from snapshots import everything

from providers.models import Provider

UNCOVERED = {"show": "uncovered"}
OF_THE_PAGE = ("providers_", "django_admin_log", "django_session", "accounts_user")


def off(start, end, row=0, **more):
    """The fields of one new row of time off, after so many; moments as a browser sends them on Ridge's clock."""
    zone, name = Provider.objects.get(id=RIDGE).zone, f"time_off-{row}"
    moments = {"start": start, "end": end}
    fields = {name: f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" for name, moment in moments.items()}
    fields |= {"provider": str(RIDGE), "team_member": "", "note": "", **more}
    return {"time_off-TOTAL_FORMS": str(row + 1), **{f"{name}-{field}": value for field, value in fields.items()}}


def day_off(booking, **more):
    """Time off around a booking."""
    return off(booking.start - timedelta(hours=1), booking.end + timedelta(hours=1), **more)


def hours_of(booking):
    """The name of the row of opening hours of a booking's day; Ridge is open every day."""
    return f"opening_hours-{booking.start.astimezone(booking.provider.zone).weekday()}"


def send(console, page=None, **changes):
    """The page of the practice as it stands, or as it was opened, but for these changes; gives what comes back."""
    return console.post(PRACTICE, filled(page or console.get(PRACTICE), **changes))


def agree(console, question, **changes):
    """Confirm what the question has shown."""
    return console.post(PRACTICE, filled(question, **changes))


def all_else(sandbox):
    """What is neither the practice's nor the console's own: bookings, money, holds, feeds, jobs, mails, the vendors."""
    rows, vendor = everything(sandbox)
    return [row for row in rows if not row[0].startswith(OF_THE_PAGE)], vendor
