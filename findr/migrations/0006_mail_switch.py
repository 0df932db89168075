"""The row of the kill switch for mails, on."""

from django.db import migrations


def add_switches(apps, schema_editor):
    apps.get_model("waffle", "Switch").objects.get_or_create(name="mail", defaults={"active": True})


class Migration(migrations.Migration):
    dependencies = [
        ("findr", "0005_switches"),
        ("waffle", "0004_update_everyone_nullbooleanfield"),
    ]

    operations = [migrations.RunPython(add_switches, migrations.RunPython.noop)]
