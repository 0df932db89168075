"""Accounts."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "findr.accounts"
    label = "accounts"
    verbose_name = "People"
    console = "findr.accounts.console.CONSOLE"

    def ready(self) -> None:
        """Whoever signs in to the console begins a working day."""
        from findr.accounts import sessions

        user_logged_in.connect(sessions.begin, dispatch_uid="findr.accounts.sessions.begin")
