"""What the booking endpoints of patients and practices share."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from rest_framework.request import Request

from bookings import selectors, wire
from bookings.actors import Actor
from bookings.models import Booking
from bookings.services import asking, cancellations
from bookings.states import Role
from findr import clock
from findr.api.endpoint import Actions
from findr.api.fields import as_id
from findr.api.identity import viewer_of
from findr.api.paging import Page
from findr.errors import Forbidden, TemporarilyUnavailable, VendorError
from findr.vendor_time import Budget, place


def actor_of(request: Request) -> Actor:
    """Who acts, and through which door: the mobile app or the portal."""
    identity = viewer_of(request)
    return Actor(Role(identity.kind), identity.user_id, "app" if identity.kind == "patient" else "web")


def own_id(request: Request, given: str | None) -> Any:
    """The token's own id; an id in the path must be the same (contract 3.2)."""
    if given is not None and as_id(given) != viewer_of(request).id:
        raise Forbidden
    return viewer_of(request).id


def status_asked(words: str, audience: str) -> Q:
    return selectors.with_status(words, audience, now=clock.now()) if words else Q()


def page_of(found: QuerySet[Booking], words: str, page: Page) -> tuple[list[Booking], int]:
    rows = selectors.in_order(selectors.with_everything(found), words)[page.offset : page.offset + page.limit]
    return list(rows), found.count()


class BookingActions(Actions):
    """The base of what people do to a booking."""

    def booking_of(self, request: Request, booking_id: str) -> Booking:
        """The booking that the call is about, if the caller may open it."""
        return selectors.booking_for(viewer_of(request), as_id(booking_id))

    def standing(self, request: Request, booking_id: UUID) -> Booking:
        """The booking as it stands, for a call that died after its change."""
        return selectors.booking_for(viewer_of(request), booking_id)


def refund_of(cancelled: cancellations.Cancelled) -> dict[str, Any]:
    return wire.refund_view(cancelled.booking, refund_cents=cancelled.refund_cents, settled=cancelled.settled)


def client_secret_of(booking: Booking) -> str | None:
    """What the card holder authenticates with, asked of the vendor at this moment; None if it does not answer."""
    seconds = Budget().for_call(settings.MONEY_CALL_SECONDS)
    try:
        with place():
            return asking.gateway().retrieve(booking.payment.intent_id or "", seconds=seconds).client_secret
    except (VendorError, TemporarilyUnavailable):
        return None
