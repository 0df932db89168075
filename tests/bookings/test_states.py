"""The state machines against the contract, and the database against the state machines."""

import itertools
from collections import Counter
from pathlib import Path

import pytest
from cast import fresh
from django.db import IntegrityError, connection, transaction
from state_writers import writers

from bookings.models import Booking, Payment
from bookings.states import (
    ENDED,
    LEGAL_PAIRS,
    MOVES,
    PAYMENT_MOVES,
    PaymentState,
    Role,
    State,
    may_move,
    payment_word,
    status_word,
)
from findr.saving import save

# Contract 6.2, as it stands there.
TABLE = """
pending_payment: pending_confirmation confirming payment_failed cancelled_patient cancelled_admin
pending_confirmation: confirming reschedule_proposed cancelled_patient cancelled_provider cancelled_admin expired payment_failed
reschedule_proposed: confirming reschedule_proposed cancelled_patient cancelled_provider cancelled_admin expired payment_failed
confirming: confirmed pending_confirmation reschedule_proposed payment_failed
confirmed: checked_in in_progress completed no_show cancelled_patient cancelled_provider cancelled_admin
checked_in: in_progress completed no_show cancelled_provider cancelled_admin
in_progress: completed cancelled_admin
payment_failed:
completed:
no_show:
cancelled_patient:
cancelled_provider:
cancelled_admin:
expired:
"""

# Contract 6.1: state, patient, provider, staff.
WORDS = """
pending_payment pending - pending
pending_confirmation pending pending_confirmation pending
reschedule_proposed pending reschedule_proposed pending
confirming pending pending_confirmation pending
payment_failed payment_failed payment_failed cancelled
confirmed confirmed confirmed confirmed
checked_in checked_in checked_in in_progress
in_progress in_progress in_progress in_progress
completed completed completed completed
no_show no_show no_show no_show
cancelled_patient cancelled cancelled_patient cancelled
cancelled_provider cancelled cancelled_provider cancelled
cancelled_admin cancelled cancelled_admin cancelled
expired expired expired cancelled
"""


def test_moves_are_the_table_of_the_contract_in_its_order():
    expected = {}
    for line in TABLE.strip().splitlines():
        state, _, targets = line.partition(":")
        expected[State(state)] = [State(target) for target in targets.split()]

    assert {state: list(targets) for state, targets in MOVES.items()} == expected


def test_every_audience_has_its_word_for_every_state():
    for line in WORDS.strip().splitlines():
        state, patient, provider, staff = line.split()

        assert status_word(State(state), Role.PATIENT) == patient
        assert status_word(State(state), Role.STAFF) == staff
        if provider != "-":
            assert status_word(State(state), Role.PROVIDER) == provider


def test_only_the_system_says_what_became_of_the_money():
    for state in (State.CONFIRMED, State.PAYMENT_FAILED, State.PENDING_CONFIRMATION):
        for old in MOVES:
            assert not any(may_move(old, state, role) for role in (Role.PATIENT, Role.PROVIDER, Role.STAFF))


def test_a_patient_never_answers_for_the_provider():
    answers = (State.CANCELLED_PROVIDER, State.CANCELLED_ADMIN, State.EXPIRED)
    assert not any(may_move(old, new, Role.PATIENT) for old in MOVES for new in answers)
    assert not may_move(State.PENDING_CONFIRMATION, State.CONFIRMING, Role.PATIENT)


def test_every_payment_state_has_its_moves():
    assert set(PAYMENT_MOVES) == set(PaymentState)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_payment_beside_it(state):
    assert [payment for payment in PaymentState if (state, payment) in LEGAL_PAIRS]


def test_no_visit_stands_without_its_money():
    unpaid = {PaymentState.AUTHORIZING, PaymentState.REQUIRES_ACTION, PaymentState.HELD, PaymentState.RELEASED}
    unpaid |= {PaymentState.CAPTURING, PaymentState.RELEASING, PaymentState.FAILED}
    visits = {State.CONFIRMED, State.CHECKED_IN, State.IN_PROGRESS, State.COMPLETED, State.NO_SHOW}
    assert not {(state, payment) for state, payment in LEGAL_PAIRS if state in visits and payment in unpaid}


def test_nothing_is_held_or_paid_beside_an_end():
    kept = {PaymentState.HELD, PaymentState.CAPTURING, PaymentState.PAID}
    without_visits = set(ENDED) - {State.COMPLETED, State.NO_SHOW}
    assert not {pair for pair in LEGAL_PAIRS if pair[0] in without_visits and pair[1] in kept}


@pytest.mark.parametrize(
    ("state", "payment", "refunded", "word"),
    [
        ("pending_payment", "authorizing", 0, "processing"),
        ("pending_payment", "requires_action", 0, "requires_action"),
        ("pending_confirmation", "held", 0, "held"),
        ("confirming", "capturing", 0, "processing"),
        ("confirmed", "paid", 0, "paid"),
        ("cancelled_patient", "authorizing", 0, "processing"),
        ("cancelled_patient", "requires_action", 0, "processing"),
        ("cancelled_provider", "releasing", 0, "held"),
        ("expired", "released", 0, "released"),
        ("cancelled_patient", "refunding", 0, "paid"),
        ("cancelled_patient", "refunding", 100, "partially_refunded"),
        ("cancelled_admin", "refunded", 100, "refunded"),
        ("confirmed", "partially_refunded", 100, "partially_refunded"),
        ("payment_failed", "releasing", 0, "failed"),
        ("payment_failed", "refunded", 100, "failed"),
    ],
)
def test_the_wire_has_a_word_for_the_pair(state, payment, refunded, word):
    assert (State(state), PaymentState(payment)) in LEGAL_PAIRS
    assert payment_word(State(state), PaymentState(payment), refunded_cents=refunded) == word


