"""Every route under /api, read from the URL table itself."""

import re

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

VERBS = ("get", "post", "put", "patch", "delete")


def api_routes():
    """`GET /api/bookings/:booking_id` and its kind, for every endpoint that Django knows."""
    return {f"{verb.upper()} /{path}" for path, pattern in _walk(get_resolver()) for verb in _verbs(pattern.callback)}


def _walk(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r":\1", str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            if path.startswith("api/"):
                yield path, pattern
        else:
            yield from _walk(pattern, path)


def _verbs(view):
    """What a view answers to; a plain function could answer to anything, so it counts as all of them."""
    if actions := getattr(view, "actions", None):
        return [verb for verb in VERBS if verb in actions]
    kind = getattr(view, "cls", None)
    return [verb for verb in VERBS if kind is None or hasattr(kind, verb)]
