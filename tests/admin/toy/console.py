"""What lost property brings to the staff console."""

from findr.console import OPERATIONS, Console, Figure, Grantable, Place, Section, Table
from providers.models import Service

LOST = Section("Lost property", rank=15)
VIEW = "toy.view_umbrella"


def three():
    return Service.objects.filter(pk__in=Service.objects.order_by("pk")[:3])


CONSOLE = Console(
    places=(
        Place(LOST, "Umbrellas", "umbrella", "admin:index", "lost=umbrella", permission=VIEW, badge=three),
        Place(LOST, "Safe", "lock", "admin:index", is_for_superusers=True),
        Place(OPERATIONS, "Found today", "search", "admin:index"),
    ),
    figures=(
        Figure("Umbrellas lost", lambda: 33, VIEW, "admin:index", "lost=umbrella"),
        Figure("Umbrellas burnt", lambda: 1 // 0, "toy.delete_umbrella", "admin:index"),
    ),
    tables=(Table("Latest umbrellas", lambda: {"headers": ["Colour"], "rows": [["puce"]]}, VIEW),),
    every_staff_member=frozenset({VIEW}),
    grantable=(Grantable("toy.change_umbrella", "Hand umbrellas out"), Grantable("toy.add_umbrella")),
)
