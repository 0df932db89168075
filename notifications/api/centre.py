"""The notification centre: what a patient or a practice was told, and what they have read of it (contract 18.2).

Whose entries they are the token says: another id in the path is refused before anything is looked up.
"""

from collections.abc import Mapping
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from findr.accounts.permissions import PatientOnly, PatientOrProvider, ProviderOnly
from findr.api.endpoint import EndpointSet
from findr.api.fields import as_id
from findr.api.http import body_of, success
from findr.api.identity import viewer_of
from findr.api.paging import read_page
from findr.errors import Forbidden
from notifications import selectors
from notifications.api.wire import entry
from notifications.services import reading


class Centre(EndpointSet):
    """What a patient's centre and a practice's have in common."""

    def list(self, request: Request, **path: str) -> Response:
        """The entries, newest first."""
        recipient, page = _own(request, path), read_page(request.query_params, default_limit=50)
        unread_only = request.query_params.get("unreadOnly") == "true"
        found = selectors.centre_page(recipient, unread_only=unread_only, limit=page.limit, offset=page.offset)
        return success(
            notifications=[entry(one) for one in found.entries],
            total=found.total,
            unreadCount=found.unread,
            hasMore=page.offset + len(found.entries) < found.total,
        )

    def unread_count(self, request: Request, **path: str) -> Response:
        """The badge."""
        return success(unreadCount=selectors.unread_count(_own(request, path)))

    def read_all(self, request: Request, **path: str) -> Response:
        """Mark all of them as read."""
        recipient = _own(request, path)
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        return success(markedAsRead=reading.mark_all_as_read(recipient=recipient))


class PatientCentre(Centre):
    """GET /api/notifications/user/:userId, /unread-count/user/:userId; PATCH /read-all/user/:userId"""

    permission_classes = [PatientOnly]


class PracticeCentre(Centre):
    """The same under /provider/:providerId"""

    permission_classes = [ProviderOnly]


class Entry(EndpointSet):
    """PATCH /api/notifications/:id/read, DELETE /api/notifications/:id"""

    permission_classes = [PatientOrProvider]

    def read(self, request: Request, notification_id: str) -> Response:
        """Mark it as read."""
        body_of(request)
        read = reading.mark_as_read(recipient=viewer_of(request).id, notification_id=as_id(notification_id))
        return success(notification=entry(read))

    def remove(self, request: Request, notification_id: str) -> Response:
        """Show it no more."""
        body_of(request)
        reading.delete(recipient=viewer_of(request).id, notification_id=as_id(notification_id))
        return success()


def _own(request: Request, path: Mapping[str, str]) -> UUID:
    """The token's own id; the one in the path must be the same (contract 3.2)."""
    own = viewer_of(request).id
    if {as_id(given) for given in path.values()} != {own}:
        raise Forbidden
    return own
