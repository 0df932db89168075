"""One time that many want to keep at once (lesson 3)."""

import pytest
from cast import RIDGE, wish_at
from concurrency.together import at_once

from bookings.models import Reservation, TimeHold


@pytest.mark.lesson(3)
def test_of_fifty_that_reserve_one_time_at_once_one_gets_it(crowd):
    wish = wish_at(days=3)
    body = {"providerId": str(RIDGE), "startTime": f"{wish['appointmentDate']}T10:00", "duration": 60}

    answers = at_once(*[lambda one=one: one.post("/api/bookings/reserve-slot", body) for one in crowd])

    assert sorted(answer.status for answer in answers) == [201] + [409] * 49
    assert Reservation.objects.count() == TimeHold.objects.count() == 1
