"""Background jobs in the staff console."""

import json
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.exceptions import UniqueViolation
from unfold.admin import TabularInline

from findr.console_pages import ConsoleAdmin
from findr.outbox.jobs import QUEUES

_COLOURS = {"failed": "danger", "doing": "info", "todo": "warning", "succeeded": "success"}


class Queue(admin.SimpleListFilter):
    """The queues by name: asking the table which there are would read all of it."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in QUEUES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(queue_name=self.value()) if self.value() else queryset


class EventInline(TabularInline):  # type: ignore[misc]
    """What happened to a job, and when."""

    model = ProcrastinateEvent
    fields = ("what", "when")
    readonly_fields = fields
    ordering = ("id",)
    can_delete = False
    hide_title = True
    verbose_name_plural = "What happened to it (why it failed is in the worker's log)"

    @admin.display(description="What")
    def what(self, event: ProcrastinateEvent) -> str:
        return event.type.replace("_", " ")

    @admin.display(description="When")
    def when(self, event: ProcrastinateEvent) -> str:
        return moment(event.at)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ConsoleAdmin, ProcrastinateJobAdmin):  # type: ignore[misc]
    """Background jobs. Every staff member may look; running one again takes `procrastinate.change_procrastinatejob`.

    Each job is safe to run twice, so running a failed one again is never wrong.
    """

    list_display = ["id", "task_name", "status_now", "queue_name", "attempts", "last_event", "what_for"]
    list_display_links = ("id", "task_name")
    list_filter = ["status", Queue]
    search_fields = ("=id", "task_name", "status", "queue_name")
    search_help_text = "Task, status, queue, or job number"
    ordering = ("-id",)
    list_disable_select_all = True
    show_facets = admin.ShowFacets.NEVER
    inlines = [EventInline]
    fields = ["id", "task_name", "status_now", "queue_name", "attempts", "not_before", "what_for"]
    readonly_fields = ("id", "task_name", "status_now", "queue_name", "attempts", "not_before", "what_for")
    actions = ["run_again"]
    empty_title = "No jobs"

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether this staff member may run jobs again."""
        return bool(request.user.has_perm("procrastinate.change_procrastinatejob"))

    @admin.display(description="Status", ordering="status")
    def status_now(self, job: ProcrastinateJob) -> SafeString:
        context = {"text": job.status, "variant": _COLOURS.get(job.status, "")}
        return render_to_string("unfold/helpers/label.html", context)

    @admin.display(description="Not before")
    def not_before(self, job: ProcrastinateJob) -> str:
        return moment(job.scheduled_at)

    @admin.display(description="Last event")
    def last_event(self, job: ProcrastinateJob) -> str:
        events = list(job.procrastinateevent_set.all())  # Read with the jobs.
        if not events:
            return "-"
        last = max(events, key=lambda event: event.id)
        return f"{last.type.replace('_', ' ')}, {moment(last.at)}"

    @admin.display(description="Arguments")
    def what_for(self, job: ProcrastinateJob) -> str:
        return ", ".join(f"{name}: {json.dumps(value)}" for name, value in job.args.items())[:200] or "-"

    @admin.action(description="Run again (failed jobs)", permissions=["operate"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Put the selected failed jobs back into the queue."""
        for job in queryset:
            if job.status != "failed":
                self.message_user(request, f"Job {job.pk}: has not failed, so nothing was done.", messages.WARNING)
                continue
            try:
                self.retry(request, queryset.filter(pk=job.pk))
            except UniqueViolation:  # A periodic job, and its next run waits already.
                self.message_user(request, f"Job {job.pk}: its next run is waiting already.", messages.WARNING)
            else:
                self.message_user(request, f"Job {job.pk}: waiting to run again.", messages.SUCCESS)


def moment(at: datetime | None) -> str:
    """`Jun 2, 2026, 14:00:05 UTC`: the queue's own time, which belongs to no practice."""
    return f"{at:%b} {at.day}, {at:%Y, %H:%M:%S} UTC" if at else "-"
