"""Reserving a time, letting it go and booking it, and keeping up with calendars: calls and jobs that can be killed in the middle."""

from calendar_accounts import CAL
from cast import booking_of, run_jobs, wish_at
from mirrors import HOUR, noon
from reliability.flows import with_calendar
from reliability.steps import Job, api

from calendars.services.mirroring import ask_to_read
from calendars.tasks import keep_channels, sweep_mirrors
from findr.transactions import durable

RESERVE = "/api/bookings/reserve-slot"
# Longer than it takes to settle twice.
LONG = 1800


# --- Reservations -------------------------------------------------------------------------------------------------------
def wanted(hour=10):
    """The wish of `steps.Scene.has_asked`, to be reserved."""
    wish = wish_at(hour=hour)
    start = f"{wish['appointmentDate']}T{wish['appointmentTime']}"
    return {"providerId": wish["providerId"], "serviceId": wish["serviceId"], "startTime": start}


def reserve(scene):
    scene.settings.RESERVATION_SECONDS = LONG
    return api(scene.patient, RESERVE, wanted(), status=201)


def reserved(scene, hour=10, seconds=LONG):
    """What Pat has reserved."""
    scene.settings.RESERVATION_SECONDS = seconds
    answer = scene.patient.post(RESERVE, wanted(hour))
    assert answer.status == 201, answer.body
    return answer.body["reservationId"]


def reserve_another(scene):
    reserved(scene, hour=9)
    return reserve(scene)


def release(scene):
    return api(scene.patient, f"{RESERVE}/{reserved(scene)}", method="DELETE", is_keyed=False)


def book_what_is_reserved(scene):
    _requests_hold_time(scene)
    return api(scene.patient, "/api/bookings", wish_at(reservationId=reserved(scene)), status=201)


def book_what_lapsed(scene):
    _requests_hold_time(scene)
    reserved(scene, seconds=60)
    scene.time.passes(seconds=61)
    return api(scene.patient, "/api/bookings", wish_at(), status=201)


def _requests_hold_time(scene):
    scene.provider.provider.requests_hold_time = True
    scene.provider.provider.save()


def free_lapsed(scene):
    reserved(scene, seconds=60)
    scene.time.passes(seconds=61)
    return Job("bookings.free_lapsed_reservations", {"timestamp": 0})


# --- The mirror ---------------------------------------------------------------------------------------------------------
def mirrored(scene, vendor):
    """The practice has connected a calendar, and it was read."""
    scene.settings.CALENDAR_MIRROR_LEASE_SECONDS = 60
    desk = with_calendar(scene, vendor)
    sweep_mirrors()
    return desk


@durable("somebody asks for it")
def _ask(connection):
    ask_to_read(connection.pk)


def read(vendor, *, whole=False):
    def prepare(scene):
        desk = mirrored(scene, vendor)
        desk.accounts.book(CAL, noon(3), noon(3) + HOUR)
        desk.accounts.book(CAL, noon(4), noon(4) + HOUR, time_zone="UTC", recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
        if whole:
            desk.accounts.forget_cursors(CAL)
        _ask(desk.connection())
        return Job("")

    return prepare


def read_what_was_deleted(vendor):
    def prepare(scene):
        desk = mirrored(scene, vendor)
        booking_of(scene.patient.asks())
        run_jobs()
        (event,) = desk.accounts.events(CAL)
        desk.accounts.remove(event["id"], CAL)
        _ask(desk.connection())
        queues = ("money", "calendar", "housekeeping", "mail")
        return Job("", queues=queues, findings=("is not in the calendar",))

    return prepare


# --- Channels -----------------------------------------------------------------------------------------------------------
def watch(vendor):
    def prepare(scene):
        desk = mirrored(scene, vendor)
        scene.settings.CALENDAR_PUSH_URL = scene.reachable()
        desk.accounts.pushes.hold()
        return Job("calendars.keep_channels", {"timestamp": 0})

    return prepare


def renew(vendor):
    def prepare(scene):
        begun = watch(vendor)(scene)
        keep_channels()
        scene.time.passes(hours=6 * 24 + 1 if vendor == "google" else 47)
        return begun

    return prepare


FLOWS_OF_TIMES = {
    "reserve: a time": reserve,
    "reserve: another time": reserve_another,
    "reserve: let it go": release,
    "create: of a reservation": book_what_is_reserved,
    "create: over a reservation that has lapsed": book_what_lapsed,
    "job: free lapsed reservations": free_lapsed,
    **{
        f"job: {what} {vendor.capitalize()}{more}": flow
        for vendor in ("google", "microsoft")
        for what, more, flow in (
            ("read", "'s changes", read(vendor)),
            ("read", " from the beginning", read(vendor, whole=True)),
            ("read", "'s word that a visit is gone", read_what_was_deleted(vendor)),
            ("open a channel to", "", watch(vendor)),
            ("renew a channel to", "", renew(vendor)),
        )
    },
}
