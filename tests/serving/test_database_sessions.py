"""What `options` in DATABASE_URL and in PGOPTIONS ask for is merged, and findr's own limits come last."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from findr.postgresql.options import read_options

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import sys, django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    print(*[cursor.execute(f"SHOW {name}").fetchone()[0] for name in sys.argv[1:]], sep="|")
"""


def shown(names, *, options="", **variables):
    """These settings as a process of findr's has them."""
    url = os.environ["DATABASE_URL"]
    url = f"{url}{'&' if '?' in url else '?'}options={quote(options)}" if options else url
    environment = {**os.environ, **variables, "DATABASE_URL": url}
    command = [sys.executable, "-c", SHOW, *names]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return result.stdout.strip() if result.returncode == 0 else result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "environment", "expected"),
    [
        ("", "", '4MB|"$user", public|3s|15s'),
        ("-c work_mem=9MB", "", '9MB|"$user", public|3s|15s'),
        ("", "-c work_mem=8MB", '8MB|"$user", public|3s|15s'),
        ("-c search_path=findr,public", "-c work_mem=8MB", "8MB|findr,public|3s|15s"),
        ("-c work_mem=9MB", "-c work_mem=8MB", '9MB|"$user", public|3s|15s'),
        ("--work-mem=9MB -csearch_path=a,\\ b", "", "9MB|a, b|3s|15s"),
        ("-c statement_timeout=0 -c LOCK_TIMEOUT=0", "--lock-timeout=0", '4MB|"$user", public|3s|15s'),
    ],
)
def test_what_is_asked_for_is_merged_and_the_limits_come_last(options, environment, expected):
    names = ("work_mem", "search_path", "lock_timeout", "statement_timeout")

    assert shown(names, options=options, PGOPTIONS=environment) == expected


def test_times_and_races_are_reckoned_as_findr_does():
    names = ("timezone", "datestyle", "default_transaction_isolation")
    asked = "-c timezone=Asia/Tokyo -c datestyle=German -c default_transaction_isolation=serializable"

    assert shown(names, options=asked) == "UTC|ISO, MDY|read committed"


@pytest.mark.parametrize(("source", "given"), [("DATABASE_URL", {"options": "-x"}), ("PGOPTIONS", {"PGOPTIONS": "-x"})])
def test_what_cannot_be_read_is_refused(source, given):
    line = shown(["work_mem"], **given)

    assert line == (
        "django.core.exceptions.ImproperlyConfigured: "
        f"The options of {source} cannot be read: '-x' in it is neither -c name=value nor --name=value."
    )


@pytest.mark.parametrize("text", ["-c", "-c work_mem", "work_mem=1MB", "-c =1", "--", "-S 8MB"])
def test_what_is_no_setting_is_no_option(text):
    with pytest.raises(ValueError, match="in it is neither"):
        read_options(text)


def test_options_are_read_as_postgresql_reads_them():
    assert read_options(r" -c a.b=1\ 2\\3   --c-d=x=y -ce= ") == {"a.b": "1 2\\3", "c_d": "x=y", "e": ""}


# --- The release step -------------------------------------------------------------------------------------------------
NAMES = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def now():
    with connection.cursor() as cursor:
        return [cursor.execute(f"SHOW {name}").fetchone()[0] for name in NAMES]


def test_a_migration_has_no_limit_but_that_of_a_lock(transactional_db):
    seen = []

    class Watcher:
        """Notes what is in force at the end of the release step, when Django says which migrations there were."""

        def write(self, *args, **kwargs):
            if not seen:
                seen.append(now())

        def flush(self):
            """Nothing is kept back."""

    before = now()
    call_command("migrate", stdout=Watcher(), no_color=True)

    assert before == ["3s", "15s", "30s"]
    assert seen == [["3s", "0", "0"]]
    assert now() == before


def test_a_migration_does_not_wait_for_long_for_a_lock(transactional_db, rival, settings):
    settings.MIGRATION_SESSION = {**settings.MIGRATION_SESSION, "lock_timeout": "50ms"}

    def lock_the_table():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")

    with rival(lock_the_table), pytest.raises(CommandError, match="waited too long for a lock"):
        call_command("migrate", verbosity=0)

    assert now() == ["3s", "15s", "30s"]
