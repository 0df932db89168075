"""Staff decide about a booking as their page shows it: one that has changed since is left alone, whenever it changed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from admin.actions import decide, looked_at
from admin.forms import filled
from admin.pages import LIST, text_of, told
from cast import fresh, wish_at
from django.db import connection, connections
from django.test import Client

from bookings import transitions
from bookings.models import Booking, Payment

CHANGED = "refused. It has changed since the page was opened, perhaps by your own first click. Nothing was done."


def click(staff, path, form):
    """One click in a browser of its own, on a connection of its own."""
    browser = Client()
    browser.force_login(staff.user)
    try:
        return browser.post(path, form)
    finally:
        connections.close_all()


def wait_until_locked_out(number):
    """Until so many others stand before a lock that somebody holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with connection.cursor() as cursor:
        for _ in range(20_000):
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= number:
                return
    raise AssertionError("Nobody came.")


def test_two_clicks_on_one_form_at_one_moment_refund_once(console, staff, visit, rival, sandbox):
    """Both clicks read the booking before either has it; without the version under the lock each takes its $40."""
    path = f"{LIST}{visit.id}/refund/"
    form = filled(console.get(path), amount="40.00", reason="goodwill")

    with ThreadPoolExecutor(2) as pool:
        with rival(lambda: transitions.lock_booking(visit.id)):
            clicks = [pool.submit(click, staff, path, form) for _ in range(2)]
            wait_until_locked_out(2)
        answers = [one.result(30) for one in clicks]

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert CHANGED in "".join(text_of(answer) for answer in answers if answer.status_code == 200)
    assert [one["amount"] for one in sandbox.stripe.refunds(visit.payment.intent_id)] == [4000]
    assert fresh(visit.id).payment.refunded_cents == 4000


def test_a_cancellation_that_was_to_release_a_hold_does_not_refund_a_visit(console, patient, provider, sandbox):
    booking = patient.has_asked()
    path = f"{LIST}{booking.id}/cancel/"
    shown = console.get(path)
    provider.post(f"/api/bookings/{booking.id}/confirm")

    answer = console.post(path, filled(shown, reason="asked for twice"))

    assert "The hold of 150.00 USD on the patient's card is released" in text_of(shown)
    assert told(answer) == [f"{booking.number}: {CHANGED}"]
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("confirmed", "paid")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    again = console.get(path)
    assert "150.00 USD goes back to the patient" in text_of(again)
    assert console.post(path, filled(again, reason="asked for twice")).status_code == 302
    assert fresh(booking.id).state == "cancelled_admin"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("confirm", {"note": "", "staff_reason": "asked to"}),
        ("decline", {"reason": "closed"}),
        ("cancel", {"reason": "closed"}),
        ("suggest", {"first": "2031-01-06T10:00", "message": "", "staff_reason": "asked to"}),
    ],
)
def test_no_decision_is_made_about_what_its_page_did_not_show(console, patient, provider, sandbox, name, given):
    booking = patient.has_asked()
    stale = looked_at(console, name, booking)
    other = wish_at(days=9)
    start = f"{other['appointmentDate']}T10:00:00"
    assert provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start}).status == 200
    before, calls = rows(), len(sandbox.log())

    answers = [
        console.post(f"{LIST}decide/{name}/", {**form, **given})
        for form in (stale, {"booking": booking.id}, {**stale, f"seen-{booking.id}": "nonsense"})
    ]

    for answer in answers:
        assert CHANGED in " ".join([text_of(answer), *told(answer)])
    assert (rows(), len(sandbox.log())) == (before, calls)


def test_nothing_expires_that_its_page_did_not_show(console, patient, time):
    booking = patient.has_asked()
    time.passes(hours=25)
    stale = looked_at(console, "expire", booking)
    transitions.save(booking.payment, failure_message="told by the vendor")

    answer = console.post(f"{LIST}decide/expire/", {**stale, "reason": "nobody was in"})

    assert told(answer) == [f"{booking.number}: {CHANGED}"]
    assert fresh(booking.id).state == "pending_confirmation"


def test_of_several_only_the_changed_one_is_left_alone(console, patient, other_patient, provider, sandbox):
    changed, same = patient.has_asked(), other_patient.has_asked(**wish_at(days=8))
    form = looked_at(console, "cancel", changed, same)
    provider.post(f"/api/bookings/{changed.id}/confirm")

    answer = console.post(f"{LIST}decide/cancel/", {**form, "reason": "closed"})

    assert sorted(told(answer)) == sorted(
        [f"{changed.number}: {CHANGED}", f"{same.number}: cancelled, and nothing is charged."]
    )
    assert (fresh(changed.id).state, fresh(same.id).state) == ("confirmed", "cancelled_admin")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}


def test_a_mistake_in_the_form_shows_the_booking_as_it_is_now(console, patient, provider):
    booking = patient.has_asked()
    stale = looked_at(console, "cancel", booking)
    provider.post(f"/api/bookings/{booking.id}/confirm")

    again = console.post(f"{LIST}decide/cancel/", {**stale, "reason": " "})

    assert "150.00 USD goes back to the patient" in text_of(again)
    assert console.post(f"{LIST}decide/cancel/", filled(again, reason="closed")).status_code == 302
    assert fresh(booking.id).state == "cancelled_admin"


def test_a_booking_that_nobody_touched_keeps_its_version(console, patient):
    booking = patient.has_asked()

    assert looked_at(console, "cancel", booking) == looked_at(console, "cancel", booking)
    assert decide(console, "cancel", booking, reason="closed").status_code == 302


def rows():
    return [list(model.objects.order_by("id").values()) for model in (Booking, Payment)]
