"""The demonstration's calendars, loaded through findr's own doors and the vendors' consent pages."""

from urllib.parse import urlsplit

import pytest
from calendar_accounts import Desk
from cast import HARBOR, LAKESIDE, Person, run_jobs, wish_at

from calendars.models import CalendarConnection
from findr import clock
from findr.devstack import demo_calendars
from providers.demo import PASSWORD, demo_id
from providers.models import Provider

HARBORS_HOUR, LAKESIDES_HOUR = demo_id(522), demo_id(532)
ACCOUNTS = {"google": "harbor.calendar@example.test", "microsoft": "lakeside.calendar@example.test"}


@pytest.fixture
def stack(stage, live_server, sandbox, settings):
    """The variables of a stack that is running: its ports, and where the vendors are."""
    for vendor in ACCOUNTS:
        path = f"/api/calendar/{vendor}/callback"
        setattr(settings, f"{vendor.upper()}_REDIRECT_URI", f"{live_server.url}{path}")
    # The machine may be busy; how long a calendar may take is tested elsewhere.
    settings.CALENDAR_CALL_SECONDS = 9.0
    return {
        "PORT": str(urlsplit(live_server.url).port),
        "SANDBOX_PORT": str(urlsplit(sandbox.base_url).port),
        "GOOGLE_BASE": sandbox.google.base_url,
        "MICROSOFT_BASE": sandbox.microsoft.base_url,
        "FINDR_CLOCK_AHEAD": str(settings.CLOCK_AHEAD + clock.offset().total_seconds()),
    }


def desk(practice, vendor, sandbox):
    provider = Provider.objects.select_related("account").get(id=practice)
    return Desk(Person(provider.account, provider), sandbox, vendor)


@pytest.mark.parametrize(
    ("practice", "service", "hour", "decided"),
    [
        (HARBOR, HARBORS_HOUR, 9, "instant"),
        (HARBOR, HARBORS_HOUR, 12, "auto-request"),
        (LAKESIDE, LAKESIDES_HOUR, 10, "instant"),
        (LAKESIDE, LAKESIDES_HOUR, 8, "auto-request"),
    ],
)
def test_both_practices_have_a_calendar_that_decides(stack, patient, practice, service, hour, decided):
    """Whenever it was loaded, Harbor is free at nine and at lunch at noon, and Lakeside has rounds at eight."""
    demo_calendars.load(stack)

    answer = patient.asks(**wish_at(hour=hour, providerId=str(practice), serviceId=str(service)))

    assert answer.body["bookingType"] == decided


def test_the_portal_shows_the_account(stack, sandbox):
    demo_calendars.load(stack)

    for practice, vendor in ((HARBOR, "google"), (LAKESIDE, "microsoft")):
        status = desk(practice, vendor, sandbox).status()
        assert (status["connected"], status["email"]) == (True, ACCOUNTS[vendor])


def test_the_second_time_nothing_is_done(stack, sandbox):
    demo_calendars.load(stack)
    run_jobs()
    before, calls = sandbox.ledger(), len(sandbox.log())

    demo_calendars.load(stack)

    after = sandbox.ledger()
    assert (after["google"], after["microsoft"]) == (before["google"], before["microsoft"])
    assert len(sandbox.log()) == calls


def test_what_somebody_disconnected_stays_so(stack, sandbox):
    demo_calendars.load(stack)
    desk(HARBOR, "google", sandbox).disconnect()

    demo_calendars.load(stack)

    assert desk(HARBOR, "google", sandbox).status()["connected"] is False


def test_what_was_begun_is_finished(stack, sandbox):
    """A start that was interrupted after its first event."""
    first = demo_calendars.HARBOR.plans[0]
    sandbox.google.book(ACCOUNTS["google"], "2027-01-01", "2027-01-02", id=first.id, title="By an earlier start")

    demo_calendars.load(stack)

    events = sandbox.google.events(ACCOUNTS["google"])
    assert [one["title"] for one in events] == ["By an earlier start", "Inspection", "Lunch"]
    assert desk(HARBOR, "google", sandbox).status()["connected"] is True


@pytest.mark.parametrize("base", ["", "https://www.googleapis.com"])
def test_nobody_is_connected_to_a_vendor_that_is_not_the_sandboxs(stack, sandbox, base):
    demo_calendars.load({**stack, "GOOGLE_BASE": base})

    assert sandbox.google.ledger()["accounts"] == {}
    assert [one.vendor for one in CalendarConnection.objects.all()] == ["microsoft"]


def test_what_fails_is_a_warning_and_the_rest_is_done(stack, sandbox, capsys):
    account = Provider.objects.get(id=HARBOR).account
    account.set_password(f"{PASSWORD}-changed")
    account.save()

    demo_calendars.load(stack)

    assert "WARNING: harbor@example.test has no calendar" in capsys.readouterr().err
    assert [one.vendor for one in CalendarConnection.objects.all()] == ["microsoft"]
