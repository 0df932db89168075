"""How a setting is read from the environment where a plain word would not do."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from findr.postgresql.options import options_of_environment, read_options

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
