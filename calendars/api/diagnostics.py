"""Staff look whether a practice is free, as a booking would (contract 19.1)."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from calendars.api.inputs import read_interval
from calendars.reading import CalendarAnswer
from calendars.selectors import live_reading
from findr.accounts.permissions import StaffOnly
from findr.api.endpoint import Endpoint
from findr.api.http import body_of
from findr.vendors.budget import vendor_slot

REASONS = {
    CalendarAnswer.NOT_CONNECTED: "No calendar connected",
    CalendarAnswer.BUSY: "Busy",
    CalendarAnswer.FAILED: "Calendar check failed",
}


class CalendarAvailability(Endpoint):
    """POST /api/test-calendar-availability"""

    permission_classes = [StaffOnly]

    def post(self, request: Request) -> Response:
        """Exactly these keys, without an envelope."""
        asked = read_interval(body_of(request))
        with vendor_slot():
            reading = live_reading(
                asked.provider_id, None, asked.start, asked.end, seconds=settings.CALENDAR_CALL_SECONDS
            )
        if reading.answer == CalendarAnswer.FREE:
            return Response({"available": True})
        return Response({"available": False, "reason": REASONS[reading.answer]})
