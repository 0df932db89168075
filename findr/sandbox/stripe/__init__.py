"""The used part of Stripe (https://docs.stripe.com/api), API version 2026-10-28.endive: stateful and strict."""

API_VERSION = "2026-10-28.endive"
