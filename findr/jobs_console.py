"""What the job queue brings to the staff console."""

from procrastinate.contrib.django.models import ProcrastinateJob

from findr.console import OPERATIONS, Console, Figure, Grantable, Place
from findr.outbox.periodic_runs import late_jobs

_RUNS, _VIEW_RUNS = "admin:findr_periodicrun_changelist", "findr.view_periodicrun"
_LIST, _VIEW = "admin:procrastinate_procrastinatejob_changelist", "procrastinate.view_procrastinatejob"


def _number_failed() -> int:
    return ProcrastinateJob.objects.filter(status="failed").count()


def _number_late() -> int:
    return len(late_jobs())


CONSOLE = Console(
    places=(
        Place(OPERATIONS, "Background jobs", "manufacturing", _LIST, permission=_VIEW),
        Place(OPERATIONS, "Periodic jobs", "event_repeat", _RUNS, permission=_VIEW_RUNS),
    ),
    figures=(
        Figure("Failed jobs", _number_failed, _VIEW, _LIST, "status__exact=failed"),
        Figure("Late periodic jobs", _number_late, _VIEW_RUNS, _RUNS),
    ),
    every_staff_member=frozenset({_VIEW, "procrastinate.view_procrastinateevent", _VIEW_RUNS}),
    grantable=(Grantable("procrastinate.change_procrastinatejob", "Run background jobs again"),),
)
