"""Staff give some of a charge back, and the booking stays as it is."""

import pytest
from admin.actions import decide, fill_in, last_decision, select
from admin.forms import filled
from admin.pages import LIST, editable, page_of, text_of, told
from cast import fresh, promised, sweep, wish_at
from django.contrib.auth.models import Permission
from django.test import Client

from bookings.models import Booking, PaymentOperation
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD


def test_some_of_a_visit_is_given_back_and_the_visit_stays(console, visit, staff, sandbox):
    form = console.get(f"{LIST}{visit.id}/refund/")
    answer = fill_in(console, "refund", visit, amount="40.25", reason="waited an hour")

    assert "at most 150.00 USD of the 150.00 USD charged. The booking stays confirmed." in text_of(form)
    assert editable(form) == ["amount", "reason"]
    assert (answer.status_code, answer.url) == (302, page_of(visit))
    assert told(answer) == [f"{visit.number}: 40.25 USD is refunded. 109.75 USD of the charge is kept."]
    after = fresh(visit.id)
    assert (after.state, after.payment.state, after.payment.refunded_cents) == ("confirmed", "partially_refunded", 4025)
    assert [one["amount"] for one in sandbox.stripe.refunds(visit.payment.intent_id)] == [4025]
    assert last_decision(visit) == ("note", "staff", staff.user.id, "staff")
    assert visit.events.get(event_type="note").data == {"reason": "waited an hour", "amount": 40.25}
    page = text_of(console.get(page_of(visit)))
    assert "captured 150.00 USD, refunded 40.25 USD" in page
    assert "Can be refunded 109.75 USD" in page
    assert "refund 40.25 USD" in page
    assert sandbox.stripe.refunds(visit.payment.intent_id)[0]["id"] in page


def test_all_of_it_then_nothing_is_left(console, visit, refund, sandbox):
    form = filled(console.get(f"{LIST}{visit.id}/refund/"))
    assert form["amount"] == "150.00"

    answer = refund(visit, "150.00")
    page = console.get(f"{LIST}{visit.id}/refund/")

    assert told(answer) == [f"{visit.number}: 150.00 USD is refunded. 0.00 USD of the charge is kept."]
    assert fresh(visit.id).payment.state == "refunded"
    assert "Nothing can be done: all of the 150.00 USD was given back before." in text_of(page)
    assert editable(page) == []
    assert sandbox.stripe.totals()["refunded"] == 15000


def test_the_fee_that_was_kept_can_be_given_back(console, patient, visit, refund, time, sandbox):
    time.set(visit.start)
    time.passes(hours=-1)
    assert patient.post(f"/api/bookings/{visit.id}/cancel", {"reason": "ill"}).status == 200
    before = text_of(console.get(page_of(visit)))

    answer = refund(visit, "75.00", "was in hospital")
    after = text_of(console.get(page_of(visit)))

    assert "Fee kept 75.00 USD" in before
    assert told(answer) == [f"{visit.number}: 75.00 USD is refunded. 0.00 USD of the charge is kept."]
    assert "Fee kept" not in after
    assert (fresh(visit.id).state, fresh(visit.id).fee_cents) == ("cancelled_patient", 0)
    assert sandbox.stripe.totals()["refunded"] == 15000


@pytest.mark.parametrize("amount", ["150.01", "0", "-1"])
def test_an_amount_that_is_not_there_is_refused_and_what_was_typed_stays(console, visit, sandbox, amount):
    answer = fill_in(console, "refund", visit, amount=amount, reason="goodwill")

    assert answer.status_code == 200
    assert "cannot be given back, but at most 150.00 USD. No money moved." in text_of(answer)
    assert filled(answer)["amount"] == amount
    assert filled(answer)["reason"] == "goodwill"
    assert sandbox.stripe.refunds(visit.payment.intent_id) == []
    assert fresh(visit.id).payment.operations.filter(kind="refund").count() == 0


@pytest.mark.parametrize("given", [{"amount": "1.005"}, {"amount": "lots"}, {"amount": ""}, {"reason": "  "}])
def test_a_form_that_is_not_filled_in_right_moves_no_money(console, visit, sandbox, given):
    answer = fill_in(console, "refund", visit, **{"amount": "1.00", "reason": "goodwill", **given})

    assert answer.status_code == 200
    assert sandbox.stripe.refunds(visit.payment.intent_id) == []


def test_a_second_click_refunds_nothing(console, visit, sandbox):
    path = f"{LIST}{visit.id}/refund/"
    form = filled(console.get(path), amount="40.00", reason="goodwill")

    first, second = console.post(path, form), console.post(path, form)

    assert (first.status_code, second.status_code) == (302, 200)
    assert (
        "refused. It has changed since the page was opened, perhaps by your own first click. Nothing was done."
        in text_of(second)
    )
    assert "at most 110.00 USD of the 150.00 USD charged, since 40.00 USD was given back before" in text_of(second)
    assert len(sandbox.stripe.refunds(visit.payment.intent_id)) == 1
    assert console.post(path, filled(second)).status_code == 302


