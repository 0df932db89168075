"""A week at Ridge, with one of everything if one wants it."""

from datetime import datetime, time, timedelta

import acts
from acts import DENVER
from calendar_accounts import CAL
from cast import RIDGE, wish_at
from mirrors import HOUR, mirrored

from bookings.models import TimeHold
from findr import clock
from providers.models import Provider, TeamMember, TimeOff


class Week:
    """The week after next: nothing of today's disturbs it. Its days are 0 to 6, and others lie before and after it."""

    def __init__(self):
        today = clock.now().astimezone(DENVER).date()
        self.monday = today + timedelta(days=14 - today.weekday())

    def day(self, index=0):
        return (self.monday + timedelta(days=index)).isoformat()

    def noon(self, index=0):
        return datetime.combine(self.monday + timedelta(days=index), time(12), DENVER)

    def wall(self, index, hour, minute=0):
        return f"{self.day(index)}T{hour:02d}:{minute:02d}"

    def wish(self, index, hour, minute=0, **more):
        """A create body, as `wish_at`."""
        return wish_at(appointmentDate=self.day(index), appointmentTime=f"{hour:02d}:{minute:02d}", **more)

    def fill(self, patient, other_patient, provider, desk):
        """One of everything, each on a day of its own but for a request beside a visit; the visit."""
        kim = TeamMember.objects.get(provider=RIDGE)
        visit = patient.has_asked(**self.wish(0, 9))
        assert acts.confirm(provider, visit).status == 200
        other_patient.has_asked(**self.wish(0, 9, 30, teamMemberId=str(kim.id)))
        suggested = other_patient.has_asked(**self.wish(1, 14, teamMemberId=str(kim.id)))
        assert acts.suggest(provider, suggested, self.wall(2, 11)).status == 200
        kept = {"providerId": str(RIDGE), "startTime": self.wall(3, 12), "duration": 60}
        assert patient.post("/api/bookings/reserve-slot", kept).status == 201
        TimeHold.objects.filter(kind="reservation").update(lapses_at=clock.now() + HOUR)  # However slow the machine is.
        Provider.objects.filter(id=RIDGE).update(requests_hold_time=True)
        paying = self.wish(3, 15, paymentMethodId="pm_card_authenticationRequired")
        assert other_patient.asks(**paying).status == 201
        Provider.objects.filter(id=RIDGE).update(requests_hold_time=False)
        away, busy = self.noon(4), self.noon(5)
        TimeOff.objects.create(provider_id=RIDGE, team_member=kim, start=away - 2 * HOUR, end=away + 3 * HOUR)
        desk.accounts.add_account(CAL, "America/Denver")
        desk.accounts.book(CAL, busy + 4 * HOUR, busy + 5 * HOUR, id="plan1", title="Dentist")
        mirrored(desk)
        return visit
