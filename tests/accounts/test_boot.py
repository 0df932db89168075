"""findr does not start with a guessable secret or a half-filled section (lesson 42)."""

import os
import random
import string
import subprocess
import sys
from pathlib import Path

import pytest
from starts import ends_of

from findr.devstack.environment import SANDBOX_KEYS
from findr.environment import SANDBOX_SECRETS, is_guessable

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
WEBHOOK = "STRIPE_WEBHOOK_SECRET must be the endpoint's own signing secret, as Stripe shows it."
TEST_MODE = "FINDR_ENV=test is for bin/test alone: unset it."
STRIPE = "Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or neither."


# As `manage.py check` typed in a shell.
CHECK = "import runpy, sys; sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')"


def production(**changed):
    """The environment of production, with these variables changed, None for unset."""
    base = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL")}
    return {name: value for name, value in {**base, **GOOD, **changed}.items() if value is not None}


def test_it_starts_with_everything_in_place():
    command = [sys.executable, "manage.py", "check"]
    result = subprocess.run(
        command, cwd=ROOT, env=production(), capture_output=True, text=True, timeout=60, check=False
    )

    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")


REFUSED = [
    ({"SECRET_KEY": None}, f"SECRET_KEY {SECRET}"),
    (
        {"EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"},
        "ANYMAIL_WEBHOOK_SECRET must be set: without it anybody could report a bounce.",
    ),
    ({"JWT_SECRET": None}, f"JWT_SECRET {SECRET}"),
    ({"JWT_SECRET": ""}, f"JWT_SECRET {SECRET}"),
    ({"SECRET_KEY": "short"}, f"SECRET_KEY {SECRET}"),
    ({"JWT_SECRET": "x" * 31}, f"JWT_SECRET {SECRET}"),
    ({"JWT_SECRET": "debug-only-jwt_secret-never-used-outside-debug"}, f"JWT_SECRET {SECRET}"),
    ({"SECRET_KEY": "debug-only-" + "x" * 40}, f"SECRET_KEY {SECRET}"),
    ({"JWT_SECRET": "short", "DEBUG": "1"}, f"JWT_SECRET {SECRET}"),
    ({"SECRET_KEY": "a" * 64}, f"SECRET_KEY {SECRET}"),
    ({"JWT_SECRET": "django-insecure-" + GOOD["JWT_SECRET"]}, f"JWT_SECRET {SECRET}"),
    (
        {"JWT_SECRET": GOOD["SECRET_KEY"]},
        "SECRET_KEY and JWT_SECRET must be two different secrets.",
    ),
    (
        {"STRIPE_WEBHOOK_SECRET": GOOD["JWT_SECRET"]},
        "JWT_SECRET and STRIPE_WEBHOOK_SECRET must be two different secrets.",
    ),
    (
        {"STRIPE_WEBHOOK_SECRET": "whsec_sandbox"},
        "STRIPE_WEBHOOK_SECRET is the sandbox's, which anybody knows: set the vendor's own.",
    ),
    (
        {"STRIPE_SECRET_KEY": "sk_test_sandbox"},
        "STRIPE_SECRET_KEY is the sandbox's, which anybody knows: set the vendor's own.",
    ),
    ({"STRIPE_WEBHOOK_SECRET": "whsec_" + "x" * 40}, WEBHOOK),
    ({"STRIPE_WEBHOOK_SECRET": "whsec_changeme"}, WEBHOOK),
    ({"FINDR_ENV": "test"}, TEST_MODE),
    ({"FINDR_ENV": "test", "DEBUG": "0", "SECRET_KEY": None, "JWT_SECRET": None}, TEST_MODE),
    ({"NUM_PROXIES": "-1"}, "NUM_PROXIES must be the number of proxies in front: 0 or more."),
    ({"RATE_WRITE": "120"}, "RATE_WRITE must be calls/seconds, as 120/60."),
    ({"RATE_SIGN_IN_FAILURES": "10/0"}, "RATE_SIGN_IN_FAILURES must be calls/seconds, as 10/900."),
    ({"CONSOLE_IDLE_MINUTES": "0"}, "CONSOLE_IDLE_MINUTES must be a number above 0."),
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
]


@pytest.mark.lesson(42)
def test_it_refuses_to_start_and_says_why():
    ends = ends_of(CHECK, [production(), *(production(**changed) for changed, _ in REFUSED)])

    assert ends[0].code == 0, ends[0].stderr
    assert all(end.code for end in ends[1:])
    said = [(changed, end.said.removeprefix(CONFIGURED)) for (changed, _), end in zip(REFUSED, ends[1:], strict=True)]
    assert said == REFUSED


@pytest.mark.lesson(42)
def test_the_clock_cannot_be_moved_in_production():
    program = "from django.conf import settings as s; print(s.DEBUG, s.TESTING, repr(s.CLOCK_FILE), s.ALLOWED_HOSTS)"

    (end,) = ends_of(program, [production(DJANGO_SETTINGS_MODULE="findr.settings", FINDR_CLOCK_FILE="clock")])

    assert end.said == "False False '' ['findr.example']"


@pytest.mark.lesson(42)
@pytest.mark.parametrize(
    "value",
    [
        "a" * 40,
        "ab" * 20,
        "1234567890" * 4,
        "correcthorse" * 3,
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "django-insecure-#k2v9!w7r4m8q1x6t3z5n0b",
        "ChangeMe-k2v9w7r4m8q1x6t3z5n0b-and-more",
        "my-secret-k2v9w7r4m8q1x6t3z5n0b-and-more",
        "test-jwt-secret-of-more-than-thirty-two-bytes",
        "PASSWORD-k2v9w7r4m8q1x6t3z5n0b-and-more",
    ],
)
def test_what_was_typed_is_guessable(value):
    assert is_guessable(value)


def test_what_was_drawn_is_not():
    draw = random.Random(9)
    drawn = [
        "".join(draw.choices(letters, k=length))
        for letters in (string.hexdigits[:16], string.ascii_letters + string.digits + "-_")
        for length in (32, 64)
        for _ in range(2500)
    ]

    # One in a hundred thousand shortest hexadecimal ones has seven digits alone: that one is drawn again.
    assert sum(map(is_guessable, drawn)) <= 1


def test_the_sandboxs_secrets_are_the_ones_that_are_refused():
    assert set(SANDBOX_SECRETS) == {
        value for name, value in SANDBOX_KEYS.items() if not name.endswith(("_ID", "_EMAIL"))
    }


def test_only_a_proxy_of_ours_says_that_a_call_came_over_tls():
    program = (
        "from django.http import HttpRequest as R\n"
        "r = R(); r.META = {'HTTP_X_FORWARDED_PROTO': 'https'}; print(r.is_secure())"
    )
    proxies = [production(DJANGO_SETTINGS_MODULE="findr.settings", NUM_PROXIES=number) for number in ("0", "1")]

    assert [end.said for end in ends_of(program, proxies)] == ["False", "True"]
