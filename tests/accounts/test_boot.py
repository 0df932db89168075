"""findr does not start with a guessable secret or a half-filled section (lesson 42)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "Zx81kQ07vTpLm24cZx81kQ07vTpLm24cZx81kQ07vTpLm24c",
    "JWT_SECRET": "Rw93hJ65sYbNd18fRw93hJ65sYbNd18fRw93hJ65sYbNd18f",
    "ALLOWED_HOSTS": "findr.example",
    "STRIPE_SECRET_KEY": "sk_live_only_for_this_test",
    "STRIPE_WEBHOOK_SECRET": "whsec_only_for_this_test",
}
CONFIGURED = "django.core.exceptions.ImproperlyConfigured: "
SECRET = "must be set to a random secret of at least 32 characters."
STRIPE = "Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or neither."


def boot(**changed):
    """`manage.py check` as in production, with these variables changed, None for unset."""
    base = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL")}
    variables = {name: value for name, value in {**base, **GOOD, **changed}.items() if value is not None}
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_with_everything_in_place():
    result = boot()

    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.lesson(42)
@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"SECRET_KEY": None}, f"SECRET_KEY {SECRET}"),
        ({"JWT_SECRET": None}, f"JWT_SECRET {SECRET}"),
        ({"JWT_SECRET": ""}, f"JWT_SECRET {SECRET}"),
        ({"SECRET_KEY": "short"}, f"SECRET_KEY {SECRET}"),
        ({"JWT_SECRET": "x" * 31}, f"JWT_SECRET {SECRET}"),
        ({"JWT_SECRET": "debug-only-jwt_secret-never-used-outside-debug"}, f"JWT_SECRET {SECRET}"),
        ({"SECRET_KEY": "debug-only-" + "x" * 40}, f"SECRET_KEY {SECRET}"),
        ({"JWT_SECRET": "short", "DEBUG": "1"}, f"JWT_SECRET {SECRET}"),
        ({"STRIPE_WEBHOOK_SECRET": None}, STRIPE),
        ({"STRIPE_SECRET_KEY": ""}, STRIPE),
        (
            {"STRIPE_BASE": "http://127.0.0.1:4010/stripe"},
            "STRIPE_BASE points Stripe at the sandbox: only with DEBUG or in tests.",
        ),
        (
            {"FEED_DAYS": "6"},
            "FEED_DAYS must be at least 7: clients rely on the events of the last seven days.",
        ),
        (
            {"MIGRATION_LOCK_SECONDS": "0"},
            "MIGRATION_LOCK_SECONDS must be above 0: everybody waits behind a migration that waits.",
        ),
        ({"REDIS_URL": None}, "REDIS_URL must name a Redis server (bin/serve and bin/test bring their own)."),
        (
            {"DATABASE_URL": None},
            "DATABASE_URL must name a PostgreSQL database (bin/serve and bin/test bring their own).",
        ),
    ],
)
def test_it_refuses_to_start_and_says_why(changed, line):
    result = boot(**changed)

    assert result.returncode != 0
    assert result.stderr.splitlines()[-1].removeprefix(CONFIGURED) == line


@pytest.mark.lesson(42)
def test_the_clock_cannot_be_moved_in_production():
    variables = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL")}
    program = "from django.conf import settings as s; print(s.DEBUG, s.TESTING, repr(s.CLOCK_FILE), s.ALLOWED_HOSTS)"

    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**variables, **GOOD, "DJANGO_SETTINGS_MODULE": "findr.settings", "FINDR_CLOCK_FILE": "clock"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout == "False False '' ['findr.example']\n"
