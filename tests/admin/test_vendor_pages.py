"""What passed between findr and Stripe, to read: calls, and reports; a report can be heard again."""

import pytest
from admin.pages import LIST, editable, page_of, text_of, told
from cast import fresh, promised, run_jobs
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from stripe_events import tell

from bookings.models import PaymentOperation, StripeEvent
from findr.accounts.models import AccountRole, User
from findr.outbox import leases
from providers.demo import PASSWORD

EVENTS, CALLS = "/admin/bookings/stripeevent/", "/admin/bookings/paymentoperation/"


@pytest.fixture
def reported(visit, sandbox):
    """A dispute about a visit, reported and heard, beside a report about nothing of ours and one that nobody knows."""
    dispute = sandbox.stripe.dispute(visit.payment.intent_id)
    tell("charge.dispute.created", dispute)
    tell("payout.paid", {"id": "po_1", "object": "payout"})
    tell("payment_intent.succeeded", {"id": "pi_nobody", "object": "payment_intent"})
    run_jobs()
    return dispute


def rows_of(page):
    """What the list itself says."""
    return text_of(page).split("Run the selected action")[-1]


def run_again(client, *events):
    chosen = [event.id for event in events]
    return client.post(EVENTS, {"action": "process_again", "index": "0", "_selected_action": chosen})


def test_events_are_listed_with_the_booking_they_are_about(console, visit, reported):
    page = text_of(console.get(EVENTS))

    for fact in ("charge.dispute.created", "payout.paid", reported["id"], visit.number, "applied", "unknown payment"):
        assert fact in page, fact
    assert "UTC" in page


def test_events_are_found_by_event_intent_object_and_outcome(console, visit, reported, sandbox):
    tell("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": visit.payment.intent_id})
    StripeEvent.objects.filter(type="charge.refunded").update(reason="unclear", attempts=2)
    about = {event.type: event for event in StripeEvent.objects.all()}
    asked = {
        ("q", about["payout.paid"].id): ["payout.paid"],
        ("q", visit.payment.intent_id): ["charge.dispute.created", "charge.refunded"],
        ("q", reported["id"]): ["charge.dispute.created"],
        ("standing", "waiting"): ["charge.refunded"],
        ("standing", "failing"): ["charge.refunded"],
        ("standing", "unknown"): ["payment_intent.succeeded"],
        ("standing", "ignored"): ["payout.paid"],
    }

    for (name, value), types in asked.items():
        found = console.get(EVENTS, {name: value}).context_data["cl"].queryset
        assert sorted(event.type for event in found) == types, (name, value)


def test_an_event_has_a_page_and_nobody_edits_it(console, visit, reported):
    event = StripeEvent.objects.get(type="charge.dispute.created")
    row = console.get(EVENTS, {"q": event.id}).content.decode()
    path = next(link for link in row.split('"') if link.startswith(EVENTS) and "/change/" in link)

    page = console.get(path)

    for fact in (event.id, "charge.dispute.created", visit.payment.intent_id, visit.number, "applied"):
        assert fact in text_of(page), fact
    assert editable(page) == []
    assert console.post(path, {"outcome": "ignored"}).status_code == 403
    for forbidden in (f"{EVENTS}add/", path.replace("change", "delete")):
        assert console.get(forbidden).status_code == 403


def test_an_event_that_waits_for_its_next_try_is_heard_now(console, visit, sandbox):
    sandbox.misbehave({"action": "status", "path": "/v1/payment_intents/*", "method": "GET", "status": 500})
    tell("charge.dispute.created", sandbox.stripe.dispute(visit.payment.intent_id))
    run_jobs()
    event = StripeEvent.objects.get()
    assert (event.error, event.processed_at) == ("unclear", None)
    sandbox.behave()

    answer = run_again(console, event)
    assert told(answer) == [f"Event {event.id}: is being processed again."]
    assert promised() == ["bookings.process_event"]
    run_jobs()

    event.refresh_from_db()
    assert (event.outcome, event.error) == ("applied", "")
    assert fresh(visit.id).payment.dispute_status == "needs_response"


def test_an_event_that_was_heard_is_heard_again_and_changes_nothing(console, visit, reported):
    before = text_of(console.get(page_of(visit))).split("What the payment vendor reported")[0]

    run_again(console, StripeEvent.objects.get(type="charge.dispute.created"))
    run_jobs()
    console.get(EVENTS)  # Says that it is being processed; no other page does then.

    after = text_of(console.get(page_of(visit))).split("What the payment vendor reported")[0]
    assert after == before
    assert StripeEvent.objects.get(type="charge.dispute.created").outcome == "applied"


@pytest.mark.lesson(43)
def test_who_had_an_event_heard_again_is_written_down(console, staff, visit, reported, caplog):
    caplog.set_level("INFO", logger="bookings.admin")
    heard, ours = StripeEvent.objects.get(type="charge.dispute.created"), StripeEvent.objects.get(type="payout.paid")

    run_again(console, heard, ours)

    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id, entry.change_message) == (staff.user.id, heard.id, "Processed again.")
    history = text_of(console.get(f"{EVENTS}{quote(heard.id)}/history/"))
    assert "staff@example.test" in history
    assert "Processed again." in history
    assert f"Staff member {staff.user.id} has event {heard.id} processed again." in caplog.text


