"""A list of the console counts no further than anybody pages: to count millions takes longer than to show fifty of them."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the first `MOST_COUNTED` rows; whoever looks for others narrows the list, or searches."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, as far as they are counted."""
        return min(self._counted, MOST_COUNTED)

    @property
    def is_cut_short(self) -> bool:
        """Whether there are more."""
        return self._counted > MOST_COUNTED

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())
