"""However large the tables are, and whatever happens while the books are checked."""

from datetime import timedelta
from io import StringIO

import pytest
from cast import fresh, wish_at
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from gateways import Overtaken
from tampering import another_intent

from bookings import reconciliation as books
from bookings.models import Payment, TimeHold
from notifications.models import FeedCounter


@pytest.fixture
def five(patient, other_patient, provider, time):
    """Five bookings, some days between some of them, two of them confirmed."""
    made = []
    for number, person in enumerate([patient, other_patient, patient, other_patient, patient]):
        made.append(person.has_asked(appointmentTime=f"{9 + number:02d}:00", appointmentDate=day(20)))
        time.passes(hours=3 * (number % 2), seconds=1)
    for booking in made[:2]:
        assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    return [fresh(booking.id) for booking in made]


def day(days):
    return wish_at(days=days)["appointmentDate"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_pages_of_any_size_find_the_same(five, size):
    assert books.check_books(page_size=size) == []
    lost, disagreeing, twice = five[0], five[2], five[4]
    TimeHold.objects.filter(owner=lost.id).delete()
    Payment.objects.filter(booking=disagreeing).update(intent_id="pi_nobody")
    another_intent(twice)
    FeedCounter.objects.filter(recipient=lost.patient_id).delete()

    found = sorted((finding.invariant, finding.subject) for finding in books.check_books(page_size=size))

    assert found == sorted(
        [
            ("hold", lost.number),
            ("vendor", disagreeing.number),
            ("second intent", disagreeing.number),
            ("second intent", twice.number),
            ("feed", str(lost.patient_id)),
        ]
    )


def test_an_intent_made_long_after_its_payment_is_found_by_itself(five):
    Payment.objects.filter(booking=five[3]).update(created_at=five[3].created_at - timedelta(days=3))

    assert books.check_books(page_size=1) == []


def test_a_page_costs_the_same_however_many_rows_it_has(patient, provider, sandbox, request):
    def cost():
        calls = len(sandbox.log())
        with CaptureQueriesContext(connection) as statements:
            assert books.check_books() == []
        return len(statements), len(sandbox.log()) - calls

    booking = patient.has_asked(appointmentDate=day(19))
    provider.post(f"/api/bookings/{booking.id}/confirm")
    with_one = cost()
    request.getfixturevalue("five")

    assert cost() == with_one
    assert with_one[0] <= 37
    assert with_one[1] == 1


def test_progress_is_told_after_every_page(five):
    told = []

    books.check_books(page_size=2, progress=lambda *step: told.append(step))

    assert told == [
        ("bookings", 2, 5),
        ("bookings", 4, 5),
        ("bookings", 5, 5),
        ("time holds", 2, 2),
        ("practices", 2, 3),
        ("practices", 3, 3),
        ("feeds", 2, 3),
        ("feeds", 3, 3),
        ("payments at the vendor", 2, 5),
        ("payments at the vendor", 4, 5),
        ("payments at the vendor", 5, 5),
    ]


def test_the_command_tells_its_progress_on_stderr_alone(five):
    out, err = StringIO(), StringIO()

    call_command("check_books", "--page-size", "3", stdout=out, stderr=err)

    assert out.getvalue() == "The books balance: 5 bookings, 5 payments, 2 holds.\n"
    assert err.getvalue().splitlines() == [
        *("bookings: 3 of 5", "bookings: 5 of 5"),
        *("payments at the vendor: 3 of 5", "payments at the vendor: 5 of 5"),
    ]


# --- Something happens meanwhile ---------------------------------------------------------------------------------------
@pytest.fixture
def overtaken(settings):
    settings.PAYMENT_GATEWAY = "gateways.Overtaken"
    yield Overtaken
    Overtaken.meanwhile = None


def test_what_changes_between_our_reading_and_the_vendors_is_no_finding(patient, provider, overtaken):
    """Ours says held; then the provider confirms; then the vendor is read again, and says captured."""
    booking = patient.has_asked()
    Payment.objects.update(intent_id="pi_nobody")  # A suspect: it is read again by itself.

    def put_right():
        Payment.objects.update(intent_id=booking.payment.intent_id)
        provider.post(f"/api/bookings/{booking.id}/confirm")

    overtaken.meanwhile = put_right

    assert books.check_books() == []
    assert fresh(booking.id).state == "confirmed"


def test_what_changes_while_the_vendor_is_read_again_is_no_finding(patient, sandbox, overtaken):
    """The hold has lapsed, and the moment that the vendor is read again about it, somebody learns of that."""
    booking = patient.has_asked()
    sandbox.stripe.lapse(booking.payment.intent_id)
    found = books.check_books()
    assert [finding.invariant for finding in found] == ["vendor"]

    calls = []

    def first_list_then_statement():
        calls.append(1)
        overtaken.meanwhile = lambda: list(books.repair(found))

    overtaken.meanwhile = first_list_then_statement

    assert books.check_books() == []
    assert (len(calls), fresh(booking.id).state) == (1, "payment_failed")


def test_what_is_broken_stays_found_although_other_bookings_move(patient, other_patient, provider, overtaken):
    booking, other = patient.has_asked(), other_patient.has_asked(appointmentTime="15:00")
    Payment.objects.filter(booking=booking).update(captured_cents=15000)
    overtaken.meanwhile = lambda: provider.post(f"/api/bookings/{other.id}/confirm")

    assert {finding.subject for finding in books.check_books()} == {booking.number}
