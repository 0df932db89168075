"""The environment variables that the started processes get: KEY=VALUE files, secrets and defaults."""

import os
import secrets
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from findr.devstack.errors import CannotStart
from findr.devstack.moments import Start
from findr.devstack.state import ROOT, State

LOCAL_HOSTS = ("127.0.0.1", "localhost")


def private_key() -> str:
    """An RSA key for a service account, as Google's console hands it out: PEM in one line, `\\n` for a newline."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().replace("\n", "\\n")


# And how each is drawn.
SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": partial(secrets.token_urlsafe, 48),
    "JWT_SECRET": partial(secrets.token_urlsafe, 48),
    "CALENDAR_TOKEN_KEYS": partial(secrets.token_urlsafe, 32),
    "FIREBASE_PRIVATE_KEY": private_key,
}
SANDBOX_KEYS = {
    "STRIPE_SECRET_KEY": "sk_test_sandbox",
    "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
    "GOOGLE_CLIENT_ID": "findr-sandbox.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "google-sandbox-secret",
    "MICROSOFT_CLIENT_ID": "5f0c2a10-0000-4000-8000-00000000c1d0",
    "MICROSOFT_CLIENT_SECRET": "microsoft-sandbox-secret",
    "FIREBASE_PROJECT_ID": "findr-sandbox",
    "FIREBASE_CLIENT_EMAIL": "push@findr-sandbox.iam.gserviceaccount.com",
}
# Where the calendars' vendors send a browser back to, below findr's address.
CALLBACKS = {
    "GOOGLE_REDIRECT_URI": "/api/calendar/google/callback",
    "MICROSOFT_REDIRECT_URI": "/api/calendar/microsoft/callback",
}
TEST_VALUES = {
    "FINDR_ENV": "test",
    "DJANGO_SETTINGS_MODULE": "findr.settings",
    "SECRET_KEY": "test-secret-key-of-more-than-thirty-two-bytes",
    "JWT_SECRET": "test-jwt-secret-of-more-than-thirty-two-bytes",
    **SANDBOX_KEYS,
    **{name: f"http://127.0.0.1:3001{path}" for name, path in CALLBACKS.items()},
}


def parse(text: str) -> dict[str, str]:
    """Read KEY=VALUE lines: `#` comments, empty lines, `export ` and quotes as a shell reads them."""
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip().removeprefix("export ").lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        key, equals, value = stripped.partition("=")
        if not equals or not key.strip().isidentifier():
            raise ValueError(f"line {number} is not KEY=VALUE")
        values[key.strip()] = _unquote(value.strip())
    return values


def _unquote(value: str) -> str:
    if value[:1] in ("'", '"'):
        words = shlex.split(value, comments=True)
        return words[0] if words else ""
    return value.split(" #")[0].rstrip()


def read(path: Path) -> dict[str, str]:
    """The values of a KEY=VALUE file, none if it does not exist."""
    try:
        return parse(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise CannotStart(f"{path} cannot be read: {problem}.") from None


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write a KEY=VALUE file that only this user can read; a shell can source it too."""
    text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in sorted(values.items()))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def stored_secrets(path: Path) -> dict[str, str]:
    """The secrets of this machine, drawn on the first call and the same ever after."""
    values = read(path)
    missing = {name: draw() for name, draw in SECRETS.items() if name not in values}
    if missing:
        values |= missing
        write(path, values)
    return values


def for_serving(state: State) -> dict[str, str]:
    """What bin/serve hands to its processes, but for the servers' addresses: what is set already wins, then `.env`."""
    wanted = {**os.environ}
    for key, value in read(ROOT / ".env").items():
        wanted.setdefault(key, value)
    sandbox = f"http://127.0.0.1:{wanted.setdefault('SANDBOX_PORT', '4010')}"
    here = f"http://127.0.0.1:{wanted.setdefault('PORT', '3001')}"
    defaults = {
        "DEBUG": "1",
        "WEB_PROCESSES": "2",
        "DJANGO_SETTINGS_MODULE": "findr.settings",
        "SANDBOX_URL": sandbox,
        "STRIPE_BASE": f"{sandbox}/stripe",
        "EMAIL_FILE_PATH": str(state.folder / "mail"),
        "GOOGLE_BASE": f"{sandbox}/google",
        "MICROSOFT_BASE": f"{sandbox}/microsoft",
        "FIREBASE_BASE": f"{sandbox}/fcm",
        "CALENDAR_PUSH_URL": here,
        "FINDR_CLOCK_FILE": str(state.clock),
        **SANDBOX_KEYS,
        **{name: f"{here}{path}" for name, path in CALLBACKS.items()},
        **stored_secrets(state.secrets),
    }
    for key, value in defaults.items():
        wanted.setdefault(key, value)
    return in_venv(wanted, state)


def for_testing(state: State) -> dict[str, str]:
    """What bin/test hands to pytest: fixed values, so that no developer's own setting changes a result."""
    caches = state.caches
    return in_venv(
        {
            **os.environ,
            **TEST_VALUES,
            # Drawn anew: what is in the repository is nobody's key.
            "FIREBASE_PRIVATE_KEY": private_key(),
            # The checkout may belong to another user.
            "HYPOTHESIS_STORAGE_DIRECTORY": str(caches / "hypothesis"),
            "MYPY_CACHE_DIR": str(caches / "mypy"),
            "RUFF_CACHE_DIR": str(caches / "ruff"),
        },
        state,
    )


def of_clock(start: Start, *, is_moved: bool) -> dict[str, str]:
    """What tells every process of a run when it is, and each test at which moment it begins."""
    ahead = f"{start.ahead:.3f}" if is_moved else "0"
    return {"FINDR_CLOCK_AHEAD": ahead, "FINDR_TEST_START": start.moment.isoformat()}


def in_venv(values: Mapping[str, str], state: State) -> dict[str, str]:
    """The same environment with the virtual environment's programs first and no proxy between local processes."""
    no_proxy = [host for host in values.get("NO_PROXY", values.get("no_proxy", "")).split(",") if host]
    direct = ",".join(dict.fromkeys([*no_proxy, *LOCAL_HOSTS]))
    path = f"{state.venv / 'bin'}{os.pathsep}{values.get('PATH', os.defpath)}"
    return {
        **values,
        "PATH": path,
        "VIRTUAL_ENV": str(state.venv),
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PYTHONUNBUFFERED": "1",
    }
