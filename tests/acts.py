"""What patients and practices do about a booking, as their apps do it: one call each."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cast import wish_at

from bookings.models import SuggestedTime, TimeHold

DENVER = ZoneInfo("America/Denver")


def wall(days=8, hour=10, minute=0):
    """A wall time at Ridge, as its portal sends it."""
    return f"{wish_at(days=days)['appointmentDate']}T{hour:02d}:{minute:02d}"


# --- The practice -----------------------------------------------------------------------------------------------------
def confirm(provider, booking, note="see you"):
    return provider.post(f"/api/bookings/{booking.id}/confirm", {"note": note})


def propose(provider, booking, times, **more):
    """Suggest whatever is given, be it times or not."""
    return provider.post(f"/api/bookings/{booking.id}/suggest-times", {"proposedTimes": times, **more})


def suggest(provider, booking, *starts, message=None):
    """Suggest these wall times, or one in eight days."""
    return propose(
        provider, booking, [{"start": start, "end": "ignored"} for start in starts or [wall()]], message=message
    )


def open_ones(booking):
    """The suggestions that the patient may take."""
    return list(SuggestedTime.objects.filter(booking=booking, closed_at=None))


def call_off(provider, booking, reason="ill"):
    return provider.post(f"/api/bookings/{booking.id}/cancel-provider", {"reason": reason})


# --- Staff --------------------------------------------------------------------------------------------------------------
def later(visit, days, hour=14, minute=0):
    """A wall time at Ridge so many days after a visit."""
    local = visit.start.astimezone(DENVER) + timedelta(days=days)
    return local.replace(hour=hour, minute=minute).astimezone(UTC)


def wall_later(booking, days, hour=14, minute=0):
    """The same, as the portal and the console send it."""
    return f"{later(booking, days, hour, minute).astimezone(DENVER):%Y-%m-%dT%H:%M}"


def once_on_the_clock(start):
    """This moment or, where Ridge's clock shows its time twice, the first later hour that it shows once."""
    while start.astimezone(DENVER).replace(fold=0).utcoffset() != start.astimezone(DENVER).replace(fold=1).utcoffset():
        start += timedelta(hours=1)
    return start


def wish_for(start):
    """To ask for just this moment."""
    local = start.astimezone(DENVER)
    return {"appointmentDate": local.date().isoformat(), "appointmentTime": f"{local:%H:%M}"}


# --- The patient ------------------------------------------------------------------------------------------------------
def accept(patient, booking, suggested=None, **body):
    """Take this suggestion, or the one that the body names."""
    named = {"suggestedTimeId": str(suggested.id)} if suggested else {}
    return patient.post(f"/api/bookings/{booking.id}/accept-suggested-time", {**named, **body})


def cancel(patient, booking, **body):
    return patient.post(f"/api/bookings/{booking.id}/cancel", body)


def quote(patient, booking):
    return patient.get(f"/api/bookings/{booking.id}/cancellation-quote").body


# Well inside of what a test takes, on either side of a boundary.
MOMENT = timedelta(seconds=20)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=DENVER).astimezone(UTC)


def reschedule(provider, booking, start=None, **more):
    return provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start or wall(), **more})


def act(patient, booking, action):
    return patient.post(f"/api/bookings/{booking.id}/{action}")


def suggestion_holds(booking):
    return sorted(TimeHold.objects.filter(owner=booking.id, kind="suggestion").values_list("during", flat=True))
