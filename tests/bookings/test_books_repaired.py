"""`check_books --repair`: it tells first; with --yes it does what the services can, and the books balance again."""

import json
from io import StringIO

import pytest
from cast import RIDGE, fresh, promised, run_jobs, wish_at
from django.core.management import CommandError, call_command
from tampering import another_intent

from bookings import reconciliation as books
from bookings.models import BookingEvent, Payment, PaymentOperation, PracticeCount, SuggestedTime, TimeHold


def run(*options):
    """The command: its exit code, and what it prints."""
    out, err = StringIO(), StringIO()
    try:
        call_command("check_books", *options, stdout=out, stderr=err)
    except CommandError as refused:
        return refused.returncode, out.getvalue()
    return 0, out.getvalue()


def lost_time(patient, provider, sandbox, time):
    provider.post(f"/api/bookings/{patient.has_asked().id}/confirm")
    TimeHold.objects.all().delete()
    return "take the time, if nobody else has it"


def lost_suggestion(patient, provider, sandbox, time):
    booking = patient.has_asked()
    provider.post(
        f"/api/bookings/{booking.id}/reschedule", {"proposedStart": f"{wish_at(days=9)['appointmentDate']}T10:00"}
    )
    TimeHold.objects.all().delete()
    return "take the time, if nobody else has it"


def hold_of_nobody(patient, provider, sandbox, time):
    provider.post(f"/api/bookings/{patient.has_asked().id}/confirm")
    hold = TimeHold.objects.get()
    length = hold.during.upper - hold.during.lower
    during = type(hold.during)(hold.during.upper, hold.during.upper + length)
    TimeHold.objects.create(lane=RIDGE, owner=RIDGE, during=during, kind="booking")
    return "free the time"


def open_suggestion_of_the_past(patient, provider, sandbox, time):
    booking = patient.has_asked()
    provider.post(
        f"/api/bookings/{booking.id}/reschedule", {"proposedStart": f"{wish_at(days=9)['appointmentDate']}T10:00"}
    )
    patient.post(f"/api/bookings/{booking.id}/decline-reschedule")
    SuggestedTime.objects.update(closed_at=None)
    return "close the suggestions"


def overdue(patient, provider, sandbox, time):
    patient.has_asked()
    time.passes(hours=25)
    return "end it as its deadline demands, and release the hold on the card"


def lapsed_hold(patient, provider, sandbox, time):
    sandbox.stripe.lapse(patient.has_asked().payment.intent_id)
    return "read the payment at the vendor, and apply what is true there"


def refund_by_hand(patient, provider, sandbox, time):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    sandbox.stripe.refund(booking.payment.intent_id, amount=5000)
    return "read the payment at the vendor, and apply what is true there"


def second_intent(patient, provider, sandbox, time):
    another_intent(patient.has_asked())
    return "read the payment at the vendor, and apply what is true there"


