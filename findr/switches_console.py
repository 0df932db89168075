"""What the kill switches bring to the staff console."""

from django.db.models import QuerySet
from waffle.models import Switch as SwitchRow

from findr.console import OPERATIONS, Console, Grantable, Place
from findr.switches import Switch

_LIST, _VIEW = "admin:waffle_switch_changelist", "waffle.view_switch"


def _switched_off() -> QuerySet[SwitchRow]:
    return SwitchRow.objects.filter(name__in=[switch.value for switch in Switch], active=False)


CONSOLE = Console(
    places=(Place(OPERATIONS, "Switches", "toggle_on", _LIST, permission=_VIEW, badge=_switched_off),),
    every_staff_member=frozenset({_VIEW}),
    grantable=(Grantable("waffle.change_switch", "Turn parts of findr off and on"),),
)
