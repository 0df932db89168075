"""Looking changes nothing: not a row, not a job that is promised, not a cent, on any GET of the API or the console."""

import re

import pytest
from cast import wish_at
from contract.routes import api_routes, console_pages
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from snapshots import everything
from stripe_events import tell

from bookings.models import PaymentOperation, StripeEvent

# Each answer of these is good once, and a row stands for it until somebody comes back with it.
GOOD_ONCE = {f"/api/calendar/{vendor}/auth/:provider_id" for vendor in ("google", "microsoft")}


@pytest.fixture
def booking(patient, provider):
    """A request whose patient was suggested another time: it invites both sides, and staff, to decide."""
    booking = patient.has_asked()
    start = f"{wish_at(days=9)['appointmentDate']}T10:00:00"
    assert provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start}).status == 200
    return booking


@pytest.mark.lesson(37)
def test_no_get_of_the_api_changes_anything(booking, patient, provider, staff, sandbox):
    names = {":booking_id": str(booking.id), ":user_id": str(patient.id), ":provider_id": str(provider.id)}
    gets = sorted({route.removeprefix("GET ") for route in api_routes() if route.startswith("GET ")} - GOOD_ONCE)
    patient.get("/api/payments/methods")  # The first look makes the patient's customer at the vendor.
    before = everything(sandbox)

    statuses = {}
    for route in gets:
        url = re.sub(r":\w+", lambda found: names[found[0]], route)
        statuses[route] = {person.get(url).status for person in (patient, provider, staff)}

    assert len(gets) >= 12
    assert "/api/bookings/:booking_id/cancellation-quote" in gets
    assert all(found & {200, 302, 403} for found in statuses.values()), statuses
    assert everything(sandbox) == before


@pytest.mark.lesson(37)
def test_no_page_of_the_console_changes_anything(booking, provider, staff, sandbox):
    """By a superuser, of a booking that can be decided, an event that waits to be heard and a job that waits to run."""
    tell("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": booking.payment.intent_id})
    of = {
        "bookings/booking": booking.id,
        "bookings/paymentoperation": PaymentOperation.objects.first().pk,
        "bookings/stripeevent": StripeEvent.objects.get().pk,
        "providers/provider": provider.id,
        "accounts/user": staff.user.id,
        "auth/group": Group.objects.create(name="Desk").pk,
        "procrastinate/procrastinatejob": ProcrastinateJob.objects.first().pk,
    }
    console = Client()
    console.force_login(staff.user)
    before = everything(sandbox)

    statuses = {}
    for page in sorted(console_pages()):
        subject = quote(of.get("/".join(page.split("/")[2:4]), ""))
        path = re.sub(r":(?:object_id|id)\b", str(subject), page).replace(":name", "confirm")
        query = {"booking": booking.id, "action": "confirm_selected", "_selected_action": booking.id}
        statuses[page] = console.get(path, query).status_code

    opened = {page for page, status in statuses.items() if status == 200}
    assert {
        f"/admin/bookings/booking/:object_id/{name}/" for name in ("change", "confirm", "cancel", "refund")
    } <= opened
    assert {f"/admin/{kind}/:object_id/change/" for kind in of} <= opened
    assert max(statuses.values()) < 500
    assert everything(sandbox) == before
