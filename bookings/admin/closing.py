"""What waits at a practice that staff suspend, or with a person whom they disable: it is shown, and cancelled if they say so."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from bookings.actors import Actor
from bookings.admin.actions.base import ActionForm, carry_out_all, seen_field
from bookings.admin.actions.cancel_and_refund import CANCEL
from bookings.admin.actions.pages import MOST, table_of
from bookings.models import Booking
from bookings.selectors import queues
from bookings.states import Role
from bookings.transitions import version_of
from findr.closing import PREFIX
from findr.console import Closing


class WaitingForm(ActionForm):
    """Whether what waits is cancelled, and why."""

    prefix = PREFIX

    cancel = forms.BooleanField(
        required=False,
        label="Cancel these requests",
        help_text="The money is released, and both sides are told. Otherwise they go on waiting.",
        widget=UnfoldBooleanWidget,
    )
    reason = forms.CharField(
        required=False,
        max_length=500,
        label="Reason",
        help_text="The patient and the practice can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )

    @property
    def shown(self) -> dict[str, str]:
        """Which bookings the page shows, and in which version."""
        return {_seen(booking): version_of(booking) for booking in self.bookings}

    def given_for(self, booking: Booking) -> dict[str, Any]:
        return {**self.cleaned_data, "seen": self.data.get(_seen(booking), "")}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("cancel") and not given.get("reason"):
            self.add_error("reason", "Say why they are cancelled.")
        return given


def _seen(booking: Booking) -> str:
    return f"{PREFIX}-{seen_field(booking)}"


def _waiting(found: QuerySet[Booking]) -> list[Booking]:
    return list(found.select_related("payment", "provider", "patient")[:MOST])


def _form(sent: Any, waiting: Sequence[Booking]) -> WaitingForm:
    return WaitingForm(sent, bookings=waiting)


def _end(request: HttpRequest, row: Any, form: Any) -> None:
    """Cancel what the page had shown, and say how many wait all the same."""
    if form.cleaned_data["cancel"] and request.user.has_perm(CANCEL.permission):
        shown = [booking for booking in form.bookings if _seen(booking) in form.data]
        for result in carry_out_all(CANCEL, shown, form, Actor(Role.STAFF, request.user.pk, "staff")):
            messages.add_message(request, result.level, result.text)
    if left := _WAITING_AT[row._meta.label_lower](row.pk).count():
        what = "1 request goes" if left == 1 else f"{left} requests go"
        messages.warning(request, f"{row}: {what} on waiting.")


_WAITING_AT = {"providers.provider": queues.cancellable_at, "accounts.user": queues.cancellable_of}


def _closing(model: str) -> Closing:
    found = _WAITING_AT[model]
    return Closing(
        model=model,
        waiting=lambda row: _waiting(found(row.pk)),
        form=_form,
        table=partial(table_of, CANCEL),
        end=_end,
    )


CLOSINGS = tuple(_closing(model) for model in _WAITING_AT)
