"""A row for the kill switch of the live feed, on."""

from django.db import migrations


def add_switch(apps, schema_editor):
    apps.get_model("waffle", "Switch").objects.get_or_create(name="realtime", defaults={"active": True})


class Migration(migrations.Migration):
    dependencies = [("findr", "0005_switches")]

    operations = [migrations.RunPython(add_switch, migrations.RunPython.noop)]
