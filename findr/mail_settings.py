"""The mails' part of the settings: who sends them, how they leave, and where their links lead."""

import os
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from findr.environment import DEBUG, TESTING, env, number_of

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND", default=f"django.core.mail.backends.{'filebased' if DEBUG else 'smtp'}.EmailBackend"
)
# Where mails go in development, to be looked at.
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=str(Path(gettempdir()) / "findr-mail"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="findr <no-reply@findr.example>")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10

# A mail service (https://anymail.dev): each of its settings is a variable of the name that Anymail's pages give it.
_PREFIX = "ANYMAIL_"
ANYMAIL: dict[str, Any] = {
    name.removeprefix(_PREFIX): value for name, value in os.environ.items() if name.startswith(_PREFIX)
}
# What the service signs in with when it reports a bounce: "name:password".
ANYMAIL["WEBHOOK_SECRET"] = env.str("ANYMAIL_WEBHOOK_SECRET", default="")
_name, _, _password = ANYMAIL["WEBHOOK_SECRET"].partition(":")
if ANYMAIL["WEBHOOK_SECRET"] and not (_name and len(_password) >= (1 if DEBUG or TESTING else 20)):
    raise ImproperlyConfigured(
        "ANYMAIL_WEBHOOK_SECRET must be name:password, the password random and of 20 characters."
    )
if EMAIL_BACKEND.startswith("anymail.") and not ANYMAIL["WEBHOOK_SECRET"]:
    raise ImproperlyConfigured("ANYMAIL_WEBHOOK_SECRET must be set: without it anybody could report a bounce.")

# Seconds: how long the mail service may take to accept one mail; less than DELIVERY_LEASE_SECONDS.
MAIL_CALL_SECONDS = number_of("MAIL_CALL_SECONDS", default=20.0, above=0)
ANYMAIL.setdefault("REQUESTS_TIMEOUT", MAIL_CALL_SECONDS)
# How long a mail that nobody takes is tried for.
MAIL_GIVE_UP_HOURS = number_of("MAIL_GIVE_UP_HOURS", default=48.0, above=0)

# The provider portal: where a browser goes back to after a consent, and what mails to practices link to.
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:3000").rstrip("/")
# The patients' app as a web address (a universal link opens the app): what mails to patients link to.
APP_URL = env.str("APP_URL", default=PORTAL_URL).rstrip("/")
