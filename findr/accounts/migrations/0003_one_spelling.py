"""Stored addresses get their normal form (contract 9.1). Of two that are one address, nobody can say whose it is: they
stay as they are and are listed, by id, for staff to settle in the console.
"""

import sys
from collections import defaultdict
from typing import Any

from django.db import migrations, models

import findr.text
from findr import emails

# Printable ASCII in lower case, as the table's own constraint has it, is its normal form already.
NORMAL, LONGEST = r"^[!-~]+$", 254


def give_normal_form(apps: Any, schema_editor: Any) -> None:
    """Move each odd address to its normal form, unless somebody has that or it has none."""
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    wanted: dict[str, list[Any]] = defaultdict(list)
    for user_id, email in users.exclude(email__regex=NORMAL).order_by("created_at").values_list("id", "email"):
        wanted[emails.mended(email)].append(user_id)
    for email, claimants in wanted.items():
        holder = users.filter(email=email).exclude(id__in=claimants).values_list("id", flat=True).first()
        if not email or len(email) > LONGEST:
            _tell(f"{_named(claimants)}: the address has no normal form.")
        elif holder or len(claimants) > 1:
            others = f", and {holder} has it" if holder else ""
            _tell(f"{_named(claimants)}: their normal form is one and the same address{others}.")
        else:
            users.filter(id=claimants[0]).update(email=email)


def _named(ids: list[Any]) -> str:
    return f"E-mail not changed: {', '.join(map(str, ids))}"


def _tell(line: str) -> None:
    sys.stdout.write(f"\n    {line} Give it another one in the console.")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_guessing_and_revoking")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="first_name",
            field=models.CharField(blank=True, max_length=100, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="user",
            name="last_name",
            field=models.CharField(blank=True, max_length=100, validators=[findr.text.validate_line]),
        ),
        migrations.AlterField(
            model_name="user",
            name="phone",
            field=models.CharField(blank=True, max_length=40, validators=[findr.text.validate_line]),
        ),
        migrations.RunPython(give_normal_form, migrations.RunPython.noop),
    ]
