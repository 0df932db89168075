"""The booking page tells everything and lets nobody edit anything."""

import pytest
from admin.pages import LIST, editable, page_of, text_of
from cast import fresh
from django.test import Client

from bookings.models import Booking


def test_it_shows_the_facts_the_history_the_payment_and_its_calls(console, patient, provider, staff):
    booking = patient.has_asked(notes="left knee")
    provider.post(f"/api/bookings/{booking.id}/confirm", {"note": "see you"})

    page = text_of(console.get(page_of(booking)))

    for fact in (
        booking.number,
        "A request, because the practice has no calendar connected.",
        "left knee",
        "see you",
        "America/Denver",
        "created",
        "payment held",
        "pending payment → pending confirmation",
        "amount: 150.00 USD",
        "pending confirmation → confirming",
        "confirming → confirmed",
        "patient Pat Doe (app)",
        "provider Ridge Physical Therapy Desk (web)",
        "price 150.00 USD, captured 150.00 USD, refunded 0.00 USD",
        booking.payment.intent_id,
        "authorize 150.00 USD",
        "capture 150.00 USD",
        "succeeded",
    ):
        assert fact in page, fact


def test_a_refused_card_shows_why(console, patient):
    answer = patient.asks(paymentMethodId="pm_card_visa_chargeDeclinedInsufficientFunds")
    booking = Booking.objects.get()
    assert answer.status == 402

    page = text_of(console.get(page_of(booking)))

    assert "card_declined / insufficient_funds" in page
    assert "payment failed" in page


def test_nothing_on_it_can_be_filled_in(console, patient):
    booking = patient.has_asked()

    assert editable(console.get(page_of(booking))) == []


@pytest.mark.parametrize("path", ["add/", "{id}/delete/"])
def test_nobody_adds_or_deletes_a_booking(console, patient, path):
    booking = patient.has_asked()

    assert console.get(LIST + path.format(id=booking.id)).status_code == 403


def test_nobody_edits_a_booking_by_hand_made_forms_either(console, patient):
    booking = patient.has_asked()

    answer = console.post(page_of(booking), {"state": "confirmed", "price_cents": "1"})

    assert answer.status_code == 403
    assert fresh(booking.id).state == "pending_confirmation"
    assert fresh(booking.id).price_cents == 15000


def test_it_offers_only_what_can_be_done(console, patient, time):
    booking = patient.has_asked()
    links = {name: f"{LIST}{booking.id}/{name}/" for name in ("confirm", "decline", "expire")}

    waiting = console.get(page_of(booking)).content.decode()
    time.passes(hours=25)
    late = console.get(page_of(booking)).content.decode()

    assert [name for name, link in links.items() if link in waiting] == ["confirm", "decline"]
    assert [name for name, link in links.items() if link in late] == ["expire"]


def test_strangers_see_nothing_of_it(patient, provider):
    booking = patient.has_asked()
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        answer = client.get(page_of(booking))
        assert answer.status_code == 302
        assert "/admin/login/" in answer.url


def test_an_unknown_booking_is_not_an_error(console, staff):
    assert console.get(f"{LIST}{staff.user.id}/change/").status_code == 302
    assert console.get(f"{LIST}{staff.user.id}/confirm/").status_code == 404
    assert console.get(f"{LIST}decide/confirm/?booking=nonsense").status_code == 404
    assert console.get(f"{LIST}decide/refund/").status_code == 404
