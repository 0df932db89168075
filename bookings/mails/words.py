"""Sentences and facts that several letters share: when and where, what becomes of the money, where to look."""

from django.conf import settings

from bookings.models import Booking
from bookings.services.cancellations import result_of
from bookings.states import CANCELLED
from findr.money import in_words as money
from notifications.mail.letters import Link
from providers.wall_times import span_in_full

Facts = tuple[tuple[str, str], ...]


def when(booking: Booking) -> str:
    """The visit's time on the practice's clock, the zone named."""
    return span_in_full(booking.start, booking.end, booking.provider.zone)


def visit_facts(booking: Booking) -> Facts:
    """When, where and what: for the patient, who knows it anyway."""
    practice = booking.provider
    return (
        (_when_label(booking), when(booking)),
        ("Where", f"{practice.practice_name}, {address_of_practice(booking)}"),
        *((("With", booking.team_member.name),) if booking.team_member else ()),
        ("Service", booking.service_name),
        ("Booking", booking.number),
        ("Questions", " or ".join(filter(None, (practice.phone, practice.email)))),
    )


def address_of_practice(booking: Booking) -> str:
    """In one line."""
    practice = booking.provider
    street = " ".join(filter(None, (practice.street, practice.suite)))
    return f"{street}, {practice.city}, {practice.region} {practice.zip_code}"


def practice_facts(booking: Booking) -> Facts:
    """When, and which booking; who comes and why is in the portal alone."""
    return ((_when_label(booking), when(booking)), ("Booking", booking.number))


def _when_label(booking: Booking) -> str:
    return "When" if booking.confirmed_at else "Asked for"


def patient_link(booking: Booking, label: str = "See the booking") -> Link:
    """Into the patients' app."""
    return Link(label, f"{settings.APP_URL}/booking/{booking.id}")


def practice_link(booking: Booking, label: str = "See it in the portal") -> Link:
    """Into the provider portal."""
    return Link(label, f"{settings.PORTAL_URL}/booking/{booking.id}")


def hold(booking: Booking) -> str:
    """What is held while a request waits; blank if it costs nothing."""
    if not booking.price_cents:
        return ""
    return f"{money(booking.price_cents)} is held on your card. It is taken only if the visit is confirmed."


def given_back(booking: Booking) -> str:
    """What becomes of the money of a booking that has ended, said plainly."""
    paid = booking.payment.captured_cents
    if not booking.price_cents:
        return "There was nothing to pay."
    if not paid:
        return f"You were not charged. The hold of {money(booking.price_cents)} on your card is released."
    if booking.state not in CANCELLED:
        return f"You paid {money(paid)}. All of it goes back to your card. {_BANKS}"
    back, fee = result_of(booking).refund_cents, booking.fee_cents
    if not back:
        return f"You paid {money(paid)}. The cancellation fee is {money(fee)}, so nothing goes back to your card."
    if not fee:
        return f"You paid {money(paid)}. {money(back)} goes back to your card. There is no cancellation fee. {_BANKS}"
    return f"You paid {money(paid)}. The cancellation fee is {money(fee)}, and {money(back)} goes back to your card. {_BANKS}"


_BANKS = "Banks take 5 to 10 days to show it."
