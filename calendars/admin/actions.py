"""What staff do to a connection because its owner asks: GET tells what will happen, only POST does it, with a reason.

Not Django admin's change view: that runs in a transaction, and the services are transactions of their own.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from calendars.models import CalendarConnection
from calendars.services.disconnecting import disconnect
from calendars.services.events import out_of_reach
from calendars.services.lanes import Lane
from calendars.services.titles import name_services
from findr.errors import FindrError
from findr.vendors.budget import Budget

logger = logging.getLogger(__name__)

RIGHT = "calendars.change_calendarconnection"


class ReasonForm(forms.Form):
    """Why staff do it."""

    reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="For the history of this connection. Only staff can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )


def _version_of(connection: CalendarConnection) -> str:
    """What the page of an action had shown. The same account connected again is the same row."""
    return f"{connection.connected_at.isoformat()} {connection.status} {connection.names_service}"


@dataclass(frozen=True)
class ConnectionAction:
    """One thing that staff may do to a connection.

    Attributes:
        title: of its page; the account follows.
        foretold: what will happen.
        carry_out: does it; False if there was nothing to do.
        done: what then stands in the history and is told.
        fits: whether there is anything to do.
    """

    name: str
    title: str
    button: str
    foretold: Callable[[CalendarConnection], str]
    carry_out: Callable[[CalendarConnection], bool]
    done: str
    fits: Callable[[CalendarConnection], bool]
    variant: str = "primary"


def _foretell_end(connection: CalendarConnection) -> str:
    left = len(out_of_reach(connection))
    events = "The event of 1 visit to come stays" if left == 1 else f"The events of {left} visits to come stay"
    stays = f" {events} as findr last wrote them: nobody changes or deletes them any more." if left else ""
    return (
        "findr's tokens are deleted, and the consent is given back to the vendor. Bookings here become requests."
        f"{stays} Only the owner can connect the account again."
    )


def _end(connection: CalendarConnection) -> bool:
    disconnect(lane=Lane(connection.provider_id, connection.member_id), budget=Budget())
    return True


SHOW = ConnectionAction(
    name="show-service",
    title="Show the service's name",
    button="Show it",
    foretold=lambda _: "Events that are written from now on show the service's name to whoever sees the calendar.",
    carry_out=lambda connection: name_services(connection.pk, wanted=True),
    done="The service's name is shown.",
    fits=lambda connection: connection.is_connected and not connection.names_service,
)
HIDE = ConnectionAction(
    name="hide-service",
    title="Hide the service's name",
    button="Hide it",
    foretold=lambda _: "Events show no service's name any more; those of visits to come are written anew without it.",
    carry_out=lambda connection: name_services(connection.pk, wanted=False),
    done="The service's name is hidden.",
    fits=lambda connection: connection.is_connected and connection.names_service,
)
DISCONNECT = ConnectionAction(
    name="disconnect",
    title="Disconnect",
    button="Yes, disconnect",
    foretold=_foretell_end,
    carry_out=_end,
    done="Disconnected.",
    fits=lambda connection: connection.is_connected,
    variant="danger",
)
_ACTIONS = {"show_service_one": SHOW, "hide_service_one": HIDE, "disconnect_one": DISCONNECT}


class ConnectionActions:
    """Gives the connections' admin its actions, each on a page of its own."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Any]
    log_change: Callable[..., Any]
    actions_detail = tuple(_ACTIONS)

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this staff member may do what the owner of a calendar asks for."""
        return bool(request.user.has_perm(RIGHT))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the actions that this connection allows right now."""
        connection = self.get_object(request, object_id)
        allowed: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        fitting = {name for name, one in _ACTIONS.items() if connection is not None and one.fits(connection)}
        return [one for one in allowed if one.method.original_function_name in fitting]

    @action(  # type: ignore[untyped-decorator]
        description="Show the service's name",
        url_path=SHOW.name,
        permissions=["operate"],
        variant=ActionVariant.DEFAULT,
    )
    def show_service_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which events begin to name the service."""
        return self._ask(request, object_id, SHOW)

    @action(  # type: ignore[untyped-decorator]
        description="Hide the service's name",
        url_path=HIDE.name,
        permissions=["operate"],
        variant=ActionVariant.DEFAULT,
    )
    def hide_service_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which events cease to name the service."""
        return self._ask(request, object_id, HIDE)

    @action(  # type: ignore[untyped-decorator]
        description="Disconnect", url_path=DISCONNECT.name, permissions=["operate"], variant=ActionVariant.DANGER
    )
    def disconnect_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which a calendar is disconnected."""
        return self._ask(request, object_id, DISCONNECT)

    def _ask(self, request: HttpRequest, object_id: str, asked: ConnectionAction) -> HttpResponse:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        connection = self.get_object(request, object_id)
        if connection is None:
            raise Http404
        back = reverse("admin:calendars_calendarconnection_change", args=[connection.pk])
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            refusal = self._carry_out(request, connection, asked, form.cleaned_data["reason"])
            if not refusal:
                return HttpResponseRedirect(back)
            form.add_error(None, refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": connection,
            "title": f"{asked.title}: {connection.account_email}",
            "asked": asked,
            "seen": _version_of(connection),
            "is_possible": asked.fits(connection),
            "foretold": asked.foretold(connection),
            "form": form,
            "back": back,
        }
        return TemplateResponse(request, "admin/calendars/connection_action.html", context)

    def _carry_out(
        self, request: HttpRequest, connection: CalendarConnection, asked: ConnectionAction, reason: str
    ) -> str:
        """Do it, write down who wanted it and why, and leave a message; the refusal, if it can be tried again."""
        try:
            is_as_shown = request.POST.get("seen") == _version_of(connection)
            is_done = is_as_shown and asked.fits(connection) and asked.carry_out(connection)
        except FindrError as refusal:
            return f"{refusal.message}. Nothing was changed; please try again."
        if is_done:
            self.log_change(request, connection, f"{asked.done} Reason: {reason}")
            logger.info("Staff member %s: %s on connection %s.", request.user.pk, asked.name, connection.pk)
            messages.success(request, f"{connection}: {asked.done}")
        else:
            messages.warning(request, f"{connection}: it has changed since the page was opened, so nothing was done.")
        return ""
