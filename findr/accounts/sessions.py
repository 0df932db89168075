"""The staff console's sessions end after a working day, and earlier when nobody is at work.

Browsers go by the machine's clock, and so do sessions: it is Django that is asked what is left of one.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from findr.refusals import is_of_the_wire

# Where a session keeps the end of its working day.
_DAY_ENDS = "day_ends"


def begin(request: HttpRequest, **signal: Any) -> None:
    """A sign-in begins a working day, in a browser that had begun one before too. What is over is deleted."""
    session = request.session
    session[_DAY_ENDS] = session.get_expiry_date(expiry=settings.SESSION_COOKIE_AGE).isoformat()
    _stay(session, min(settings.SESSION_COOKIE_AGE, settings.CONSOLE_IDLE_SECONDS))
    session.clear_expired()


class ConsoleSession:
    """Ends the session whose day is over; each page that is asked for puts off the end of one that idles."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A call without the cookie is left alone: an answer that looked at the session varies with it.
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES and not is_of_the_wire(request.path)
        if has_cookie and SESSION_KEY in request.session:
            _go_on(request.session)
        return self.get_response(request)


def _go_on(session: SessionBase) -> None:
    day = session.get_expiry_age(expiry=session[_DAY_ENDS]) if _DAY_ENDS in session else 0
    if day <= 0 or session.get_expiry_age() <= 0:
        session.flush()
        return
    left = min(day, settings.CONSOLE_IDLE_SECONDS)
    if session.get_expiry_age() < 0.9 * left:  # Not at each page: it is a row that is written.
        _stay(session, left)


def _stay(session: SessionBase, seconds: int) -> None:
    session.set_expiry(session.get_expiry_date(expiry=seconds))
