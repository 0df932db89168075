"""What the pages of the staff console have in common, whichever app they belong to.

A page that is older than what it would save is refused (`stale`), and a search is bounded (`search`).
"""

from findr.console_pages.admin import ConsoleAdmin

__all__ = ["ConsoleAdmin"]
