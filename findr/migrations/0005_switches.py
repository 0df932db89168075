"""A row for each kill switch, on, so that staff find it in the console."""

from django.db import migrations

NAMES = ("calendar_checks", "instant_booking")


def add_switches(apps, schema_editor):
    switches = apps.get_model("waffle", "Switch").objects
    for name in NAMES:
        switches.get_or_create(name=name, defaults={"active": True})


class Migration(migrations.Migration):
    dependencies = [
        ("findr", "0004_lease_tokens"),
        ("waffle", "0004_update_everyone_nullbooleanfield"),
    ]

    operations = [migrations.RunPython(add_switches, migrations.RunPython.noop)]
