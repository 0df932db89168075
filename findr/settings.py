"""Every setting, read from the environment. `.env.example` names each variable with its meaning.

Nothing exists only in production. A wrong or half-filled section stops the boot with one line that names the variable.
"""

import os
from pathlib import Path

import django_stubs_ext
from corsheaders.defaults import default_headers as cors_default_headers
from django.core.exceptions import ImproperlyConfigured

from findr import logs
from findr.environment import (
    DEBUG,
    TESTING,
    env,
    number_of,
    rate,
    refuse_weak_setup,
    secret,
)
from findr.mail_settings import *  # noqa: F403
from findr.notification_settings import *  # noqa: F403
from findr.realtime_settings import *  # noqa: F403
from findr.serving_settings import *  # noqa: F403
from findr.switch_settings import *  # noqa: F403
from findr.switch_settings import SWITCH_CACHE
from findr.theme import theme
from findr.vendor_settings import *  # noqa: F403
from findr.vendor_settings import VENDOR_SECRETS

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What this process is -------------------------------------------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY", debug=DEBUG or TESTING)
JWT_SECRET = secret("JWT_SECRET", debug=DEBUG or TESTING)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG or TESTING else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Apps -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "pgtrigger",
    "procrastinate.contrib.django",
    "anymail",
    "findr.accounts",
    "providers",
    "notifications",
    "calendars",
    "bookings",
    "findr",
    "findr.apps.SwitchesConfig",
]
MIDDLEWARE = [
    "findr.api.middleware.RequestId",
    "findr.api.middleware.Wire",
    "findr.api.middleware.Console",
    "findr.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "findr.api.middleware.Cors",
    "findr.console_middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "findr.accounts.sessions.ConsoleSession",
    "findr.console_middleware.AuthenticationMiddleware",
    "findr.console_middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "findr.urls"
# Whoever opens the console's sign-in page itself comes to its first page.
LOGIN_REDIRECT_URL = "admin:index"
# The wire has no trailing slashes and no redirects (contract 2.1).
APPEND_SLASH = False
WSGI_APPLICATION = "findr.wsgi.application"
ASGI_APPLICATION = "findr.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Serving --------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Served from where the packages keep them: nothing to collect, nothing to forget at a release.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MAX_BODY_BYTES = 64 * 1024
# A form of the staff console.
MAX_FORM_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_FORM_BYTES", default=2 * 1024 * 1024)
# How long one request may take to arrive, its headers and its body.
RECEIVE_SECONDS = env.float("RECEIVE_SECONDS", default=30.0)

# --- Data; PostgreSQL and how a process uses it: findr/serving_settings.py ---------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
if not REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL must name a Redis server (bin/serve and bin/test bring their own).")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # Limits are a courtesy: a Redis that hangs costs each call this much, not its whole time (contract 21).
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    },
    "switches": SWITCH_CACHE,
}

# --- People ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["findr.accounts.backends.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    *(["django.contrib.auth.hashers.MD5PasswordHasher"] if TESTING else []),
]
if TESTING:
    PASSWORD_HASHERS.reverse()  # Test accounts by the hundred; the real hasher has its own test.
TOKEN_DAYS = {"patient": 30, "provider": 7, "staff": 1}
# The staff console's sessions: a working day at most, and less when nobody is at work (findr/accounts/sessions.py).
SESSION_COOKIE_AGE = int(number_of("CONSOLE_SESSION_HOURS", default=10.0, above=0) * 3600)
CONSOLE_IDLE_SECONDS = int(number_of("CONSOLE_IDLE_MINUTES", default=60.0, above=0) * 60)

# --- The API --------------------------------------------------------------------------------------------------------
# How many proxies of ours stand in front. Without one, no header says where a call came from, nor how.
NUM_PROXIES = env.int("NUM_PROXIES", default=0)
if NUM_PROXIES < 0:
    raise ImproperlyConfigured("NUM_PROXIES must be the number of proxies in front: 0 or more.")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["findr.accounts.authentication.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["findr.accounts.permissions.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["findr.api.rendering.WireRenderer"],
    "DEFAULT_PARSER_CLASSES": ["findr.api.parsers.JSONObjectParser"],
    "EXCEPTION_HANDLER": "findr.api.errors.answer_error",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": NUM_PROXIES,
}
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    *(header for header in cors_default_headers if header in {"authorization", "content-type"}),
    *("idempotency-key", "x-idempotency-key", "x-provider-id", "x-user-id", "x-patient-id", "x-timezone"),
    *("x-session-id", "x-source", "x-app-version", "x-client-version", "x-request-id"),
]
CORS_EXPOSE_HEADERS = ["Retry-After", "Idempotency-Replayed", "X-Request-ID"]

# Contract 2.8. "calls/seconds".
RATE_LIMITS = {
    "sign_in_failures": rate("RATE_SIGN_IN_FAILURES", default="10/900"),
    "sign_in_failures_by_address": rate("RATE_SIGN_IN_FAILURES_BY_ADDRESS", default="60/900"),
    "staff_sign_in_failures": rate("RATE_STAFF_SIGN_IN_FAILURES", default="5/1800"),
    # From all addresses together that the account's owner has not signed in from; and what is let through after that.
    "staff_sign_in_failures_elsewhere": rate("RATE_STAFF_SIGN_IN_FAILURES_ELSEWHERE", default="30/3600"),
    "staff_sign_in_trickle": rate("RATE_STAFF_SIGN_IN_TRICKLE", default="1/60"),
    "register": rate("RATE_REGISTER", default="20/3600"),
    "create_booking": rate("RATE_CREATE_BOOKING", default="20/60"),
    "write": rate("RATE_WRITE", default="120/60"),
    "read": rate("RATE_READ", default="600/60"),
    # WebSockets let in.
    "connect": rate("RATE_CONNECT", default="60/60"),
    "bad_signatures": rate("RATE_BAD_SIGNATURES", default="60/60"),
}

