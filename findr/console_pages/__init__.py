"""What the pages of the staff console have in common, whichever app they belong to.

A page that is older than what it would save is refused (`stale`), a search is bounded (`search`), so are what is counted of a
list and what can be chosen beside it (`bounded_pages`), and a long table has pages of its own (`paged_rows`). What nobody may edit is `read_only`.
"""

from findr.console_pages.admin import ConsoleAdmin
from findr.console_pages.bounded_pages import FewChoices
from findr.console_pages.paged_rows import PagedRows
from findr.console_pages.read_only import ReadOnlyAdmin

__all__ = ["ConsoleAdmin", "FewChoices", "PagedRows", "ReadOnlyAdmin"]
