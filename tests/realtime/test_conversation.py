"""A booking's conversation as it is heard live: each side's own events on all of its devices, in order, and at once."""

from contextlib import ExitStack

import pytest
from acts import suggest, wall
from frames import feed
from live import listening


@pytest.mark.lesson(32, 33)
def test_each_device_hears_its_own_sides_events_and_no_others(server, patient, other_patient, provider, other_provider):
    with ExitStack() as open_lines:
        phone, tablet, portal, stranger, strange_portal = (
            open_lines.enter_context(listening(server, person))
            for person in (patient, patient, provider, other_patient, other_provider)
        )
        booking = patient.has_asked()
        assert suggest(provider, booking, wall(8), message="later?").status == 200
        time = patient.get(f"/api/bookings/{booking.id}").body["booking"]["suggestedTimes"][0]["id"]
        answer = patient.post(f"/api/bookings/{booking.id}/accept-suggested-time", {"suggestedTimeId": time})
        assert answer.body["booking"]["state"] == "confirmed"

        assert [frame["type"] for frame in phone.take(3)] == ["booking_pending", "times_suggested", "booking_confirmed"]
        assert [tablet.next() for _ in range(3)] == feed(patient)["events"]
        heard = portal.take(3)
        assert [frame["type"] for frame in heard] == ["booking.new", "booking.updated", "booking.confirmed"]
        assert heard == feed(provider)["events"]
        for line in (phone, tablet, portal):
            pong, others = line.ping()
            assert (pong["lastSeq"], others) == (3, [])
        assert [line.ping()[0]["lastSeq"] for line in (stranger, strange_portal)] == [0, 0]
