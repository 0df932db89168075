"""The wallet: cards saved at the vendor, one customer for each patient, whatever breaks in between."""

import pytest
from cast import booking_of, fresh, run_jobs
from concurrency.together import at_once
from wallets import METHODS, SETUP, UNAVAILABLE, cards, saves

from bookings import reconciliation as books
from bookings.models import Wallet
from findr.accounts.models import User

NOT_FOUND = (404, "payment_method_not_found", "Payment method not found")


def customers(sandbox):
    return [one for one in sandbox.stripe.ledger()["customers"].values() if not one.get("deleted")]


# --- Saving a card -------------------------------------------------------------------------------------------------------
def test_a_setup_answers_with_what_the_app_needs(patient, sandbox):
    answer = patient.post(SETUP)

    (customer,) = customers(sandbox)
    assert (answer.status, set(answer.body)) == (200, {"success", "clientSecret", "customerId", "ephemeralKey"})
    assert answer.body["customerId"] == customer["id"]
    assert answer.body["clientSecret"].startswith("seti_")
    assert answer.body["ephemeralKey"].startswith("ek_")
    assert (customer["email"], customer["metadata"]) == ("pat@example.test", {"user": str(patient.id)})
    assert Wallet.objects.get().customer_id == customer["id"]


def test_the_customer_is_made_once(patient, other_patient, sandbox):
    first = [patient.post(SETUP).body["customerId"] for _ in range(3)]
    other = other_patient.post(SETUP).body["customerId"]

    assert len(set(first)) == 1
    assert {one["id"] for one in customers(sandbox)} == {first[0], other}


def test_many_setups_at_once_make_one_customer(patient, sandbox):
    sandbox.misbehave({"method": "POST", "path": "/v1/customers", "action": "delay", "seconds": 0.2, "times": None})

    answers = at_once(*[lambda: patient.post(SETUP)] * 8)

    assert [answer.status for answer in answers] == [200] * 8
    assert len({answer.body["customerId"] for answer in answers}) == 1
    assert len(customers(sandbox)) == 1
    assert len([call for call in sandbox.log() if (call["method"], call["path"]) == ("POST", "/v1/customers")]) == 1


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
@pytest.mark.parametrize("days", [0, 2])
def test_a_call_that_died_is_found_again_even_when_its_key_is_forgotten(patient, sandbox, time, action, days):
    """The vendor keeps an idempotency key for a day; after that, who the customer carries tells."""
    sandbox.misbehave({"method": "POST", "path": "/v1/customers", "action": action})
    assert patient.post(SETUP).refusal == UNAVAILABLE
    assert Wallet.objects.get().customer_id is None
    time.passes(days=days)
    User.objects.filter(id=patient.id).update(email="pat.new@example.test")

    answer = patient.post(SETUP)

    assert answer.status == 200
    assert [one["id"] for one in customers(sandbox)] == [answer.body["customerId"]]


def test_a_failure_that_the_vendor_keeps_is_not_repeated_for_ever(patient, sandbox):
    sandbox.misbehave({"method": "POST", "path": "/v1/customers", "action": "status", "status": 500, "store": True})
    assert patient.post(SETUP).refusal == UNAVAILABLE

    assert patient.post(SETUP).status == 200
    assert len(customers(sandbox)) == 1


def test_another_customer_with_the_same_address_is_not_taken_for_ours(patient, other_patient, sandbox):
    """Only who it carries counts: an address may have been another account's before."""
    other_patient.post(SETUP)
    User.objects.filter(id=other_patient.id).update(email="gone@example.test")
    User.objects.filter(id=patient.id).update(email="sam@example.test")
    sandbox.misbehave({"method": "POST", "path": "/v1/customers", "action": "drop_before"})
    patient.post(SETUP)

    ours = patient.post(SETUP).body["customerId"]

    assert ours != other_patient.post(SETUP).body["customerId"]


def test_a_customer_deleted_at_the_vendor_is_made_anew(patient, sandbox):
    saves(patient, sandbox)
    old = Wallet.objects.get().customer_id
    delete_customer(old)

    assert cards(patient) == ([], None)
    new = patient.post(SETUP).body["customerId"]

    assert new != old
    assert [one["id"] for one in customers(sandbox)] == [new]


def test_a_setup_notices_a_deleted_customer_itself(patient, sandbox):
    old = patient.post(SETUP).body["customerId"]
    delete_customer(old)

    answer = patient.post(SETUP)

    assert (answer.status, answer.body["customerId"] != old) == (200, True)


def delete_customer(customer):
    from bookings.payments.stripe.client import call

    call(5, lambda it: it.v1.customers.delete(customer))


def test_no_secret_is_kept_or_logged(patient, sandbox, caplog):
    answer = patient.post(SETUP).body

    row = str(Wallet.objects.values().get())
    for secret in (answer["clientSecret"], answer["ephemeralKey"]):
        assert secret not in row
        assert secret not in caplog.text


