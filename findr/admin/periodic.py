"""Periodic jobs in the staff console: when each last ran, and which are late (lesson 69)."""

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from procrastinate.contrib.django import app

from findr.admin.jobs import moment
from findr.console_pages.read_only import ReadOnlyAdmin
from findr.models import PeriodicRun
from findr.outbox.periodic_runs import due_since, late_jobs


@admin.register(PeriodicRun)
class PeriodicRunAdmin(ReadOnlyAdmin):
    """What the worker's clockwork runs. Every staff member may look."""

    list_display = ("name", "standing", "last_run", "next_run", "what_it_does")
    fields = list_display
    readonly_fields = list_display
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicRun]:
        """With what the queue's clock says of each."""
        rows: QuerySet[PeriodicRun] = super().get_queryset(request)
        return rows.annotate(is_late=ExpressionWrapper(Q(name__in=late_jobs()), output_field=BooleanField()))

    @admin.display(description="Now")
    def standing(self, row: Any) -> SafeString:
        text, variant = ("Late", "danger") if row.is_late else ("On time", "success")
        return render_to_string("unfold/helpers/label.html", {"text": text, "variant": variant})

    @admin.display(description="Last run that ended well")
    def last_run(self, row: PeriodicRun) -> str:
        return moment(row.last_run_at)

    @admin.display(description="The next one is due")
    def next_run(self, row: PeriodicRun) -> str:
        return moment(due_since(row.name, row.last_run_at or row.first_seen_at))

    @admin.display(description="What it does")
    def what_it_does(self, row: PeriodicRun) -> str:
        task = app.tasks.get(row.name)  # None: a job of an older release.
        return (task.func.__doc__ or "").partition("\n")[0] if task else "-"
