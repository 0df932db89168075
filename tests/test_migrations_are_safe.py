"""No migration stops those who are at work: squawk reads what each would say to the database (https://squawkhq.com).

A migration runs while the processes of before still serve. So it adds what they need not know, takes away what they no
longer use, and holds no lock for as long as it takes to look at every row: indexes are built with `AddIndexWhileServing`,
constraints are added without a look at the rows and validated in a migration of their own, and a new column that may not
be empty keeps its default in the database (`db_default`).
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

OURS = ("findr", "accounts", "providers", "notifications", "calendars", "bookings")
# Written before anybody looked, and applied where there are rows: they stay as they are, and nothing is added here.
GRANDFATHERED = {
    ("accounts", "0001_initial"),
    ("bookings", "0001_foundations"),
    ("bookings", "0002_tables"),
    ("bookings", "0003_book_findings"),
    ("bookings", "0004_suggestion_buffer"),
    ("bookings", "0005_refund_by_staff"),
    ("bookings", "0006_cancellation_fee_percent"),
    ("bookings", "0007_leases"),
    ("findr", "0001_quiet_queues"),
    ("findr", "0002_idempotency_keys"),
    ("findr", "0003_idempotency_subjects"),
    ("findr", "0004_lease_tokens"),
    ("notifications", "0001_initial"),
    ("providers", "0001_initial"),
}
# Said by `manage.py migrate` for the whole session; a matter of taste; and what Django's own transaction does.
NOT_ASKED = (
    *("require-lock-timeout", "require-statement-timeout"),
    *("prefer-text-field", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity"),
    "prefer-robust-stmts",
)
SQUAWK = Path(sys.executable).parent / "squawk"


def migrations():
    return sorted(key for key in MigrationLoader(None).disk_migrations if key[0] in OURS)


def found_in(sql):
    """What squawk has to say about these statements, rule by rule.

    A constraint that is taken away and added anew, in one transaction, guarantees what it did.
    """
    dropped, added = (set(re.findall(rf'{verb} CONSTRAINT "?(\w+)', sql)) for verb in ("DROP", "ADD"))
    replaced = ["ban-drop-constraint"] if dropped <= added and "COMMIT" in sql else []
    excluded = f"--exclude={','.join([*NOT_ASKED, *replaced])}"
    command = [SQUAWK, "--reporter=gcc", "--pg-version=16.0", excluded]
    result = subprocess.run(command, input=sql, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode in (0, 1), result.stderr
    assert bool(result.returncode) == bool(result.stdout), result.stderr
    return result.stdout.splitlines()


@pytest.mark.parametrize("key", [key for key in migrations() if key not in GRANDFATHERED], ids=".".join)
def test_a_migration_stops_nobody(key, transactional_db, capsys):
    call_command("sqlmigrate", *key, no_color=True)

    assert found_in(capsys.readouterr().out) == []


def test_what_is_grandfathered_exists():
    assert set(migrations()) >= GRANDFATHERED


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE INDEX i ON bookings_booking (state);", "require-concurrent-index-creation"),
        ("DROP INDEX i;", "require-concurrent-index-deletion"),
        ("ALTER TABLE bookings_booking ADD CONSTRAINT c CHECK (price_cents > 0);", "constraint-missing-not-valid"),
        (
            "ALTER TABLE bookings_booking ADD CONSTRAINT f FOREIGN KEY (room_id) REFERENCES room (id);",
            "adding-foreign-key-constraint",
        ),
        ("ALTER TABLE bookings_booking DROP COLUMN notes;", "ban-drop-column"),
        ("ALTER TABLE bookings_booking RENAME COLUMN notes TO remarks;", "renaming-column"),
        ("ALTER TABLE bookings_booking ALTER COLUMN notes TYPE int;", "changing-column-type"),
        ("ALTER TABLE bookings_booking ALTER COLUMN notes SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE bookings_booking ADD COLUMN room int NOT NULL;", "adding-required-field"),
        ("DROP TABLE bookings_booking;", "ban-drop-table"),
        ("BEGIN; ALTER TABLE bookings_booking DROP CONSTRAINT c; COMMIT;", "ban-drop-constraint"),
    ],
)
def test_what_would_stop_somebody_is_found(sql, rule):
    assert rule in "\n".join(found_in(sql))


def test_a_constraint_may_be_replaced():
    change = "ALTER TABLE bookings_booking DROP CONSTRAINT c; ALTER TABLE bookings_booking ADD CONSTRAINT c CHECK (x > 0) NOT VALID;"

    assert found_in(f"BEGIN; {change} COMMIT;") == []
    assert "ban-drop-constraint" in "\n".join(found_in(change))
