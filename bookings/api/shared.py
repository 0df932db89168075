"""What the booking endpoints of patients and practices share."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.actors import Actor
from bookings.models import Booking
from bookings.selectors import visibility
from bookings.services import answers, cancellations
from bookings.states import Role
from bookings.wire.refunds import refund_view
from findr.api.actions import Actions, Replay
from findr.api.fields import as_id
from findr.api.identity import viewer_of
from findr.errors import Forbidden


def actor_of(request: Request) -> Actor:
    """Who acts, and through which door: the mobile app or the portal."""
    identity = viewer_of(request)
    return Actor(Role(identity.kind), identity.user_id, "app" if identity.kind == "patient" else "web")


def own_id(request: Request, given: str | None) -> Any:
    """The token's own id; an id in the path must be the same (contract 3.2)."""
    if given is not None and as_id(given) != viewer_of(request).id:
        raise Forbidden
    return viewer_of(request).id


def refund_of(cancelled: cancellations.CancelResult) -> dict[str, Any]:
    """Where the money of a cancellation goes."""
    return refund_view(cancelled.booking, refund_cents=cancelled.refund_cents, settled=cancelled.settled)


# --- What a call that died is answered with: its booking as it stands, told as the call itself would have ---------------
def from_booking(tell: Callable[[Booking], Response]) -> Replay[Any]:
    """The replay of an action whose answer is the booking alone."""
    return _from_booking(lambda booking, _: tell(booking))


def from_decision(tell: Callable[[answers.DecisionResult], Response]) -> Replay[Any]:
    """The replay of an action that takes the money."""
    return _from_booking(lambda booking, actor: tell(answers.result_of(booking, actor)))


def from_cancellation(tell: Callable[[cancellations.CancelResult], Response]) -> Replay[Any]:
    """The replay of an action that gives the money back."""
    return _from_booking(lambda booking, _: tell(cancellations.result_of(booking)))


def _from_booking(answer: Callable[[Booking, Actor], Response]) -> Replay[Any]:
    def replay(view: Actions, request: Request, subject_id: UUID) -> Response:
        return answer(visibility.booking_for(viewer_of(request), subject_id), actor_of(request))

    return replay
