"""A table on a page that is itself paged, so that a page can be saved however many rows belong to it."""

from typing import Any

from unfold.forms import PaginationInlineFormSet

from findr.console_pages.posted_rows import number_in, posted_keys


class PagedRows(PaginationInlineFormSet):  # type: ignore[misc]
    """One page of a table's rows.

    What is posted is saved to the rows that were posted: which rows stand on that page of the table may have changed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.per_page and self.is_bound:
            of_the_page = self.model._default_manager.filter(**{self.fk.name: self.instance})
            posted = set(posted_keys(self.data, self.prefix, self.model._meta.pk.name))
            keys = [key for key in of_the_page.values_list("pk", flat=True) if str(key) in posted]
            self._queryset = of_the_page.filter(pk__in=keys)

    def get_page_num(self) -> int:
        """The page that the address, or else the form, names; the first if it names none."""
        key = self.get_pagination_key()
        return number_in(self.request.GET, key) or number_in(self.request.POST, key) or 1
