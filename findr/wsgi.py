"""The WSGI application: REST and the admin."""

import gc
import os
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from findr import concurrency, huge_pages
from findr.postgresql import pooling
from findr.refusals import is_of_the_wire

# Status, headers, and the whole body.
Answer = tuple[str, list[tuple[str, str]], bytes]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")

gc.disable()  # Until every app is loaded (findr/apps.py).
application = get_wsgi_application()
pooling.refuse_at_start()
import_module(settings.ROOT_URLCONF)  # With all that calls need; else the first one would load it.
if settings.WEB_HUGE_PAGES:
    huge_pages.advise()


def page(environ: dict[str, Any]) -> Answer:
    """What Django answers to a request (PEP 3333), its database connection given back."""
    if not is_of_the_wire(environ["PATH_INFO"]):
        return _page(environ)
    with concurrency.permit():
        return _page(environ)


def _page(environ: dict[str, Any]) -> Answer:
    began: list[Any] = []
    chunks: Iterable[bytes] = application(
        environ,
        lambda status, headers, exc_info=None: began.extend((status, headers)),  # type: ignore[arg-type]
    )
    try:
        content = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, headers = began
    return status, headers, content
