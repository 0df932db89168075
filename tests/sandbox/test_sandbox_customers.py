"""Customers and their saved cards in the sandbox."""

from __future__ import annotations

import pytest


@pytest.fixture
def patient(api):
    """A customer."""
    return api.customers.create({"email": "pat@example.org", "name": "Pat", "metadata": {"user": "u1"}})


@pytest.fixture
def saved_card(save_card, patient):
    """The id of the customer's card."""
    return save_card(patient.id)


def test_keeps_finds_changes_and_deletes_a_customer(api, patient, refusal):
    changed = api.customers.update(patient.id, {"name": "Patricia", "metadata": {"user": "", "plan": "p"}})
    found = api.customers.list({"email": "pat@example.org"})
    gone = api.customers.delete(patient.id)

    assert (changed.name, changed.email, changed.metadata.to_dict()) == ("Patricia", "pat@example.org", {"plan": "p"})
    assert [one.id for one in found.data] == [patient.id]
    assert gone.deleted is True
    assert api.customers.retrieve(patient.id).deleted is True
    assert api.customers.list({"email": "pat@example.org"}).data == []
    assert refusal(api.customers.update, patient.id, {"name": "x"}).http_status == 404


def test_saves_lists_and_detaches_a_card(api, patient, saved_card, save_card, refusal):
    theirs = api.customers.payment_methods.list(patient.id, {"type": "card"})
    retrieved = api.customers.payment_methods.retrieve(patient.id, saved_card)
    detached = api.payment_methods.detach(saved_card)
    again = refusal(save_card, patient.id, saved_card)

    assert [one.id for one in theirs.data] == [retrieved.id] == [saved_card]
    assert (retrieved.customer, detached.customer) == (patient.id, None)
    assert api.customers.payment_methods.list(patient.id).data == []
    assert again.http_status == 400


def test_makes_a_card_the_default(api, patient, saved_card, refusal):
    settings = {"invoice_settings": {"default_payment_method": saved_card}}
    api.customers.update(patient.id, settings)
    customer = api.customers.retrieve(patient.id, {"expand": ["invoice_settings.default_payment_method"]})
    other = api.customers.create({})

    error = refusal(api.customers.update, other.id, settings)

    assert customer.invoice_settings.default_payment_method.card.last4 == "4242"
    assert (error.http_status, error.code) == (400, "resource_missing")


def test_a_saved_card_pays_again_and_again(api, hold, patient, saved_card):
    intents = [hold(saved_card, customer=patient.id) for _ in range(2)]

    assert [one.status for one in intents] == ["requires_capture"] * 2
    assert [one.customer for one in intents] == [patient.id] * 2


def test_refuses_another_customers_card(api, hold, saved_card, save_card, refusal, sandbox):
    other = api.customers.create({"email": "other@example.org"})

    error = refusal(lambda: hold(saved_card, customer=other.id))
    without = refusal(lambda: hold(saved_card))
    attached = refusal(save_card, other.id, saved_card)

    assert (error.http_status, error.code, error.param) == (400, "resource_missing", "payment_method")
    assert (without.http_status, without.code, without.param) == (400, "parameter_missing", "payment_method")
    assert attached.http_status == 400
    assert sandbox.stripe.intents() == []


def test_a_card_the_bank_declines_is_not_saved_but_one_may_fail_later(api, hold, patient, save_card, refusal):
    error = refusal(save_card, patient.id, "pm_card_visa_chargeDeclined")
    saved = save_card(patient.id, "pm_card_chargeCustomerFail")
    declined = refusal(lambda: hold(saved, customer=patient.id))

    assert (error.http_status, error.code) == (402, "card_declined")
    assert (declined.http_status, declined.code) == (402, "card_declined")
    assert [one.id for one in api.customers.payment_methods.list(patient.id).data] == [saved]


def test_a_card_nobody_saved_pays_only_once(hold, refusal):
    used = hold().payment_method

    error = refusal(lambda: hold(used))

    assert error.http_status == 400
    assert "It may not be used again" in error.error.message


def test_saves_the_card_when_the_payment_says_so(api, hold, patient):
    intent = hold(customer=patient.id, setup_future_usage="off_session")

    assert [one.id for one in api.customers.payment_methods.list(patient.id).data] == [intent.payment_method]
    assert hold(intent.payment_method, customer=patient.id).status == "requires_capture"


def test_refuses_an_unknown_card_or_customer(api, hold, refusal):
    card = refusal(lambda: hold("pm_unknown"))
    customer = refusal(lambda: hold(customer="cus_unknown"))
    path = refusal(api.customers.retrieve, "cus_unknown")

    assert (card.http_status, card.code, card.param) == (400, "resource_missing", "payment_method")
    assert card.error.message == "No such PaymentMethod: 'pm_unknown'"
    assert (customer.http_status, customer.code, customer.param) == (400, "resource_missing", "customer")
    assert path.http_status == 404


def test_a_deleted_customers_cards_pay_no_more(api, hold, patient, saved_card, refusal):
    api.customers.delete(patient.id)

    assert refusal(lambda: hold(saved_card)).http_status == 400
    assert refusal(lambda: hold(saved_card, customer=patient.id)).http_status == 400
