"""What the job queue brings to the staff console."""

from procrastinate.contrib.django.models import ProcrastinateJob

from findr.console import OPERATIONS, Console, Figure, Grantable, Place

_LIST, _VIEW = "admin:procrastinate_procrastinatejob_changelist", "procrastinate.view_procrastinatejob"


def _number_failed() -> int:
    return ProcrastinateJob.objects.filter(status="failed").count()


CONSOLE = Console(
    places=(Place(OPERATIONS, "Background jobs", "manufacturing", _LIST, permission=_VIEW),),
    figures=(Figure("Failed jobs", _number_failed, _VIEW, _LIST, "status__exact=failed"),),
    every_staff_member=frozenset({_VIEW, "procrastinate.view_procrastinateevent"}),
    grantable=(Grantable("procrastinate.change_procrastinatejob", "Run background jobs again"),),
)
