"""How staff sign in to the console: through the same service, and the same lock, as the API's staff sign-in."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from rest_framework.request import Request

from findr.accounts import services
from findr.accounts.models import Role, User
from findr.api.http import address_of
from findr.errors import InvalidCredentials

# What every staff member may do: see everything that the work needs, and answer bookings.
EVERY_STAFF_MEMBER = frozenset(
    {
        "bookings.view_booking",
        "bookings.change_booking",
        "bookings.view_paymentoperation",
        "bookings.view_stripeevent",
        "bookings.view_bookfinding",
        "providers.view_provider",
        "providers.view_service",
        "providers.view_teammember",
        "providers.view_openinghours",
        "providers.view_timeoff",
        "accounts.view_user",
        "procrastinate.view_procrastinatejob",
        "procrastinate.view_procrastinateevent",
    }
)


class StaffBackend(ModelBackend):
    """E-mail and password of a staff account; five failures lock it for 30 minutes (contract 2.8).

    Superusers may do everything. Every other staff member may see bookings, practices, people and jobs, and may
    decide about bookings (`bookings.change_booking`; nobody edits one). Whatever else they do (refund a visit that
    stays: `bookings.change_payment`; have the books checked at once: `bookings.change_bookfinding`; edit practices, add
    accounts, throw switches) takes Django permissions, given by a superuser, directly or by a group.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The staff member, or None.

        Raises:
            RateLimited: the account is locked; the sign-in form says so.
        """
        email = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if not email or password is None:
            return None
        address = address_of(Request(request)) if request else ""
        try:
            return services.sign_in(email=email, password=password, role=Role.STAFF, address=address)
        except InvalidCredentials:
            return None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Django's own, and what every staff member may."""
        granted = super().get_all_permissions(user_obj, obj)
        is_at_work = user_obj.is_active and not user_obj.is_anonymous and user_obj.is_staff
        return granted | EVERY_STAFF_MEMBER if is_at_work and obj is None else granted
