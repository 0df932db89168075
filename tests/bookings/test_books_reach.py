"""What the nightly check looks at in a database of some years: what may have changed of late, and what time alone can break."""

from datetime import timedelta
from io import StringIO

import pytest
from acts import confirm
from django.core.management import CommandError, call_command
from grown import Grown
from patterns import made
from tampering import another_intent

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import BookFinding, Booking, BookingEvent, Payment, PaymentOperation, StripeEvent, TimeHold
from findr import clock


@pytest.fixture
def grown(patient, provider, time):
    """Some hundred bookings of three years, some to come, some that wait."""
    grown = Grown(made(patient, provider, time), patient, provider, [provider.id], patients=40)
    grown.grow(400)
    return grown


@pytest.fixture
def long_ago(settings):
    """A moment out of reach."""
    return clock.now() - timedelta(days=settings.BOOKS_DAYS + 1)


def in_reach():
    """What a night finds, as (invariant, number)."""
    found = books.check_books(with_vendor=False, since=books.reach_begins())
    return sorted((finding.invariant, finding.subject) for finding in found)


def test_what_is_over_is_out_of_reach_and_all_else_is_not(grown, long_ago):
    """Each is broken in turn, and each has no line of history but old ones, the last one aside."""
    assert min(table.objects.count() for table in (Booking, Payment, BookingEvent, StripeEvent, PaymentOperation)) > 400
    assert books.check_books(with_vendor=False) == []
    begins = books.reach_begins()
    looked_at, there_are = books.summary(begins)["bookings"], books.summary()["bookings"]
    assert 0 < looked_at < there_are / 4
    bookings = Booking.objects.order_by("created_at")
    over = bookings.filter(payment__state="paid").first()
    declined = list(bookings.filter(created_at__lt=long_ago, payment__state="released")[:2])
    waiting = bookings.get(id=grown.patterns.waiting)
    to_come = bookings.get(id=grown.patterns.to_come)
    of_late = bookings.filter(created_at__gte=begins, state="cancelled_patient").first()
    BookingEvent.objects.filter(booking__in=[waiting, to_come]).update(created_at=long_ago)

    Booking.objects.filter(id__in=[over.id, of_late.id]).update(price_cents=1)
    Payment.objects.filter(booking=declined[0]).update(state="releasing")
    PaymentOperation.objects.filter(payment__booking=declined[1], kind="cancel").update(state="pending")
    Booking.objects.filter(id=waiting.id).update(expires_at=long_ago, updated_at=long_ago)
    TimeHold.objects.filter(owner=to_come.id).delete()

    found = in_reach()

    assert {subject: invariant for invariant, subject in found} == {
        declined[0].number: "operation",
        declined[1].number: "operation",
        waiting.number: "deadline",
        to_come.number: "hold",
        of_late.number: "amount",
    }
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_books", "--no-vendor", "--all", stdout=out)
    assert len(out.getvalue().splitlines()) == len(found) + 1
    assert f"amount: {over.number}: " in out.getvalue()


def test_what_a_night_has_found_is_looked_at_until_it_is_gone(patient, provider, time, sandbox, settings):
    """Of our own books and at the vendor; nobody does anything about them until they are long out of reach."""
    here, there, twice, later = (patient.has_asked(appointmentTime=f"{hour}:00") for hour in (11, 13, 15, 17))
    for booking in (here, there, twice, later):
        assert confirm(provider, booking).status == 200
    Payment.objects.filter(booking=here).update(amount_cents=15001, captured_cents=15001)
    sandbox.stripe.refund(there.payment.intent_id, amount=5000)
    another_intent(twice)
    strange = another_intent(there, key="nobody's", booking="00000000-0000-4000-8000-0000000000ff")
    found = still_found()
    assert {(invariant, subject) for invariant, subject in found} >= {
        ("amount", here.number),
        ("vendor", there.number),
        ("second intent", twice.number),
        ("vendor", strange.id),
    }

    time.passes(days=settings.BOOKS_DAYS + 1)
    lapsed = {("second intent", twice.number)}  # The vendor lets go of a hold after a week.
    sandbox.stripe.refund(later.payment.intent_id, amount=5000)  # Nobody hears of it.
    assert set(still_found()) == set(found) - lapsed
    assert ("vendor", later.number) in {(finding.invariant, finding.subject) for finding in books.check_books()}

    Payment.objects.filter(booking=here).update(amount_cents=15000, captured_cents=15000)
    list(books.repair(books.check_books(since=books.reach_begins())))
    assert still_found() == [("vendor", strange.id)]


def still_found():
    """The findings that are open after another night."""
    tasks.check_books()
    return sorted(BookFinding.objects.filter(resolved_at=None).values_list("invariant", "subject"))
