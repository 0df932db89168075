"""How a setting is read from the environment where a plain word would not do."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

env = environ.Env()


def secret(name: str, *, debug: bool) -> str:
    """A secret of at least 32 characters. Outside DEBUG there is no default: a guessable one signs anybody in."""
    value: str = env.str(name, default="")
    if not value and debug:
        return f"debug-only-{name.lower()}-never-used-outside-debug"
    if len(value) < 32 or (not debug and value.startswith("debug-only-")):
        raise ImproperlyConfigured(f"{name} must be set to a random secret of at least 32 characters.")
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
    return {"ENGINE": "django.db.backends.postgresql", **named, "OPTIONS": parts}
