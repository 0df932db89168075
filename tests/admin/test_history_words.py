"""The history on the booking page is in words: whatever a line has stored, staff never read JSON."""

import re

import acts
import pytest
from admin.pages import page_of, text_of
from cast import fresh

from bookings.models import BookingEvent
from bookings.states import State


def history_of(console, booking):
    page = console.get(page_of(booking)).content.decode()
    table = re.search(r'(?s)<div class="mt-8" id="history">.*?</table>', page)[0]
    return text_of(type("Answer", (), {"content": table.encode()}))


def test_suggested_and_accepted_times_are_told_on_the_practices_clock(console, patient, provider):
    booking = patient.has_asked()
    first, second = acts.wall(days=8, hour=14), acts.wall(days=9, hour=9)
    assert acts.suggest(provider, booking, first, second, message="Dr. Lee is away").status == 200
    times = [time.start.astimezone(booking.provider.zone) for time in fresh(booking.id).suggestions.all()]

    told = history_of(console, booking)

    days = [f"{time:%a, %b} {time.day}, {time.year}" for time in times]
    assert (
        f"suggested times: {days[0]}, 2:00 PM to 3:00 PM America/Denver; {days[1]}, 9:00 AM to 10:00 AM America/Denver"
    ) in told
    assert "message: Dr. Lee is away" in told
    assert not set('{}[]"') & set(told)

    accepted = fresh(booking.id).suggestions.first()
    answer = patient.post(f"/api/bookings/{booking.id}/accept-suggested-time", {"suggestedTimeId": str(accepted.id)})
    assert answer.status == 200, answer.body
    told = history_of(console, booking)
    assert f"accepted time: {days[0]}, 2:00 PM to 3:00 PM America/Denver" in told
    assert str(accepted.id) not in told


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"message": None}, ""),
        ({"amount": 0.0}, "amount: 0.00 USD"),
        ({"isLate": False, "isUrgent": True}, "is late: no is urgent: yes"),
        ({"movedTo": "2026-12-01T17:00:00Z"}, "moved to: Tue, Dec 1, 2026, 10:00 AM America/Denver"),
        ({"reason": "2026-99-99T99:99:99Z"}, "reason: 2026-99-99T99:99:99Z"),
        # Somebody typed it: it stands as it is, and breaks no page.
        ({"reason": "0001-01-01T00:00:00Z"}, "reason: 0001-01-01T00:00:00Z"),
        ({"reason": "2026-12-01T17:00:00Z"}, "reason: 2026-12-01T17:00:00Z"),
        ({"reason": "no_show_before"}, "reason: no show before"),
        ({"movedTo": "0001-01-01T00:00:00Z"}, "moved to: 0001-01-01T00:00:00Z"),
        ({"movedTo": "9999-12-31T23:59:59-12:00"}, "moved to: 9999-12-31T23:59:59-12:00"),
        ({"suggestedTimes": [{"startTime": "soon", "endTime": 3}]}, "suggested times: soon to 3"),
        ({"deepThing": {"one": [1, {"x": None}], "innerTwo": "a_b"}}, "deep thing: one 1; x none, inner two a b"),
        ({"suggestedTimeId": "nobody"}, "accepted time: nobody"),
        ({"amount": "much"}, "amount: much"),
    ],
)
def test_whatever_a_line_has_stored_is_told_in_words(console, patient, data, words):
    booking = patient.has_asked()
    BookingEvent.objects.create(
        booking=booking,
        event_type="note",
        old_state=State.PENDING_CONFIRMATION,
        new_state=State.PENDING_CONFIRMATION,
        data=data,
        actor_role="system",
        source="job",
    )

    told = history_of(console, booking).split("note")[-1]

    assert words in told
    assert not set("{}[]") & set(told)
    assert "null" not in told
