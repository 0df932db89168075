"""A row for the kill switch of the live feed, on, so that staff find it in the console."""

from django.db import migrations

NAMES = ("realtime",)


def add_switches(apps, schema_editor):
    switches = apps.get_model("waffle", "Switch").objects
    for name in NAMES:
        switches.get_or_create(name=name, defaults={"active": True})


class Migration(migrations.Migration):
    dependencies = [("findr", "0007_push_switch")]

    operations = [migrations.RunPython(add_switches, migrations.RunPython.noop)]
