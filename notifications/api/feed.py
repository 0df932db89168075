"""GET /api/notifications: the REST twin of the live feed (contract 18.1)."""

from rest_framework.request import Request
from rest_framework.response import Response

from findr.accounts.permissions import PatientOrProvider
from findr.api.endpoint import Endpoint
from findr.api.http import success
from findr.api.identity import viewer_of
from findr.api.paging import read_integer
from notifications.selectors import events_after

MAX_EVENTS = 300


class Feed(Endpoint):
    """The caller's own events: the token says whose."""

    permission_classes = [PatientOrProvider]

    def get(self, request: Request) -> Response:
        """What happened after `since`."""
        since = read_integer(request.query_params, "since", 0, minimum=0)
        limit = min(read_integer(request.query_params, "limit", 100, minimum=1), MAX_EVENTS)
        found = events_after(viewer_of(request).id, min(since, 2**62), limit=limit)
        return success(
            events=found.frames,
            lastSeq=found.last_seq,
            nextSince=found.next_since,
            hasMore=found.has_more,
            reload=found.reload,
        )
