"""The list of bookings, and the order in which each of its views stands."""

from typing import Any

from django.http import HttpRequest
from unfold.views import ChangeList

from bookings.admin.filters import QUEUE, UNCOVERED, shown
from bookings.admin.uncovered import marks

# The queue by deadline, what is not covered by the visit that is next, everything else by the latest.
ORDERS = {QUEUE: ["expires_at", "id"], UNCOVERED: ["start", "id"]}
VISIT_ORDER = ["-start", "id"]


class BookingList(ChangeList):  # type: ignore[misc]
    """The list knows which order it stands in, and does not offer to show all bookings there are on one page."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.standing_order = ORDERS.get(shown(request.GET), VISIT_ORDER)
        super().__init__(request, *args, **kwargs)

    def _get_default_ordering(self) -> list[str]:
        return self.standing_order

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        vars(request)["marks"] = marks(self.result_list)
        self.full_result_count = self.result_count  # All of them were not counted.