def test_while_the_vendor_is_away_it_will_be_refunded_and_another_one_waits(console, visit, refund, sandbox, time):
    sandbox.misbehave({"action": "status", "path": "/v1/refunds", "method": "POST", "status": 500})

    answer = refund(visit, "40.00")
    again = console.get(f"{LIST}{visit.id}/refund/")
    forced = console.post(f"{LIST}{visit.id}/refund/", {"amount": "10", "reason": "x", **again.context_data["seen"]})

    assert told(answer) == [f"{visit.number}: 40.00 USD will be refunded; the payment vendor has not answered yet."]
    assert "Nothing can be done right now: another refund is being processed." in text_of(again)
    assert "refused. Another refund is being processed right now. No money moved." in text_of(forced)
    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    assert [one["amount"] for one in sandbox.stripe.refunds(visit.payment.intent_id)] == [4000]
    assert fresh(visit.id).payment.state == "partially_refunded"


def test_without_a_payment_vendor_nothing_is_refunded(console, visit, settings, refund):
    settings.STRIPE_SECRET_KEY = ""

    answer = refund(visit, "40.00")

    assert "The server is busy" in text_of(answer)
    assert fresh(visit.id).payment.state == "paid"


def test_what_was_never_charged_is_not_offered(console, patient):
    booking = patient.has_asked()

    assert f"{LIST}{booking.id}/refund/" not in console.get(page_of(booking)).content.decode()
    assert "Nothing can be done: nothing was charged." in text_of(console.get(f"{LIST}{booking.id}/refund/"))


def test_a_paid_visit_offers_it_and_cancelling_but_no_answer(console, visit):
    page = console.get(page_of(visit)).content.decode()

    offered = [
        name
        for name in ("confirm", "decline", "expire", "suggest", "move", "cancel", "refund")
        if _link(visit, name) in page
    ]
    assert offered == ["move", "cancel", "refund"]


def test_it_takes_a_right_of_its_own(stage, visit, sandbox):
    desk = User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF)
    client = Client()
    client.force_login(desk)

    assert _link(visit, "refund") not in client.get(page_of(visit)).content.decode()
    assert client.get(f"{LIST}{visit.id}/refund/").status_code == 403
    assert client.post(f"{LIST}{visit.id}/refund/", {"amount": "1", "reason": "x"}).status_code == 403
    assert decide(client, "refund", visit, amount="1", reason="x").status_code == 403
    assert sandbox.stripe.refunds(visit.payment.intent_id) == []
    assert client.get(f"{LIST}{visit.id}/cancel/").status_code == 200

    desk.user_permissions.add(Permission.objects.get(codename="change_payment"))
    assert fill_in(client, "refund", visit, amount="1", reason="x").status_code == 302
    assert last_decision(visit) == ("note", "staff", desk.id, "staff")


def test_one_booking_at_a_time(console, visit, other_patient):
    other = other_patient.has_asked(**wish_at(days=9))

    for name in ("refund", "suggest", "move"):
        assert console.get(f"{LIST}decide/{name}/?booking={visit.id}&booking={other.id}").status_code == 404
    assert "cancel_selected" in console.get(LIST).content.decode()
    assert "refund_selected" not in console.get(LIST).content.decode()
    assert select(console, "cancel_selected", other).status_code == 200


@pytest.mark.parametrize("name", ["cancel", "refund", "suggest", "move"])
def test_looking_at_a_form_changes_nothing(console, visit, sandbox, name):
    before, calls = Booking.objects.values().get(), len(sandbox.log())
    waiting = promised()

    assert console.get(f"{LIST}{visit.id}/{name}/").status_code == 200
    assert console.get(f"{LIST}decide/{name}/?booking={visit.id}").status_code == 200
    assert console.put(f"{LIST}{visit.id}/{name}/").status_code == 405

    assert Booking.objects.values().get() == before
    assert PaymentOperation.objects.filter(kind="refund").count() == 0
    assert (len(sandbox.log()), promised()) == (calls, waiting)


def test_strangers_cancel_refund_suggest_and_move_nothing(patient, provider, visit):
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        for name in ("cancel", "refund", "suggest", "move"):
            answer = client.post(f"{LIST}{visit.id}/{name}/", {"reason": "x", "amount": "1"})
            assert (answer.status_code, answer.url.startswith("/admin/login/")) == (302, True)
    assert fresh(visit.id).state == "confirmed"


def _link(booking, name):
    return f"{LIST}{booking.id}/{name}/"
