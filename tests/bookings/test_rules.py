"""What an intent's status means: every status has its row, and every row is whole."""

import itertools

import pytest

from bookings.payments.after_failure import AFTER_FAILURE
from bookings.payments.after_intent import AFTER_INTENT
from bookings.payments.apply_intent import _HANDLERS
from bookings.payments.gateway import Intent, IntentStatus
from bookings.payments.rules import (
    RULES,
    Failure,
    FailureKind,
    Kind,
    News,
    Next,
    after_failure,
    is_live,
    may_stand_beside,
)
from bookings.states import PaymentState

ABOUT_INTENTS = (Kind.AUTHORIZE, Kind.CAPTURE, Kind.CANCEL)


def test_every_status_has_a_row_that_says_what_becomes_of_every_operation():
    assert set(RULES) == set(IntentStatus)
    for rule in RULES.values():
        assert set(rule.operations) == set(ABOUT_INTENTS)
        assert set(rule.operations.values()) <= set(AFTER_INTENT)
    assert set(_HANDLERS) == set(News) - {News.NONE}


@pytest.mark.parametrize(("kind", "failure"), list(itertools.product(Kind, FailureKind)))
def test_every_failure_of_every_operation_leads_somewhere(kind, failure):
    assert after_failure(kind, Failure(failure, "no")) in AFTER_FAILURE


def test_nothing_that_is_unclear_ends_an_operation():
    assert {after_failure(kind, Failure(FailureKind.UNCLEAR, "?")) for kind in Kind} == {Next.TRY_AGAIN}


@pytest.mark.parametrize("status", IntentStatus)
def test_each_kind_of_operation_ends_only_on_what_it_was_for(status):
    """An authorise is done when money is held or taken, a capture when it is taken, a cancel when nothing is left."""
    done = {kind for kind in ABOUT_INTENTS if RULES[status].operations[kind] is Next.SUCCEED}

    assert done == {
        IntentStatus.REQUIRES_CAPTURE: {Kind.AUTHORIZE},
        IntentStatus.SUCCEEDED: {Kind.AUTHORIZE, Kind.CAPTURE},
        IntentStatus.CANCELED: {Kind.CANCEL},
    }.get(status, set())


def test_a_live_intent_may_cost_the_patient_something():
    live = {status for status in IntentStatus if is_live(Intent("pi_1", status, amount_received=100))}

    assert set(IntentStatus) - live == {IntentStatus.CANCELED, IntentStatus.REQUIRES_PAYMENT_METHOD}
    assert not is_live(Intent("pi_1", IntentStatus.SUCCEEDED, amount_received=100, amount_refunded=100))


def test_each_state_of_a_payment_may_stand_beside_some_intent():
    beside = {
        state: {status for status in IntentStatus if may_stand_beside(state, Intent("pi_1", status))}
        for state in PaymentState
    }

    assert beside[PaymentState.HELD] == {IntentStatus.REQUIRES_CAPTURE}
    assert beside[PaymentState.PAID] == {IntentStatus.SUCCEEDED}
    assert beside[PaymentState.RELEASED] == {IntentStatus.CANCELED}
    assert beside[PaymentState.AUTHORIZING] == set(IntentStatus)
    assert all(beside.values())
