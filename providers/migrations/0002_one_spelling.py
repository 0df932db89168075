"""Stored addresses get their normal form, and zones that are none of the IANA list are found (contract 2.3, 9.1).

A patient's zone is blank again until the app names one. A practice's zone is what its times are read in: which one was
meant, nobody can guess, so it is listed for staff to choose, as is an address that has no normal form.
"""

import sys
from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models

import findr.text
from findr import emails
from providers.wall_times import zone_names

# Printable ASCII in lower case is its normal form already.
NORMAL, LONGEST = r"^[!-@\[-~]+$", 254


def look_through(apps: Any, schema_editor: Any) -> None:
    """Mend what has one answer, list what has none."""
    database = schema_editor.connection.alias
    practices = apps.get_model("providers", "Provider").objects.using(database)
    for practice_id, email in practices.exclude(email__regex=NORMAL).values_list("id", "email"):
        normal = emails.mended(email)
        if normal and len(normal) <= LONGEST:
            practices.filter(id=practice_id).update(email=normal)
        else:
            _tell(f"E-mail not changed: practice {practice_id}: it has no normal form.")
    for practice_id in practices.exclude(timezone__in=zone_names()).values_list("id", flat=True):
        _tell(f"Zone not changed: practice {practice_id}: it is none of the IANA list.")
    people = apps.get_model("accounts", "User").objects.using(database)
    people.exclude(timezone__in=["", *zone_names()]).update(timezone="")


def _tell(line: str) -> None:
    sys.stdout.write(f"\n    {line} Give it another one in the console.")


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial"), ("accounts", "0003_one_spelling")]

    operations = [
        migrations.AlterField(
            model_name="provider",
            name="city",
            field=models.CharField(max_length=100, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="provider",
            name="phone",
            field=models.CharField(blank=True, max_length=40, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="provider",
            name="practice_name",
            field=models.CharField(max_length=200, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="provider",
            name="provider_types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60, validators=[findr.text.validate_line]),
                blank=True,
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="provider",
            name="region",
            field=models.CharField(max_length=60, validators=[findr.text.validate_line], verbose_name="state"),
        ),
        migrations.AlterField(
            model_name="provider",
            name="street",
            field=models.CharField(max_length=200, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="provider",
            name="suite",
            field=models.CharField(blank=True, max_length=60, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="provider",
            name="zip_code",
            field=models.CharField(max_length=20, validators=[findr.text.validate_line], verbose_name="ZIP"),
        ),
        migrations.AlterField(
            model_name="service",
            name="category",
            field=models.CharField(max_length=100, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="service",
            name="name",
            field=models.CharField(max_length=200, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="teammember",
            name="name",
            field=models.CharField(max_length=200, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="teammember",
            name="title",
            field=models.CharField(blank=True, max_length=100, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="timeoff",
            name="note",
            field=models.CharField(blank=True, max_length=200, validators=[findr.text.validate_line]),
        ),
        migrations.RunPython(look_through, migrations.RunPython.noop),
    ]
