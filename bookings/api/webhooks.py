"""The payment vendor's door (contract 13): no token, its signature over the raw body instead; only bad ones are limited."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.errors import BadSignature
from bookings.payments import event_gateway, events
from findr.accounts.permissions import Anybody
from findr.api import limits
from findr.api.endpoint import Endpoint, address_key
from findr.errors import Invalid, TooLarge


class PaymentWebhook(Endpoint):
    """POST /api/payments/webhook"""

    authentication_classes = []
    permission_classes = [Anybody]

    def count_call(self, request: Request) -> None:
        """The vendor may call as often as things happen. Only calls with a bad signature have a limit: a stranger at
        the vendor's address, or behind the same proxy, must not keep its events out.
        """

    def post(self, request: Request) -> Response:
        """Store the event and acknowledge it; a job processes it."""
        body: bytes = request.body
        if len(body) > settings.MAX_BODY_BYTES:
            raise TooLarge
        try:
            event = events.read_event(body, request.headers.get("Stripe-Signature", ""))
        except event_gateway.UnsignedEvent:
            limits.count("bad_signatures", address_key(request))
            raise BadSignature from None
        except event_gateway.MalformedEvent:
            raise Invalid("body is invalid") from None
        events.receive(event)
        return Response({"received": True})
