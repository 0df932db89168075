"""The staff console's side bar: the places by what staff do there, each for those who may go there."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string


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
                    "Findings in the books",
                    "account_balance",
                    _list("bookings_bookfinding"),
                    _may("bookings.view_bookfinding"),
                    badge=_number("bookings.view_bookfinding", "bookings.admin.findings.number_open", request),
                ),
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
    title: str,
    icon: str,
    link: str,
    permission: Callable[[HttpRequest], bool],
    active: bool | None = None,
    badge: int = 0,
) -> dict[str, Any]:
    """One link.

    Args:
        active: where the address alone does not tell whether one is there.
        badge: a number worth looking at; zero is not.
    """
    told: dict[str, Any] = {} if active is None else {"active": lambda request: active}
    if badge:
        told["badge"] = badge
    return {"title": title, "icon": icon, "link": link, "permission": permission, **told}


def _number(permission: str, name: str, request: HttpRequest) -> int:
    """What the function of this name tells, for those who may see the rows; named, as this module knows no app."""
    return int(import_string(name)()) if request.user.has_perm(permission) else 0


def _anybody(request: HttpRequest) -> bool:
    return True


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: bool(request.user.has_perm(permission))
