"""How a setting is read from the environment where a plain word would not do."""

import base64
import binascii
import re
from hashlib import sha256
from itertools import combinations, pairwise
from typing import Any

import environ
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from findr.postgresql.options import options_of_environment, read_options

env = environ.Env()
# What this process is. Both are settings.
TESTING = env.str("FINDR_ENV", default="") == "test"
DEBUG: bool = env.bool("DEBUG", default=False)


# Words of placeholders, of examples and of our own tests: what contains one was typed, not drawn.
_TYPED = re.compile(
    r"debug-only|insecure|secret|password|change.?me|replace.?me|example|placeholder|default", re.IGNORECASE
)
KEY_BYTES = 32
_URL_SAFE = str.maketrans("-_", "+/")
# What bin/serve and bin/test call themselves at the sandbox; tests hold it against the development stack's own words.
SANDBOX_SECRETS = ("sk_test_sandbox", "whsec_sandbox", "google-sandbox-secret", "microsoft-sandbox-secret")


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
            raise ImproperlyConfigured(f"{name} is the sandbox's, which anybody knows: set the vendor's own.")
    if (signing := secrets["STRIPE_WEBHOOK_SECRET"]) and is_guessable(signing.removeprefix("whsec_")):
        raise ImproperlyConfigured(
            "STRIPE_WEBHOOK_SECRET must be the endpoint's own signing secret, as Stripe shows it."
        )


def all_or_none(*names: str) -> tuple[str, ...]:
    """The values of variables that belong together; all blank if none is set."""
    values = tuple(env.str(name, default="") for name in names)
    if any(values) and not all(values):
        raise ImproperlyConfigured(f"Set all of {', '.join(names)}, or none of them.")
    return values


def sandbox_base(name: str, *, allowed: bool) -> str:
    """Where a vendor is, if it is the sandbox's; blank for the real one."""
    value: str = env.str(name, default="").rstrip("/")
    if value and not allowed:
        raise ImproperlyConfigured(
            f"{name} points {name.removesuffix('_BASE').title()} at the sandbox: only with DEBUG or in tests."
        )
    return value


def push_address(name: str, *, any_scheme: bool) -> str:
    """An address of ours that vendors push to; blank if none is configured. They push to https only."""
    value: str = env.str(name, default="").rstrip("/")
    if value and not any_scheme and not value.startswith("https://"):
        raise ImproperlyConfigured(f"{name} must be an https address: the vendors push to no other.")
    return value


def encryption_keys(name: str, *, required: bool, debug: bool) -> list[str]:
    """Keys of 32 bytes in base64, comma-separated, the newest first."""
    keys: list[str] = [key.strip() for key in env.list(name, default=[]) if key.strip()]
    if not keys and debug:
        return [base64.b64encode(sha256(b"debug-only, never used outside debug").digest()).decode()]
    if not keys and required:
        raise ImproperlyConfigured(f"{name} must hold a random key of 32 bytes in base64: connected calendars need it.")
    for key in keys:
        try:
            read_key(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} must hold keys of 32 bytes in base64; one of them is {error}."
            ) from None
    return keys


def read_key(text: str) -> bytes:
    """The 32 bytes of a key: base64, either alphabet, padded or not.

    Raises:
        ValueError: it is something else; says what.
    """
    try:
        key = base64.b64decode(text.translate(_URL_SAFE) + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"not {KEY_BYTES} bytes")
    return key


def private_key(name: str) -> str:
    """An RSA private key in PEM, in which a literal `\\n` may stand for a newline; blank if it is not set."""
    value: str = env.str(name, default="").replace("\\n", "\n")
    if value and not is_private_key(value):
        raise ImproperlyConfigured(f"{name} must be the private_key of a service account's JSON file, in PEM.")
    return value


def is_private_key(pem: str) -> bool:
    """Whether this is an RSA private key that signs."""
    try:
        # Whoever asks has written or downloaded it; its primes are not tried at every start.
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey)


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
