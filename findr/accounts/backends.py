"""How staff sign in to the console: through the same service, and the same lock, as the API's staff sign-in."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from rest_framework.request import Request

from findr import console
from findr.accounts import services
from findr.accounts.models import AccountRole, User
from findr.api.http import address_of
from findr.errors import InvalidCredentials


class StaffBackend(ModelBackend):
    """E-mail and password of a staff account; too many failures lock it (contract 2.8).

    Superusers may do everything. Every other staff member may do what the apps declare for all staff: see what the work
    needs, and answer requests. Whatever else they do (give money back, edit practices, add accounts, throw switches)
    takes Django permissions, given by a superuser, directly or by a group.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The staff member, or None.

        Raises:
            RateLimited: too many failures; the sign-in form says so.
        """
        email = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if not email or password is None:
            return None
        address = address_of(Request(request)) if request else ""
        try:
            return services.sign_in(email=email, password=password, role=AccountRole.STAFF, address=address)
        except InvalidCredentials:
            return None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Django's own, and what every staff member may."""
        granted = super().get_all_permissions(user_obj, obj)
        is_at_work = user_obj.is_active and not user_obj.is_anonymous and user_obj.is_staff
        return granted | console.every_staff_member() if is_at_work and obj is None else granted