# --- What is in it --------------------------------------------------------------------------------------------------------
def test_an_empty_wallet_asks_nobody(patient, sandbox):
    answer = patient.get(METHODS)

    assert (answer.status, answer.body) == (200, {"success": True, "methods": [], "defaultMethodId": None})
    assert sandbox.log() == []
    assert not Wallet.objects.exists()


def test_saved_cards_are_listed_and_one_can_be_the_default(patient, sandbox):
    first = saves(patient, sandbox)
    second = saves(patient, sandbox, "pm_card_mastercard")
    assert cards(patient) == ([(second, False), (first, False)], None)

    assert patient.post(f"{METHODS}/{first}/default").body == {"success": True}

    assert cards(patient) == ([(second, False), (first, True)], first)
    listed = patient.get(METHODS).body["methods"][1]
    assert listed == {
        "id": first,
        "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034},
        "isDefault": True,
    }
    assert patient.post(f"{METHODS}/{first}/default").status == 200


def test_a_removed_card_is_gone_and_was_the_default_no_more(patient, sandbox):
    first, second = saves(patient, sandbox), saves(patient, sandbox, "pm_card_mastercard")
    patient.post(f"{METHODS}/{first}/default")

    assert patient.call("DELETE", f"{METHODS}/{first}").body == {"success": True}

    assert cards(patient) == ([(second, False)], None)
    assert patient.call("DELETE", f"{METHODS}/{first}").refusal == NOT_FOUND
    assert patient.post(f"{METHODS}/{first}/default").refusal == NOT_FOUND


def test_two_removals_at_once_are_one(patient, sandbox):
    card = saves(patient, sandbox)

    answers = at_once(*[lambda: patient.call("DELETE", f"{METHODS}/{card}")] * 4)

    assert {answer.status for answer in answers} <= {200, 404}
    assert [answer.status for answer in answers].count(200) == 1
    assert cards(patient) == ([], None)


@pytest.mark.lesson(39)
def test_somebody_elses_card_is_like_none(patient, other_patient, sandbox):
    card = saves(patient, sandbox)
    for has_wallet in (False, True):
        if has_wallet:
            saves(other_patient, sandbox)
        assert other_patient.call("DELETE", f"{METHODS}/{card}").refusal == NOT_FOUND
        assert other_patient.post(f"{METHODS}/{card}/default").refusal == NOT_FOUND

    assert cards(patient) == ([(card, False)], None)


@pytest.mark.parametrize(
    "identifier",
    ["pm_nobody", "pm_card_visa", "..", "%2e%2e", "%2F", "x%00y", "é", "a" * 300, "pm_1%3Fexpand", "cus_1", "%20"],
)
def test_ids_that_name_nothing_are_not_found_and_lead_nowhere(patient, sandbox, identifier):
    saves(patient, sandbox)
    before = sandbox.stripe.ledger()["customers"]

    answers = [patient.call("DELETE", f"{METHODS}/{identifier}"), patient.post(f"{METHODS}/{identifier}/default")]

    assert {answer.status for answer in answers} == {404}
    assert {answer.body["code"] for answer in answers} <= {"payment_method_not_found", "not_found"}
    assert sandbox.stripe.ledger()["customers"] == before


# --- Paying with it -------------------------------------------------------------------------------------------------------
def test_a_saved_card_pays_again_and_again(patient, provider, sandbox):
    card = saves(patient, sandbox)

    for hour in ("10:00", "14:00"):
        booking = booking_of(patient.asks(paymentMethodId=card, appointmentTime=hour))
        assert booking.state == "pending_confirmation"
        assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200

    assert {intent["customer"] for intent in sandbox.stripe.intents()} == {Wallet.objects.get().customer_id}
    assert sandbox.stripe.totals() == {"held": 0, "received": 30000, "refunded": 0}
    assert books.check_books() == []


def test_a_card_that_was_not_saved_still_pays_once(patient, sandbox):
    saves(patient, sandbox)

    assert patient.asks(paymentMethodId="pm_card_mastercard").status == 201


def test_without_a_wallet_no_customer_is_sent(patient, sandbox):
    patient.has_asked()

    assert [intent["customer"] for intent in sandbox.stripe.intents()] == [None]


def test_somebody_elses_saved_card_does_not_pay(patient, other_patient, sandbox):
    card = saves(patient, sandbox)

    without_wallet = other_patient.asks(paymentMethodId=card)
    other_patient.post(SETUP)
    with_wallet = other_patient.asks(paymentMethodId=card, appointmentTime="14:00")

    for answer in (without_wallet, with_wallet):
        assert answer.refusal == (402, "payment_method_invalid", "Payment failed")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}


def test_a_hold_stands_when_its_card_is_removed(patient, provider, sandbox):
    card = saves(patient, sandbox)
    booking = booking_of(patient.asks(paymentMethodId=card))

    assert patient.call("DELETE", f"{METHODS}/{card}").status == 200

    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "requires_capture"
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    assert fresh(booking.id).payment.state == "paid"
    run_jobs()
    assert books.check_books() == []
