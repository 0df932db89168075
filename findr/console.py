"""The staff console's side bar: the places by what staff do there, each for those who may go there."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and their links, as Unfold wants them."""
    bookings = reverse("admin:bookings_booking_changelist")
    everything = request.path == bookings and request.GET.get("show") == "all"
    in_bookings = request.path.startswith(bookings) and not everything
    return [
        {
            "title": "Bookings",
            "items": [
                _place("Overview", "dashboard", reverse("admin:index"), _anybody),
                _place("Requests to answer", "pending_actions", bookings, _may("bookings.view_booking"), in_bookings),
                _place("All bookings", "event_note", f"{bookings}?show=all", _may("bookings.view_booking"), everything),
            ],
        },
        {
            "title": "Practices and people",
            "items": [
                _place("Practices", "home_health", _list("providers_provider"), _may("providers.view_provider")),
                _place("Accounts", "group", _list("accounts_user"), _may("accounts.view_user")),
                _place("Staff groups", "admin_panel_settings", _list("auth_group"), _is_superuser),
            ],
        },
        {
            "title": "Operations",
            "items": [
                _place(
                    "Payment operations",
                    "payments",
                    _list("bookings_paymentoperation"),
                    _may("bookings.view_paymentoperation"),
                ),
                _place("Webhook events", "webhook", _list("bookings_stripeevent"), _may("bookings.view_stripeevent")),
                _place(
                    "Background jobs",
                    "manufacturing",
                    _list("procrastinate_procrastinatejob"),
                    _may("procrastinate.view_procrastinatejob"),
                ),
            ],
        },
    ]


def _list(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def _place(
    title: str, icon: str, link: str, permission: Callable[[HttpRequest], bool], active: bool | None = None
) -> dict[str, Any]:
    """One link; `active` where the address alone does not tell whether one is there."""
    told = {} if active is None else {"active": lambda request: active}
    return {"title": title, "icon": icon, "link": link, "permission": permission, **told}


def _anybody(request: HttpRequest) -> bool:
    return True


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: bool(request.user.has_perm(permission))