def test_what_is_about_no_payment_or_being_heard_is_left_alone(console, visit, reported):
    tell("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": visit.payment.intent_id})
    busy, other = StripeEvent.objects.get(type="charge.refunded"), StripeEvent.objects.get(type="payout.paid")
    run_jobs()
    StripeEvent.objects.filter(id=busy.id).update(processed_at=None, outcome="", reason="")
    StripeEvent.objects.filter(id=busy.id).update(**leases.taken(30))

    answer = run_again(console, busy, other)

    why = "is about no payment, or is being processed right now, so nothing was done."
    assert sorted(told(answer)) == sorted(f"Event {event.id}: {why}" for event in (busy, other))
    assert promised() == []


def test_hearing_again_takes_a_right_and_looking_does_not(visit, reported):
    client = Client()
    client.force_login(User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF))
    event = StripeEvent.objects.get(type="charge.dispute.created")

    assert client.get(EVENTS).status_code == 200
    assert client.get(CALLS).status_code == 200
    run_again(client, event)

    assert promised() == []
    event.refresh_from_db()
    assert event.outcome == "applied"


def test_strangers_see_none_of_it(patient, provider):
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        for path in (EVENTS, CALLS):
            assert client.get(path).url.startswith("/admin/login/")


def test_calls_are_found_by_booking_intent_refund_kind_state_and_error(console, visit, refund, sandbox):
    refund(visit, "40.00")
    refund_id = sandbox.stripe.refunds(visit.payment.intent_id)[0]["id"]
    sandbox.misbehave({"action": "status", "path": "/v1/refunds", "method": "POST", "status": 500})
    refund(visit, "10.00")
    asked = {
        ("q", visit.number): ["authorize", "capture", "refund", "refund"],
        ("q", visit.payment.intent_id): ["authorize", "capture", "refund", "refund"],
        ("q", refund_id): ["refund"],
        ("kind__exact", "capture"): ["capture"],
        ("state__exact", "pending"): ["refund"],
        ("error", "yes"): ["refund"],
        ("error", "no"): ["authorize", "capture", "refund"],
        ("q", "nobody"): [],
    }

    for (name, value), kinds in asked.items():
        found = console.get(CALLS, {name: value}).context_data["cl"].queryset
        assert sorted(operation.kind for operation in found) == kinds, (name, value)
    page = text_of(console.get(CALLS, {"error": "yes"}))
    for fact in ("refund 10.00 USD", visit.number, "pending", "unclear"):
        assert fact in page, fact


def test_a_call_has_a_page_and_nobody_edits_it(console, visit):
    call = PaymentOperation.objects.get(kind="capture")

    page = console.get(f"{CALLS}{call.id}/change/")

    for fact in ("capture 150.00 USD", visit.number, "succeeded", visit.payment.intent_id, call.idempotency_key):
        assert fact in text_of(page), fact
    assert editable(page) == []
    assert console.post(f"{CALLS}{call.id}/change/", {"state": "pending"}).status_code == 403
    assert console.get(f"{CALLS}add/").status_code == 403
    assert console.get(f"{CALLS}{call.id}/delete/").status_code == 403


def test_the_booking_page_tells_what_was_reported_and_disputed(console, visit, reported):
    page = text_of(console.get(page_of(visit)))

    assert f"needs response 150.00 USD, opened {reported_day(visit)}" in page
    assert f"({reported['id']})" in page
    told_of = page.split("What the payment vendor reported")[1]
    assert "charge.dispute.created" in told_of
    assert "payout.paid" not in told_of


def reported_day(visit):
    opened = fresh(visit.id).payment.disputed_at.astimezone(visit.provider.zone)
    return f"{opened:%a, %b} {opened.day}, {opened.year}"


@pytest.mark.parametrize("path", [EVENTS, CALLS, "page"])
def test_the_pages_cost_the_same_however_much_there_is(console, visit, refund, sandbox, path):
    path = page_of(visit) if path == "page" else path
    intent = visit.payment.intent_id

    def more(amount):
        refund(visit, amount)
        tell("charge.refunded", {"id": f"ch_{amount}", "object": "charge", "payment_intent": intent})

    more("1.00")
    console.get(path)
    with CaptureQueriesContext(connection) as few:
        console.get(path)
    for amount in ("2.00", "3.00", "4.00"):
        more(amount)

    with CaptureQueriesContext(connection) as many:
        page = text_of(console.get(path))

    assert visit.number in page
    assert len(many) == len(few)
    assert len(many) <= 15


def test_events_that_nobody_hears_have_a_number_on_the_first_page(console, visit, time):
    tell("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": visit.payment.intent_id})
    time.passes(minutes=10)

    assert "Webhook events stuck 1" in text_of(console.get("/admin/"))


def test_the_side_bar_leads_there(console):
    page = console.get(LIST).content.decode()

    assert f'href="{EVENTS}"' in page
    assert f'href="{CALLS}"' in page
