"""What accounts bring to the staff console: people, and what staff are allowed."""

from findr.accounts.admin.filters import GUESSED
from findr.accounts.guessing import guessed_lately
from findr.console import Console, Figure, Grantable, Place, Section

PEOPLE = Section("Practices and people", rank=20)

CONSOLE = Console(
    places=(
        Place(PEOPLE, "Accounts", "group", "admin:accounts_user_changelist", permission="accounts.view_user", rank=1),
        Place(
            PEOPLE,
            "Staff groups",
            "admin_panel_settings",
            "admin:auth_group_changelist",
            is_for_superusers=True,
            rank=1,
        ),
    ),
    figures=(
        Figure(
            "Staff passwords guessed at",
            lambda: guessed_lately().count(),
            "accounts.view_user",
            "admin:accounts_user_changelist",
            f"{GUESSED}=yes",
        ),
    ),
    every_staff_member=frozenset({"accounts.view_user"}),
    grantable=(Grantable("accounts.add_user"), Grantable("accounts.change_user")),
)
