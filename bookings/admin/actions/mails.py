"""Correct and resend (lesson 67): a mail that did not arrive goes out once more, to the right address of whoever it is for."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget

from bookings.actors import Actor
from bookings.admin.actions.base import ActionForm, ActionResult, StaffAction, refused
from bookings.admin.formatting import plain
from bookings.mails.again import mails_of, reader_of, send_again, still_true
from bookings.mails.stories import account_of
from bookings.mails.truth import TRUE_IN
from bookings.models import Booking
from bookings.states import Role
from findr.accounts.services import EmailTaken, correct_email
from findr.email_fields import EmailFormField
from notifications.models import Delivery

_READERS = {Role.PATIENT: "the patient", Role.PROVIDER: "the practice's desk"}


class MailForm(ActionForm):
    """Whose mail it is, and the right address if theirs is wrong."""

    reader = forms.ChoiceField(label="Whose mail", widget=UnfoldAdminSelectWidget)
    address = EmailFormField(
        required=False,
        label="The right address",
        help_text="Only if theirs is wrong. Their account gets it: it is what they sign in with from then on.",
        widget=UnfoldAdminEmailInputWidget,
    )

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        booking = self.bookings[0]
        choices = [
            (role.value, f"{_READERS[role].capitalize()}, {account_of(booking, role).email}")
            for role in _readers(booking)
        ]
        cast("forms.ChoiceField", self.fields["reader"]).choices = choices


def _readers(booking: Booking) -> list[Role]:
    """Those to whom a mail still has something to say."""
    told = {reader_of(mail) for mail in still_true(booking, mails_of(booking))}
    return [role for role in _READERS if role in told]


def _fits(booking: Booking) -> bool:
    """By its state alone: a booking's page asks for no mails to draw a button. What there is to send, its own page says."""
    return booking.secured_at is not None and any(booking.state in states for states in TRUE_IN.values())


def _preview(booking: Booking) -> str:
    mails = mails_of(booking)
    if not still_true(booking, mails):
        return "Nothing can be done: no mail about it has anything to say any more."
    last = {reader_of(mail): mail for mail in reversed(mails)}
    told = [f"The last one to {_READERS[role]} {_outcome(last[role])}." for role in _READERS if role in last]
    return f"What stands now is mailed once more. {' '.join(told)}"


def _outcome(mail: Delivery) -> str:
    why = plain(mail.reason or mail.error)
    state = mail.get_state_display().lower()
    return f"({plain(mail.kind)}): {state}{f', {why}' if why else ''}"


def _send(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    role = Role(given["reader"])
    account, done = account_of(booking, role), "Mailed again."
    if given["address"] and given["address"] != account.email:
        try:
            correct_email(account.id, given["address"])
        except EmailTaken:
            return refused(booking, "This address belongs to another account.")
        LogEntry.objects.log_actions(
            cast("UUID", actor.user_id), [account], CHANGE, "Address corrected.", single_object=True
        )
        done = "Mailed again, to a corrected address."
    if not send_again(booking.id, role):
        return ActionResult(messages.WARNING, f"{booking}: no mail was sent: one is on its way already.")
    LogEntry.objects.log_actions(cast("UUID", actor.user_id), [booking], CHANGE, done, single_object=True)
    return ActionResult(messages.SUCCESS, f"{booking}: {_READERS[role]} is being mailed again.")


MAIL = StaffAction(
    "mail", "Mail again:", "Send it", MailForm, _preview, _send, _fits, permission="accounts.change_user", is_alone=True
)
