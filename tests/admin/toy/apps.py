"""Lost property."""

from django.apps import AppConfig


class ToyConfig(AppConfig):
    name = "admin.toy"
    label = "toy"
    console = "admin.toy.console.CONSOLE"
