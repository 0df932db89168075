"""An intent whose id never came back is looked for among everybody's, however many there are (lesson 17)."""

import pytest
from cast import booking_of, fresh, run_jobs, sweep

from bookings import reconciliation as books
from bookings.payments.stripe.intents import StripeIntents
from findr import clock

CREATE = {"method": "POST", "path": "/v1/payment_intents"}
# A try comes one page further: that is all that it has time for.
ONE_PAGE = {"method": "GET", "path": "/v1/payment_intents", "action": "drop_before", "skip": 1}
OTHERS = 230  # Three pages with the one that is looked for.


@pytest.fixture
def crowded(patient, sandbox, time, settings):
    """Makes a checkout that ended in silence, `action` being what became of its call, before very many of other people's."""

    def make(action):
        sandbox.misbehave({**CREATE, "action": action, "times": None})
        booking = booking_of(patient.asks())
        sandbox.behave()
        parameters = {**booking.payment.operations.get().parameters, "metadata": {"booking": "somebody else's"}}
        for number in range(OTHERS):
            StripeIntents().authorize(parameters, key=f"other-{number}", seconds=5)
        time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=settings.LOST_INTENT_SECONDS + 1)
        return booking

    return make


def pages_read(sandbox):
    """By what they were to come after, in order."""
    calls = [call for call in sandbox.log() if (call["method"], call["path"]) == ("GET", "/v1/payment_intents")]
    return [call["query"].get("starting_after", "") for call in calls if not call["misbehaved"]]


def sweeps_until_settled(booking, sandbox, time, most=8):
    """Each a while after the other; how many it took."""
    for number in range(1, most + 1):
        sandbox.behave()
        sandbox.misbehave(ONE_PAGE)
        sweep()
        if not fresh(booking.id).payment.operations.filter(state="pending", kind="authorize").exists():
            return number
        time.passes(minutes=1)
    raise AssertionError("It was never read to its end.")


@pytest.mark.lesson(17)
@pytest.mark.parametrize(("action", "held"), [("drop_after", 1), ("drop_before", 0)])
def test_a_list_that_is_longer_than_a_try_is_read_in_several(crowded, action, held, sandbox, time):
    booking = crowded(action)

    tries = sweeps_until_settled(booking, sandbox, time)
    run_jobs()

    pages = pages_read(sandbox)
    assert tries == len(pages) == len(set(pages)) == 3
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("payment_failed", "failed")
    intents = sandbox.stripe.intents(booking=str(booking.id))
    assert [intent["status"] for intent in intents] == ["canceled"] * held
    assert not booking.payment.operations.filter(look__isnull=False).exists()
    assert books.check_books(with_vendor=False) == []


def test_what_was_found_on_an_earlier_page_is_not_lost(crowded, sandbox, time):
    """It stands on the first page, being the newest."""
    booking = crowded("drop_before")
    StripeIntents().authorize(booking.payment.operations.get().parameters, key="came-late", seconds=5)

    assert sweeps_until_settled(booking, sandbox, time) == 3
    run_jobs()

    (intent,) = sandbox.stripe.intents(booking=str(booking.id))
    assert (intent["status"], fresh(booking.id).payment.intent_id) == ("canceled", intent["id"])


def test_what_was_read_while_a_call_might_be_running_proves_nothing(crowded, sandbox, time, settings):
    """It was begun too early, and is begun again."""
    booking = crowded("drop_before")
    age = (clock.now() - booking.payment.operations.get().created_at).total_seconds()
    # A minute from now no call can be running any more: while the second page is read.
    settings.LOST_INTENT_SECONDS = age + 60 - settings.CHECKOUT_MINUTES * 60

    tries = sweeps_until_settled(booking, sandbox, time)

    first, *_ = pages = pages_read(sandbox)
    assert tries == len(pages) == 6
    assert [number for number, page in enumerate(pages) if page == first] == [0, 3]
    assert fresh(booking.id).payment.state == "failed"
