"""Accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "findr.accounts"
    label = "accounts"
    verbose_name = "People"
    console = "findr.accounts.console.CONSOLE"
