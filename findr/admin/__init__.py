"""The staff console's first page, and what other packages bring to it in its own clothes."""

from django.contrib import admin

from findr.admin.jobs import JobAdmin
from findr.admin.periodic import PeriodicRunAdmin
from findr.admin.switches import SwitchAdmin
from findr.console import with_overview

admin.site.index_title = "Overview"
admin.site.extra_context = with_overview  # type: ignore[attr-defined]

__all__ = ["JobAdmin", "PeriodicRunAdmin", "SwitchAdmin"]
