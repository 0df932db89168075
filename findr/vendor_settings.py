"""The vendors' part of the settings: who findr is there, where they are, and how long they may take."""

from django.core.exceptions import ImproperlyConfigured

from findr.environment import (
    DEBUG,
    TESTING,
    all_or_none,
    encryption_keys,
    env,
    private_key,
    push_address,
    rate,
    sandbox_base,
)

IN_DEVELOPMENT = DEBUG or TESTING

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_BASE = sandbox_base("STRIPE_BASE", allowed=IN_DEVELOPMENT)
if bool(STRIPE_SECRET_KEY) != bool(STRIPE_WEBHOOK_SECRET):
    raise ImproperlyConfigured("Set both STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or neither.")
# The sandbox that bin/serve starts: `manage.py move_clock` moves its clock too.
SANDBOX_URL = env.str("SANDBOX_URL", default="")

# Who looks into the practices' calendars (calendars/reading.py).
CALENDAR_READER = "calendars.services.looking.ConnectedCalendars"
# The adapters (calendars/vendors/base.py).
CALENDAR_VENDORS = {
    "google": "calendars.vendors.google.GoogleCalendars",
    "microsoft": "calendars.vendors.microsoft.MicrosoftCalendars",
}
# Google and Microsoft: all of a vendor's variables, or none, and then it is not configured (contract 22).
GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_REDIRECT_URI = all_or_none(
    "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_REDIRECT_URI"
)
MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, MICROSOFT_REDIRECT_URI = all_or_none(
    "MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET", "MICROSOFT_REDIRECT_URI"
)
MICROSOFT_TENANT_ID = env.str("MICROSOFT_TENANT_ID", default="common")
# Where the vendors are, if they are the sandbox's: /google and /microsoft of it.
GOOGLE_BASE = sandbox_base("GOOGLE_BASE", allowed=IN_DEVELOPMENT)
MICROSOFT_BASE = sandbox_base("MICROSOFT_BASE", allowed=IN_DEVELOPMENT)
# Encrypt the calendars' tokens: the first one seals, all of them open (calendars/encryption.py).
CALENDAR_TOKEN_KEYS = encryption_keys(
    "CALENDAR_TOKEN_KEYS", required=bool(GOOGLE_CLIENT_ID or MICROSOFT_CLIENT_ID), debug=IN_DEVELOPMENT
)

# Firebase: the service account that sends pushes; all three or none, and then no push is sent (contract 22).
FIREBASE_PROJECT_ID, FIREBASE_CLIENT_EMAIL, _ = all_or_none(
    "FIREBASE_PROJECT_ID", "FIREBASE_CLIENT_EMAIL", "FIREBASE_PRIVATE_KEY"
)
FIREBASE_PRIVATE_KEY = private_key("FIREBASE_PRIVATE_KEY")
FIREBASE_BASE = sandbox_base("FIREBASE_BASE", allowed=IN_DEVELOPMENT)

# What must be a secret outside DEBUG.
VENDOR_SECRETS = {
    "STRIPE_SECRET_KEY": STRIPE_SECRET_KEY,
    "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
    "GOOGLE_CLIENT_SECRET": GOOGLE_CLIENT_SECRET,
    "MICROSOFT_CLIENT_SECRET": MICROSOFT_CLIENT_SECRET,
    "FIREBASE_PRIVATE_KEY": FIREBASE_PRIVATE_KEY,
}

PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"

# Seconds. One inline call to a vendor, and one whole web request that makes such calls (contract 10.1).
MONEY_CALL_SECONDS = env.float("MONEY_CALL_SECONDS", default=8.0)
REQUEST_SECONDS = env.float("REQUEST_SECONDS", default=9.5)
JOB_CALL_SECONDS = env.float("JOB_CALL_SECONDS", default=20.0)
VENDOR_CALLS_AT_ONCE = env.int("VENDOR_CALLS_AT_ONCE", default=32)
# How long a request may queue for one of the places that wait for vendors, before it is turned away with a 503.
VENDOR_QUEUE_SECONDS = env.float("VENDOR_QUEUE_SECONDS", default=0.25)
CALENDAR_CALL_SECONDS = env.float("CALENDAR_CALL_SECONDS", default=2.0)
# Choosing calendars, exchanging a code, writing an event.
CALENDAR_WRITE_SECONDS = env.float("CALENDAR_WRITE_SECONDS", default=10.0)
# How long one process may own a connection's refresh, or an event's writing; and how a failed writing is spaced.
CALENDAR_LEASE_SECONDS = env.float("CALENDAR_LEASE_SECONDS", default=30.0)
CALENDAR_RETRY_SECONDS = env.float("CALENDAR_RETRY_SECONDS", default=5.0)
CALENDAR_RETRY_CAP_SECONDS = env.float("CALENDAR_RETRY_CAP_SECONDS", default=900.0)
# Where the vendors reach findr from outside, to push that a calendar has changed: https. Without it calendars are polled.
CALENDAR_PUSH_URL = push_address("CALENDAR_PUSH_URL", any_scheme=IN_DEVELOPMENT)
# How often each connected calendar is read for the mirror of busy times, and how long one reading of one calendar may take.
# What was read ten minutes ago does not count any more (contract 16.1).
CALENDAR_POLL_SECONDS = env.float("CALENDAR_POLL_SECONDS", default=300.0)
CALENDAR_READ_SECONDS = env.float("CALENDAR_READ_SECONDS", default=20.0)
# Of a connection: up to ten calendars, each perhaps asked twice.
CALENDAR_MIRROR_LEASE_SECONDS = 30.0 + 20 * CALENDAR_READ_SECONDS
# How often findr calls one account at most: so many calls in any so many seconds ("calls/seconds").
CALENDAR_RATE = rate("CALENDAR_RATE", default="600/60")
# One push to one device: the token it is sent with, if that is too old, and the message.
PUSH_CALL_SECONDS = env.float("PUSH_CALL_SECONDS", default=5.0)