# --- Booking rules that are the same for every provider (contract 6) ------------------------------------------------
CHECKOUT_MINUTES = env.int("CHECKOUT_MINUTES", default=15)
# How long a time is kept for whoever types their card number (contract 16.3).
RESERVATION_SECONDS = env.int("RESERVATION_SECONDS", default=300)
CAPTURE_MARGIN_MINUTES = env.int("CAPTURE_MARGIN_MINUTES", default=120)
MAX_OPEN_REQUESTS = env.int("MAX_OPEN_REQUESTS", default=10)

# How long one answer may take before its idempotency key counts as left behind.
IDEMPOTENCY_LEASE_SECONDS = env.float("IDEMPOTENCY_LEASE_SECONDS", default=30.0)
# How long the events of the feed are kept (contract 15.3: at least seven days).
FEED_DAYS = env.int("FEED_DAYS", default=30)
if FEED_DAYS < 7:
    raise ImproperlyConfigured("FEED_DAYS must be at least 7: clients rely on the events of the last seven days.")

# --- Vendors: findr/vendor_settings.py ---------------------------------------------------------------------------------
if not DEBUG:
    refuse_weak_setup({"SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET, **VENDOR_SECRETS}, is_test=TESTING)

# --- Jobs -----------------------------------------------------------------------------------------------------------
PROCRASTINATE_WORKER_DEFAULTS = {
    "fetch_job_polling_interval": env.float("JOB_POLL_SECONDS", default=0.5),
    # What is done is done; failed jobs stay, for staff to see.
    "delete_jobs": "successful",
}
# A job that has been at work for longer is taken for lost, and run again: longer than any job takes.
JOB_LOST_SECONDS = env.float("JOB_LOST_SECONDS", default=1800.0)
# How long after its moment a periodic job must have ended, a tenth of its interval at least: else it is late.
PERIODIC_GRACE_SECONDS = env.float("PERIODIC_GRACE_SECONDS", default=120.0)
JOB_BACKLOG_ALARM = env.int("JOB_BACKLOG_ALARM", default=1000)
# Seconds: how long one run may own a payment operation, and how the next one is spaced after an unclear end.
OPERATION_LEASE_SECONDS = env.float("OPERATION_LEASE_SECONDS", default=30.0)
OPERATION_RETRY_SECONDS = env.float("OPERATION_RETRY_SECONDS", default=5.0)
OPERATION_RETRY_CAP_SECONDS = env.float("OPERATION_RETRY_CAP_SECONDS", default=600.0)
# How often a checkout that waits for the card holder is looked at, and how many operations one sweep takes on.
CHECKOUT_POLL_SECONDS = env.float("CHECKOUT_POLL_SECONDS", default=15.0)
FOLLOW_UP_SECONDS = env.float("FOLLOW_UP_SECONDS", default=30.0)
SWEEP_BATCH = env.int("SWEEP_BATCH", default=200)
# Seconds after which a sweep of operations or events begins no further one: the next looks again at what is most urgent.
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=10.0)
# How many overdue requests end in one transaction.
EXPIRY_BATCH = env.int("EXPIRY_BATCH", default=200)
# A create whose intent id never came back may still be running at Stripe; only after this is "not listed" an answer.
LOST_INTENT_SECONDS = env.float("LOST_INTENT_SECONDS", default=120.0)
# How far back the events are looked for that Stripe could not deliver. It tries for three days, and keeps them for thirty.
EVENT_LOOKBACK_HOURS = env.int("EVENT_LOOKBACK_HOURS", default=24 * 7)
# How old an unfinished operation may be before the books call it a finding.
BOOKS_GRACE_SECONDS = env.float("BOOKS_GRACE_SECONDS", default=120.0)
# How long after its deadline an open request must have been ended; the job that ends them comes by every minute.
BOOKS_OVERDUE_SECONDS = env.float("BOOKS_OVERDUE_SECONDS", default=600.0)
# How far back the books are checked every night (bookings/reconciliation/reach.py): as long as frames are kept at least.
BOOKS_DAYS = max(FEED_DAYS, env.int("BOOKS_DAYS", default=60))
# How many rows are held against each other at once, and how long Stripe may take to list a hundred intents, or a calendar
# its events of ours.
BOOKS_PAGE_SIZE = env.int("BOOKS_PAGE_SIZE", default=500)
BOOKS_CALL_SECONDS = env.float("BOOKS_CALL_SECONDS", default=30.0)
JOB_RETRY_CAP_SECONDS = env.float("JOB_RETRY_CAP_SECONDS", default=600.0)

# --- Demonstrations and tests: a clock that can be moved ------------------------------------------------------------
CLOCK_FILE = env.str("FINDR_CLOCK_FILE", default="") if DEBUG or TESTING else ""
CLOCK_AHEAD = env.float("FINDR_CLOCK_AHEAD", default=0.0) if DEBUG or TESTING else 0.0

# --- Tests only: where a process dies (findr/faults.py) ---------------------------------------------------------------
FAULT_TRACE, FAULT_AT = "", 0

# --- Security -------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if not (DEBUG or TESTING):
    # Without a proxy in front the header is anybody's word.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if NUM_PROXIES else None
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Logs -----------------------------------------------------------------------------------------------------------
LOGGING = logs.config(level=os.environ.get("LOG_LEVEL", "INFO"))

# --- The admin ------------------------------------------------------------------------------------------------------
UNFOLD = theme()
