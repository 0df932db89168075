"""Webhooks out (https://docs.stripe.com/webhooks): signed, at least once, in any order, and spoilt on request."""
