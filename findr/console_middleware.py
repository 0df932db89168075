"""Django's middleware for the staff console alone: sessions, who is signed in, messages.

Under `/api` nobody is known by a cookie (contract 2.2), and each call would pay for looking.
"""

from typing import Any

from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from findr.refusals import is_of_the_wire


class _NotUnderTheWire(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> Any:
        """Passed on as it is, if it is of the wire."""
        return self.get_response(request) if is_of_the_wire(request.path) else super().__call__(request)


class SessionMiddleware(_NotUnderTheWire, sessions.SessionMiddleware):
    """Django's, of the console."""


class AuthenticationMiddleware(_NotUnderTheWire, auth.AuthenticationMiddleware):
    """Django's, of the console."""


class MessageMiddleware(_NotUnderTheWire, messages.MessageMiddleware):
    """Django's, of the console."""
