"""What the kill switches bring to the staff console."""

from findr.console import OPERATIONS, Console, Grantable, Place
from findr.switches import Switch, is_on

_LIST, _VIEW = "admin:waffle_switch_changelist", "waffle.view_switch"


def _number_off() -> int:
    return sum(not is_on(switch) for switch in Switch)


CONSOLE = Console(
    places=(Place(OPERATIONS, "Switches", "toggle_on", _LIST, permission=_VIEW, badge=_number_off),),
    every_staff_member=frozenset({_VIEW}),
    grantable=(Grantable("waffle.change_switch", "Turn parts of findr off and on"),),
)