@pytest.mark.lesson(44)
def test_the_database_accepts_exactly_the_legal_pairs(patient):
    booking = patient.has_asked(serviceId="00000000-0000-4000-8000-000000000513")
    accepted = set()

    for state, payment in itertools.product(State, PaymentState):
        if _database_accepts(booking, state, payment):
            accepted.add((state, payment))

    assert accepted == LEGAL_PAIRS


def _database_accepts(booking, state, payment):
    """Try the pair, look at what the deferred trigger says, and take it back."""
    waiting = state in ("pending_payment", "pending_confirmation", "reschedule_proposed", "confirming")
    fields = {"state": state, "expires_at": booking.created_at if waiting else None}
    try:
        with transaction.atomic():
            Booking.objects.filter(id=booking.id).update(**fields, decision="confirm", decided_from="pending_payment")
            Payment.objects.filter(booking=booking).update(state=payment)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except IntegrityError as error:
        if "no legal pair" in str(error):
            return False
        raise
    return True


@pytest.mark.lesson(44)
@pytest.mark.parametrize(
    "change",
    [{"state": "confirmedd"}, {"state": "CONFIRMED"}, {"expires_at": None}, {"booking_type": "later"}],
    ids=lambda change: next(iter(change)),
)
def test_the_database_refuses_what_the_product_does_not_have(patient, change):
    booking = patient.has_asked()

    with pytest.raises(IntegrityError):
        Booking.objects.filter(id=booking.id).update(**change)

    assert fresh(booking.id).state == "pending_confirmation"


@pytest.mark.lesson(44)
def test_only_one_line_of_code_writes_a_state():
    """`move` and `move_payment` are the only writers; the services name the state and nothing else does."""
    found = Counter()
    for path in (Path(__file__).parents[2] / "bookings").rglob("*.py"):
        if "migrations" not in path.parts:
            found.update(writers(path.read_text()))

    moves = ["save_states(bookings, to)", "save_states(payments, to)"]
    beginnings = ["Booking(state=INITIAL)", "Payment(state=PaymentState.AUTHORIZING)"]
    # A call to the vendor has a state of its own: it is put to work, and it ends.
    of_a_call = ["save_state(last, Status.PENDING)", "save_state(operation, state)"]
    # Fields of leases, as their own tests have them.
    others = [
        "PaymentOperation(**leases.taken(settings.OPERATION_LEASE_SECONDS) if lease_now else leases.handed_back(now))",
        "PaymentOperation(**call)",
        "update(**leases.handed_back(now))",
    ]
    assert found == Counter([*moves, *beginnings, *of_a_call, *others])


def test_a_state_is_not_saved_along_with_other_fields(patient):
    booking = patient.has_asked()

    with pytest.raises(TypeError, match="not saved along"):
        save(booking, notes="x", state="confirmed")

    assert (fresh(booking.id).state, fresh(booking.id).notes) == (booking.state, booking.notes)


@pytest.mark.parametrize(
    "code",
    [
        "booking.state = to",
        "one, booking.state = 1, to",
        "booking.payment.state: str = to",
        "booking.state += to",
        "booking.__dict__['state'] = to",
        "setattr(booking, 'state', to)",
        "setattr(booking, name, to)",
        "object.__setattr__(booking, 'state', to)",
        "Booking.objects.filter(id=1).update(state=to)",
        "Booking.objects.update(**fields)",
        "Booking.objects.update(**{'state': to})",
        "await Booking.objects.aupdate(state=to)",
        "Payment.objects.create(booking=booking, state=to)",
        "Payment.objects.update_or_create(id=1, defaults={'state': to})",
        "Booking(state=to)",
        "models.Payment(**fields)",
        "Booking.objects.bulk_update(rows, ['note', 'state'])",
        "Booking.objects.bulk_update(rows, fields=names)",
        "save_state(booking, to)",
        "saving.save_state(booking, to, **fields)",
        "save_states(bookings, to)",
        "save(booking, state=to)",
        "booking.save(**fields)",
        "booking.save(update_fields=['state'])",
        "cursor.execute('UPDATE bookings_booking SET note = 1, state = 2')",
        "cursor.execute('insert into bookings_payment (id) values (1)')",
    ],
)
def test_whoever_writes_a_state_is_seen(code):
    assert len(writers(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "Booking.objects.filter(state=State.CONFIRMED)",
        "raise BookingNotPending(state=state)",
        "state = booking.state",
        "setattr(booking, 'note', text)",
        "Booking.objects.bulk_update(rows, ['note'])",
        "Booking.objects.update(note=text)",
        "cursor.execute('SELECT state FROM bookings_booking WHERE state = 1')",
        "cursor.execute('UPDATE bookings_booking SET note = 1')",
    ],
)
def test_whoever_reads_one_is_not(code):
    assert writers(code) == []
