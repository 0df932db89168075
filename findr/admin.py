"""What other packages bring to the staff console, in the console's own clothes: background jobs."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.admin import ModelAdmin, TabularInline

from findr.jobs import QUEUES

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
    fields = ("type", "at")
    readonly_fields = fields
    ordering = ("id",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ModelAdmin, ProcrastinateJobAdmin):  # type: ignore[misc]
    """Background jobs. Every staff member may look; running one again takes `procrastinate.change_procrastinatejob`.

    Each job is safe to run twice, so running a failed one again is never wrong.
    """

    list_display = ["id", "task_name", "status_now", "queue_name", "attempts", "scheduled_at", "last_event", "what_for"]
    list_display_links = ("id", "task_name")
    list_filter = ["status", Queue]
    search_fields = ("=id", "task_name", "status", "queue_name")
    search_help_text = "Task, status, queue, or job number"
    ordering = ("-id",)
    show_full_result_count = False
    list_disable_select_all = True
    inlines = [EventInline]
    fields = ["id", "task_name", "status_now", "queue_name", "attempts", "scheduled_at", "queueing_lock", "what_for"]
    readonly_fields = fields
    actions = ["run_again", "cancel_waiting"]

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether this staff member may run jobs again and cancel them."""
        return bool(request.user.has_perm("procrastinate.change_procrastinatejob"))

    @admin.display(description="Status", ordering="status")
    def status_now(self, job: ProcrastinateJob) -> SafeString:
        context = {"text": job.status, "variant": _COLOURS.get(job.status, "")}
        return render_to_string("unfold/helpers/label.html", context)

    @admin.display(description="Last event")
    def last_event(self, job: ProcrastinateJob) -> str:
        events = list(job.procrastinateevent_set.all())  # Read with the jobs, latest first.
        return f"{events[0].type.replace('_', ' ')}, {events[0].at:%b %d, %H:%M:%S} UTC" if events else "-"

    @admin.display(description="Arguments")
    def what_for(self, job: ProcrastinateJob) -> str:
        return ", ".join(f"{name}: {json.dumps(value)}" for name, value in job.args.items())[:200] or "-"

    @admin.action(description="Run again (failed jobs)", permissions=["operate"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Put the selected failed jobs back into the queue."""
        chosen = queryset.filter(status="failed")
        found = chosen.count()
        self.retry(request, chosen)
        self.message_user(request, f"{found} failed jobs run again.", messages.SUCCESS)

    @admin.action(description="Cancel (waiting jobs)", permissions=["operate"])
    def cancel_waiting(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Take the selected waiting jobs out of the queue; unfinished payments are found again by the sweep."""
        chosen = queryset.filter(status="todo")
        found = chosen.count()
        self.cancel(request, chosen)
        self.message_user(request, f"{found} waiting jobs cancelled.", messages.SUCCESS)
