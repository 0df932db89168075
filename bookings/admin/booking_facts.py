"""What a row and a page tell of a booking, fact by fact."""

from django.contrib import admin
from django.utils.safestring import SafeString

from bookings.admin import formatting, labels, payment_facts
from bookings.admin.booking_type import why_this_type
from bookings.admin.time_left import deadline
from bookings.admin.week.links import link_to_week
from bookings.models import Booking
from bookings.services.refunds import refundable_cents
from providers import admin_times as times


class BookingFacts:
    """The columns and the read-only fields of the booking admin, each by its name there."""

    @admin.display(description="Booking", ordering="number")
    def booking(self, booking: Booking) -> SafeString:
        return formatting.lines(booking.number, str(booking.patient))

    @admin.display(description="Answer by", ordering="expires_at")
    def answer_by(self, booking: Booking) -> SafeString | str:
        return deadline(booking)

    @admin.display(description="Visit", ordering="start")
    def starts(self, booking: Booking) -> SafeString:
        return times.local_lines(booking.start, booking.provider.zone)

    @admin.display(description="When")
    def visit(self, booking: Booking) -> SafeString:
        when = times.span(booking.start, booking.end, booking.provider.zone)
        return formatting.lines(when, link_to_week(booking), may_break=True)

    @admin.display(description="First asked for")
    def asked_for(self, booking: Booking) -> str:
        if booking.requested_start == booking.start:
            return formatting.NOTHING
        return times.span(booking.requested_start, booking.requested_end, booking.provider.zone)

    @admin.display(description="Practice and service", ordering="provider__practice_name")
    def practice(self, booking: Booking) -> SafeString:
        price = formatting.money(booking.price_cents, booking.payment.currency)
        return formatting.lines(booking.provider.practice_name, booking.service_name, price, may_break=True)

    @admin.display(description="Practice")
    def practice_page(self, booking: Booking) -> SafeString:
        return formatting.link(booking.provider, booking.provider.practice_name)

    @admin.display(description="Name")
    def patient_page(self, booking: Booking) -> SafeString:
        return formatting.link(booking.patient, str(booking.patient))

    @admin.display(description="Contact")
    def patient_contact(self, booking: Booking) -> str:
        return ", ".join(way for way in (booking.patient.email, booking.patient.phone) if way)

    @admin.display(description="Service, as booked")
    def service_then(self, booking: Booking) -> str:
        price = formatting.money(booking.price_cents, booking.payment.currency)
        buffer = f", {booking.buffer_minutes} min buffer" if booking.buffer_minutes else ""
        return f"{booking.service_name} ({booking.service_category}), {booking.duration_minutes} min{buffer}, {price}"

    @admin.display(description="State and payment", ordering="state")
    def standing(self, booking: Booking) -> SafeString:
        return formatting.lines(labels.state_label(booking.state), labels.payment_label(booking.payment))

    @admin.display(description="State")
    def state_now(self, booking: Booking) -> SafeString:
        return labels.state_label(booking.state)

    @admin.display(description="Type")
    def kind(self, booking: Booking) -> str:
        return booking.booking_type

    @admin.display(description="Why this type")
    def why(self, booking: Booking) -> str:
        return why_this_type(booking)

    @admin.display(description="Cancelled")
    def cancelled(self, booking: Booking) -> str:
        if booking.cancelled_at is None:
            return formatting.NOTHING
        return f"{times.local(booking.cancelled_at, booking.provider.zone)}, by {booking.cancelled_by}"

    @admin.display(description="Note to the patient")
    def note(self, booking: Booking) -> str:
        return booking.confirmation_note

    @admin.display(description="Reason")
    def reason(self, booking: Booking) -> str:
        return booking.decline_reason or booking.cancellation_reason

    @admin.display(description="Payment", ordering="payment__state")
    def payment_now(self, booking: Booking) -> SafeString:
        return labels.payment_label(booking.payment)

    @admin.display(description="Amounts")
    def amounts(self, booking: Booking) -> str:
        return payment_facts.amounts(booking)

    @admin.display(description="Can be refunded")
    def refundable(self, booking: Booking) -> str:
        cents = refundable_cents(booking)
        return formatting.money(cents, booking.payment.currency) if cents else formatting.NOTHING

    @admin.display(description="Fee kept")
    def fee(self, booking: Booking) -> str:
        return payment_facts.fee(booking)

    @admin.display(description="Dispute")
    def dispute(self, booking: Booking) -> SafeString | str:
        return payment_facts.dispute(booking)

    @admin.display(description="Payment intent")
    def intent(self, booking: Booking) -> str:
        return booking.payment.intent_id or formatting.NOTHING

    @admin.display(description="The hold lapses")
    def hold(self, booking: Booking) -> str:
        return payment_facts.hold(booking)

    @admin.display(description="Failure")
    def failure(self, booking: Booking) -> SafeString | str:
        return payment_facts.failure(booking)
