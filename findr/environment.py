"""How a setting is read from the environment where a plain word would not do."""

import re
from itertools import combinations, pairwise
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from findr.postgresql.options import options_of_environment, read_options

env = environ.Env()


# Words of placeholders, of examples and of our own tests: what contains one was typed, not drawn.
_TYPED = re.compile(
    r"debug-only|insecure|secret|password|change.?me|replace.?me|example|placeholder|default", re.IGNORECASE
)
# What bin/serve and bin/test call themselves at the sandbox; tests hold it against the development stack's own words.
SANDBOX_SECRETS = ("sk_test_sandbox", "whsec_sandbox")


def secret(name: str, *, debug: bool) -> str:
    """A secret of at least 32 characters. Outside DEBUG there is no default: a guessable one signs anybody in."""
    value: str = env.str(name, default="")
    if not value and debug:
        return f"debug-only-{name.lower()}-never-used-outside-debug"
    if len(value) < 32 or (not debug and is_guessable(value)):
        raise ImproperlyConfigured(f"{name} must be set to a random secret of at least 32 characters.")
    return value


def is_guessable(value: str) -> bool:
    """Whether somebody typed this: with a word of a placeholder, of few characters, as a short piece again and again,
    or along the alphabet. What was drawn, in hexadecimal digits too, is not taken for it.
    """
    pairs = list(pairwise(value))
    along = sum(abs(ord(one) - ord(other)) <= 1 for one, other in pairs)
    again = any(value == (value[:size] * len(value))[: len(value)] for size in range(1, min(13, len(value))))
    return bool(_TYPED.search(value)) or len(set(value)) < 8 or again or along * 2 > len(pairs)


def refuse_weak_setup(secrets: dict[str, str], *, is_test: bool) -> None:
    """Outside DEBUG: secrets that are one, those of the sandbox, and the mode of the tests.

    Raises:
        ImproperlyConfigured: names what is wrong.
    """
    if is_test and not env.str("FINDR_TEST_START", default=""):
        raise ImproperlyConfigured("FINDR_ENV=test is for bin/test alone: unset it.")
    if is_test:
        return
    names = [name for name, value in secrets.items() if value]
    for one, other in combinations(names, 2):
        if secrets[one] == secrets[other]:
            raise ImproperlyConfigured(f"{one} and {other} must be two different secrets.")
    for name in names:
        if secrets[name] in SANDBOX_SECRETS:
            raise ImproperlyConfigured(f"{name} is the sandbox's, which anybody knows: set Stripe's own.")
    if (signing := secrets["STRIPE_WEBHOOK_SECRET"]) and is_guessable(signing.removeprefix("whsec_")):
        raise ImproperlyConfigured(
            "STRIPE_WEBHOOK_SECRET must be the endpoint's own signing secret, as Stripe shows it."
        )


def number_of(name: str, *, default: float, above: float) -> float:
    """A number above another one."""
    value: float = env.float(name, default=default)
    if not value > above:
        raise ImproperlyConfigured(f"{name} must be a number above {above:g}.")
    return value


def rate(name: str, *, default: str) -> str:
    """A limit: `120/60` is 120 calls in 60 seconds."""
    value: str = env.str(name, default=default)
    if not re.fullmatch(r"[0-9]{1,9}/[1-9][0-9]{0,9}", value):
        raise ImproperlyConfigured(f"{name} must be calls/seconds, as {default}.")
    return value


def database_url(name: str) -> dict[str, Any]:
    """Django's settings for a libpq URI, unix sockets included."""
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(env.str(name, default="")))
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URI: {error}") from None
    if "dbname" not in parts:
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL database (bin/serve and bin/test bring their own).")
    keys = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    named = {django: str(parts.pop(libpq)) for libpq, django in keys.items() if libpq in parts}
    return {"ENGINE": "findr.postgresql", **named, "OPTIONS": parts}


def database_options(database: dict[str, Any], name: str) -> dict[str, str]:
    """What the libpq URI and the environment ask for in `options`, the URI last; taken out of these settings.

    libpq would send them as it connects, the environment's only without the URI's, and PgBouncer would refuse them.
    """
    found: dict[str, str] = {}
    sources = {"PGOPTIONS": options_of_environment(), name: database["OPTIONS"].pop("options", "")}
    for source, text in sources.items():
        try:
            found |= read_options(text)
        except ValueError as error:
            raise ImproperlyConfigured(f"The options of {source} cannot be read: {error}.") from None
    if "service" not in database["OPTIONS"]:
        # Empty, not missing: else libpq would send PGOPTIONS all the same. What a service file asks for is its to send.
        database["OPTIONS"]["options"] = ""
    return found
