"""Staff in the place of a practice that is not approved: they decline, cancel and expire, and make nothing new."""

import pytest
from acts import wall
from admin.actions import decide
from admin.pages import page_of, text_of, told
from cast import RIDGE, fresh
from snapshots import everything, states

from providers.models import Provider

TIMES = {"first": wall(8, 10)}


@pytest.fixture(params=["suspended", "rejected", "draft", "pending"])
def closed(request, patient, provider):
    """A request at a practice that is not approved any more, and the word for what it is."""
    booking = patient.has_asked()
    Provider.objects.filter(id=RIDGE).update(status=request.param)
    return fresh(booking.id), request.param


def test_staff_neither_confirm_nor_suggest_in_its_place(console, closed, sandbox):
    booking, word = closed
    asks = [text_of(console.get(f"/admin/bookings/booking/{booking.id}/{name}/")) for name in ("confirm", "suggest")]
    before = everything(sandbox)

    refusals = [
        *told(decide(console, "confirm", booking)),
        text_of(decide(console, "suggest", booking, **TIMES)),
    ]

    assert all(f"Nothing can be done: the practice is {word}." in page for page in asks)
    assert all("The practice is not approved any more." in refusal for refusal in refusals)
    assert everything(sandbox) == before


def test_the_page_offers_what_may_still_be_done(console, closed):
    booking, _ = closed

    page = console.get(page_of(booking)).content.decode()

    offered = [name for name in ("confirm", "suggest", "decline", "cancel") if f"{booking.id}/{name}/" in page]
    assert offered == ["decline", "cancel"]


@pytest.mark.parametrize(("name", "state"), [("decline", "cancelled_provider"), ("cancel", "cancelled_admin")])
def test_staff_decline_and_cancel_in_its_place(console, patient, provider, sandbox, name, state):
    booking = patient.has_asked()
    Provider.objects.filter(id=RIDGE).update(status="suspended")

    decide(console, name, booking, reason="the practice is closed")

    assert states(booking) == (state, "released")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
