"""Every route under /api, and every page of the console, read from the URL table itself."""

import re

from django.urls import Resolver404, get_resolver, resolve
from django.urls.resolvers import URLPattern

VERBS = ("get", "post", "put", "patch", "delete")


def api_routes():
    """`GET /api/bookings/:booking_id` and its kind, for every endpoint that Django knows."""
    return {f"{verb.upper()} /{path}" for path, pattern in _walk(get_resolver()) for verb in _verbs(pattern.callback)}


def is_answered(method, path):
    """Whether a route answers this call; `path` with its ids."""
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return method.lower() in _verbs(view)


def handlers():
    """What answers each of them: the method of the view."""
    return {
        f"{verb.upper()} /{path}": getattr(
            pattern.callback.cls, getattr(pattern.callback, "actions", {}).get(verb, verb)
        )
        for path, pattern in _walk(get_resolver())
        for verb in _verbs(pattern.callback)
    }


def console_pages():
    """`/admin/bookings/booking/:object_id/change/` and its kind; what Django spells as an expression is no page."""
    return {f"/{path}" for path, _ in _walk(get_resolver(), under="admin/") if "(" not in path}


def _walk(resolver, prefix="", under="api/"):
    for pattern in resolver.url_patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r":\1", str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            if path.startswith(under):
                yield path, pattern
        else:
            yield from _walk(pattern, path, under)


def _verbs(view):
    """What a view answers to; a plain function could answer to anything, so it counts as all of them."""
    if actions := getattr(view, "actions", None):
        return [verb for verb in VERBS if verb in actions]
    kind = getattr(view, "cls", None)
    return [verb for verb in VERBS if kind is None or hasattr(kind, verb)]
