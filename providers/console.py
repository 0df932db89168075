"""What practices bring to the staff console. Nobody deletes a practice: it is suspended."""

from findr.accounts.console import PEOPLE
from findr.console import Console, Grantable, Place

_PARTS = ("service", "teammember", "openinghours", "timeoff")

CONSOLE = Console(
    places=(
        Place(
            PEOPLE,
            "Practices",
            "home_health",
            "admin:providers_provider_changelist",
            permission="providers.view_provider",
        ),
    ),
    every_staff_member=frozenset(f"providers.view_{model}" for model in ("provider", *_PARTS)),
    grantable=(
        Grantable("providers.add_provider"),
        Grantable("providers.change_provider"),
        *(Grantable(f"providers.{verb}_{model}") for model in _PARTS for verb in ("add", "change", "delete")),
    ),
)
