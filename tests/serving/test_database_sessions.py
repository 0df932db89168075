"""What `options` in DATABASE_URL and in PGOPTIONS ask for is merged, and findr's own limits come last."""

import os
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from starts import ends_of

from findr.postgresql.options import read_options

SHOW = """
from django.db import connection
with connection.cursor() as cursor:
    print(*[cursor.execute(f"SHOW {{name}}").fetchone()[0] for name in {names}], sep="|")
"""
ASKED = [
    ("", "", '4MB|"$user", public|3s|15s'),
    ("-c work_mem=9MB", "", '9MB|"$user", public|3s|15s'),
    ("", "-c work_mem=8MB", '8MB|"$user", public|3s|15s'),
    ("-c search_path=findr,public", "-c work_mem=8MB", "8MB|findr,public|3s|15s"),
    ("-c work_mem=9MB", "-c work_mem=8MB", '9MB|"$user", public|3s|15s'),
    ("--work-mem=9MB -csearch_path=a,\\ b", "", "9MB|a, b|3s|15s"),
    ("-c statement_timeout=0 -c LOCK_TIMEOUT=0", "--lock-timeout=0", '4MB|"$user", public|3s|15s'),
]


def shown(names, *asked):
    """These settings as sessions of findr's have them, for each (options, PGOPTIONS); or why there is none."""
    base = os.environ["DATABASE_URL"]
    urls = [f"{base}{'&' if '?' in base else '?'}options={quote(options)}" if options else base for options, _ in asked]
    environments = [
        {**os.environ, "DATABASE_URL": url, "PGOPTIONS": given} for url, (_, given) in zip(urls, asked, strict=True)
    ]
    return [end.said for end in ends_of(SHOW.format(names=names), environments)]


def test_what_is_asked_for_is_merged_and_the_limits_come_last():
    names = ("work_mem", "search_path", "lock_timeout", "statement_timeout")

    said = shown(names, *((options, environment) for options, environment, _ in ASKED))

    assert [(*one[:2], line) for one, line in zip(ASKED, said, strict=True)] == ASKED


def test_times_and_races_are_reckoned_as_findr_does():
    names = ("timezone", "datestyle", "default_transaction_isolation")
    asked = "-c timezone=Asia/Tokyo -c datestyle=German -c default_transaction_isolation=serializable"

    assert shown(names, (asked, "")) == ["UTC|ISO, MDY|read committed"]


def test_what_cannot_be_read_is_refused():
    lines = shown(["work_mem"], ("-x", ""), ("", "-x"))

    assert lines == [
        "django.core.exceptions.ImproperlyConfigured: "
        f"The options of {source} cannot be read: '-x' in it is neither -c name=value nor --name=value."
        for source in ("DATABASE_URL", "PGOPTIONS")
    ]


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
