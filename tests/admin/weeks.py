"""A week at Ridge with one of everything."""

import acts
from calendar_accounts import CAL
from cast import RIDGE, wish_at
from mirrors import HOUR, mirrored, noon

from findr import clock
from providers.models import Provider, TeamMember, TimeOff


def next_monday_but_one():
    """In how many days it is: a week that nothing of today's disturbs."""
    return 14 - clock.now().weekday()


def fill_week(patient, other_patient, provider, desk, monday):
    """One of everything, each on a day of its own but for a request beside a visit; the visit.

    Args:
        monday: in how many days it begins.
    """
    kim = TeamMember.objects.get(provider=RIDGE)
    visit = patient.has_asked(**wish_at(days=monday, hour=9))
    assert acts.confirm(provider, visit).status == 200
    other_patient.has_asked(**wish_at(days=monday, hour=9, minute=30, teamMemberId=str(kim.id)))
    suggested = other_patient.has_asked(**wish_at(days=monday + 1, hour=14, teamMemberId=str(kim.id)))
    assert acts.suggest(provider, suggested, acts.wall(days=monday + 2, hour=11)).status == 200
    kept = {"providerId": str(RIDGE), "startTime": acts.wall(days=monday + 3, hour=12), "duration": 60}
    assert patient.post("/api/bookings/reserve-slot", kept).status == 201
    Provider.objects.filter(id=RIDGE).update(requests_hold_time=True)
    paying = wish_at(days=monday + 3, hour=15, paymentMethodId="pm_card_authenticationRequired")
    assert other_patient.asks(**paying).status == 201
    Provider.objects.filter(id=RIDGE).update(requests_hold_time=False)
    away, busy = noon(monday + 4), noon(monday + 5)
    TimeOff.objects.create(provider_id=RIDGE, team_member=kim, start=away - 2 * HOUR, end=away + 3 * HOUR)
    desk.accounts.add_account(CAL, "America/Denver")
    desk.accounts.book(CAL, busy + 4 * HOUR, busy + 5 * HOUR, id="plan1", title="Dentist")
    mirrored(desk)
    return visit
