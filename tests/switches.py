"""The kill switches as staff find them, and turned without a page."""

from importlib import import_module

from django.apps import apps
from waffle.models import Switch as SwitchRow

from findr.switches import forget

MIGRATIONS = ("0005_switches", "0006_mail_switch", "0007_push_switch", "0008_realtime_switch")


def as_migrated():
    """The rows that a new database has."""
    for name in MIGRATIONS:
        import_module(f"findr.migrations.{name}").add_switches(apps, None)
    return {row.name: row for row in SwitchRow.objects.all()}


def turn(switch, *, on):
    """In this process at once: it forgets what it had read."""
    row = as_migrated()[switch]
    row.active = on
    row.save()
    forget()