def nobody_at_work(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before", "times": 1})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    PaymentOperation.objects.filter(kind="capture").update(state="failed")
    return "put its operation back to work, and carry it out"


def unfinished(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before", "times": 1})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    time.passes(minutes=3)
    return "carry its operation out again, unless somebody is at it"


def miscounted(patient, provider, sandbox, time):
    patient.has_asked()
    PracticeCount.objects.update(bookings=2)
    return "count them anew"


def uncounted(patient, provider, sandbox, time):
    patient.has_asked()
    PracticeCount.objects.all().delete()
    return "count them anew"


BROKEN = [
    *(lost_time, lost_suggestion, hold_of_nobody, open_suggestion_of_the_past, overdue),
    *(lapsed_hold, refund_by_hand, second_intent, nobody_at_work, unfinished, miscounted, uncounted),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_it_is_told_then_done_and_then_the_books_balance(patient, provider, sandbox, time, broken):
    would = broken(patient, provider, sandbox, time)

    code, said = run("--repair")
    assert (code, f"would {would}" in said) == (1, True), said
    assert run("--repair")[1] == said  # Telling changes nothing.

    code, said = run("--repair", "--yes")
    assert (code, f"done: {would}" in said, "The books balance" in said) == (0, True, True), said
    run_jobs()
    events = BookingEvent.objects.count()
    assert run("--repair", "--yes")[0] == 0
    assert (BookingEvent.objects.count(), promised()) == (events, [])


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_repairing_the_same_findings_twice_changes_nothing_more(patient, provider, sandbox, time, broken):
    broken(patient, provider, sandbox, time)
    findings = books.check_books()
    list(books.repair(findings))
    before = BookingEvent.objects.count(), TimeHold.objects.count(), PaymentOperation.objects.count()

    list(books.repair(findings))

    assert (BookingEvent.objects.count(), TimeHold.objects.count(), PaymentOperation.objects.count()) == before
    assert books.check_books() == []


def test_a_repaired_request_has_its_history_and_its_money_back(patient, time, sandbox):
    booking = patient.has_asked()
    time.passes(hours=25)

    run("--repair", "--yes")

    assert fresh(booking.id).state == "expired"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert BookingEvent.objects.filter(booking=booking, event_type="expired", source="job").count() == 1


def test_a_second_intent_is_undone_and_the_first_stands(patient, sandbox):
    booking = patient.has_asked()
    stray = another_intent(booking)

    run("--repair", "--yes")

    assert sandbox.stripe.intent(stray.id)["status"] == "canceled"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "requires_capture"
    assert fresh(booking.id).state == "pending_confirmation"


def test_what_no_service_can_put_right_needs_a_person(confirmed):
    Payment.objects.update(amount_cents=15001)

    for options in (["--repair"], ["--repair", "--yes"]):
        code, said = run(*options, "--no-vendor")
        assert code == 1
        assert "needs a person: find out which price the patient agreed to" in said


def test_time_that_somebody_else_has_by_now_is_not_taken(confirmed, other_patient, provider):
    TimeHold.objects.all().delete()
    other = other_patient.has_asked()
    provider.post(f"/api/bookings/{other.id}/confirm")

    code, said = run("--repair", "--yes")

    assert code == 1
    assert "not done: needs a person: another booking has this time" in said
    assert TimeHold.objects.get().owner == other.id


def test_one_repair_that_fails_does_not_stop_the_rest(confirmed, patient, sandbox):
    TimeHold.objects.all().delete()
    other = patient.has_asked(appointmentTime="15:00")
    sandbox.stripe.lapse(other.payment.intent_id)
    findings = books.check_books()
    sandbox.misbehave({"path": "/v1/payment_intents/*", "action": "drop_before"})

    said = {one.finding.subject: one for one in books.repair(findings)}

    assert said[confirmed.number].is_done
    assert said[other.number].said.startswith("the vendor could not be asked")


# --- The command -------------------------------------------------------------------------------------------------------
def test_one_json_document_tells_all(confirmed):
    assert json.loads(run("--json")[1]) == {
        "ok": True,
        "counts": {"bookings": 1, "payments": 1, "holds": 1},
        "findings": [],
    }
    TimeHold.objects.all().delete()
    finding = {
        "invariant": "hold",
        "subject": confirmed.number,
        "detail": "occupies its time and does not hold it",
        "repair": "take the time, if nobody else has it",
    }

    code, said = run("--json")
    assert (code, json.loads(said)["ok"], json.loads(said)["findings"]) == (1, False, [finding])

    code, said = run("--json", "--repair", "--yes")
    assert (code, json.loads(said)["ok"], json.loads(said)["findings"]) == (0, True, [])
    assert json.loads(said)["repaired"] == [{**finding, "done": True, "said": finding["repair"]}]


def test_what_needs_a_person_has_no_repair_in_json(confirmed):
    Payment.objects.update(amount_cents=15001)

    code, said = run("--json", "--no-vendor")

    assert code == 1
    assert [finding["repair"] for finding in json.loads(said)["findings"]] == [None, None]


def test_a_silent_vendor_is_no_balance_in_json_either(confirmed, sandbox):
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "drop_before"})

    code, said = run("--json")

    assert (code, json.loads(said)["ok"], json.loads(said)["findings"]) == (2, False, [])
    assert "Stripe did not answer" in json.loads(said)["error"]


@pytest.mark.parametrize("options", [["--yes"], ["--page-size", "0"]])
def test_options_that_mean_nothing_are_refused(stage, options):
    assert run(*options)[0] == 2


def test_a_suggestion_is_kept_again_with_the_break_that_it_was_made_with(patient, provider, sandbox, time):
    """The practice wanted half an hour after a visit when it suggested, and none when the patient asked."""
    booking = patient.has_asked()
    provider.provider.buffer_minutes = 30
    provider.provider.save()
    start = f"{wish_at(days=9)['appointmentDate']}T10:00"
    provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start})
    kept = TimeHold.objects.get().during
    TimeHold.objects.update(during=type(kept)(kept.lower, SuggestedTime.objects.get().end))

    assert run()[0] == 1
    TimeHold.objects.all().delete()
    assert run("--repair", "--yes")[0] == 0

    assert TimeHold.objects.get().during == kept
