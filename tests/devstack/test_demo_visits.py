"""The demonstration's visits, asked for and confirmed through findr's own doors."""

from urllib.parse import urlsplit

import pytest
from admin.week_pages import items_of, path_of
from cast import RIDGE
from django.test import Client

from bookings.models import Booking
from findr import clock
from findr.devstack import demo_visits
from providers.demo import PASSWORD


@pytest.fixture
def stack(stage, live_server, settings):
    """The variables of a stack that is running."""
    ahead = settings.CLOCK_AHEAD + clock.offset().total_seconds()
    return {"PORT": str(urlsplit(live_server.url).port), "FINDR_CLOCK_AHEAD": str(ahead)}


def test_ridges_coming_weeks_show_visits_that_were_loaded_once(stack, staff, patient):
    demo_visits.load(stack)
    demo_visits.load(stack)

    assert list(Booking.objects.values_list("state", "price_cents")) == [("confirmed", 0)] * 2
    console = Client()
    console.force_login(staff.user)
    for visit in Booking.objects.all():
        day = visit.start.astimezone(visit.provider.zone).date().isoformat()
        shown = [(one.day, one.kinds) for one in items_of(console.get(path_of(RIDGE, week=day)))]
        assert (day, ("visit",)) in shown


def test_what_fails_is_a_warning(stack, other_patient, capsys):
    other_patient.user.set_password(f"{PASSWORD}-changed")
    other_patient.user.save()

    demo_visits.load(stack)

    assert "WARNING: ridge@example.test has no visits: POST /api/users/login answered 401" in capsys.readouterr().err
    assert not Booking.objects.exists()
