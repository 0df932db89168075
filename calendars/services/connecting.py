"""Connecting an account: what a browser brings back from the vendor becomes a connection (contract 17).

The vendor is asked outside of any transaction; then everything is written in one.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum

from django.conf import settings
from django.core.exceptions import ValidationError

from calendars.encryption import Unreadable
from calendars.models import Authorization, CalendarConnection, Status, VendorName
from calendars.services import consents
from calendars.services.events import resume_events
from calendars.services.lanes import Lane
from calendars.services.revoking import revoke_unless_shared
from calendars.vendors import vendor_named
from calendars.vendors.base import (
    Access,
    CalendarError,
    ConsentNarrowed,
    ExchangeFailed,
    Grant,
    VendorCalendar,
)
from findr import clock, emails
from findr.outbox.jobs import promise
from findr.outbox.leases import handed_back
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot
from providers.models import Provider

logger = logging.getLogger(__name__)

# What a vendor calls a person's, or their administrator's, no (RFC 6749 section 4.1.2.1; Microsoft's own words).
_NO = {"access_denied", "consent_required", "interaction_required", "login_required"}


class Reason(StrEnum):
    """Why nothing was connected: the portal's words (contract 17)."""

    MISSING_PARAMS = "missing_params"
    INVALID_STATE = "invalid_state"
    ACCESS_DENIED = "access_denied"
    EXCHANGE_FAILED = "exchange_failed"


class NotConnected(Exception):
    """Nothing was connected, and nothing was stored."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def finish_consent(*, vendor: VendorName, answer: Mapping[str, str], budget: Budget) -> CalendarConnection:
    """Connect the account that somebody comes back with.

    Args:
        answer: the parameters with which the vendor sent the browser back.

    Raises:
        NotConnected
        TemporarilyUnavailable: too many requests wait for vendors; the state is still good.
    """
    state = answer.get("state", "")
    if refusal := answer.get("error", ""):
        consents.use_state(state, vendor)
        raise NotConnected(Reason.ACCESS_DENIED if refusal in _NO else Reason.EXCHANGE_FAILED)
    if not state or not answer.get("code"):
        raise NotConnected(Reason.MISSING_PARAMS)
    with vendor_slot():
        consent = consents.use_state(state, vendor)
        if consent is None:
            raise NotConnected(Reason.INVALID_STATE)
        try:
            grant = _exchange(consent, answer, budget)
            calendars = _calendars_of(grant, vendor, budget)
        except ConsentNarrowed as narrowed:
            logger.warning("%s was not connected to %s: %s", vendor.label, consent.provider_id, narrowed)
            raise NotConnected(Reason.ACCESS_DENIED) from narrowed
        except (CalendarError, Unreadable) as error:
            logger.warning("%s was not connected to %s: %s", vendor.label, consent.provider_id, type(error).__name__)
            raise NotConnected(Reason.EXCHANGE_FAILED) from error
    return _store(Lane(consent.provider_id, consent.member_id), vendor, grant, calendars)


def _exchange(consent: Authorization, answer: Mapping[str, str], budget: Budget) -> Grant:
    """Tokens for the code, and the address of the account in the form in which it is stored."""
    kept = json.loads(consent.reveal())
    seconds = budget.for_call(settings.CALENDAR_WRITE_SECONDS)
    grant = vendor_named(consent.vendor).exchange_code(kept, answer, seconds=seconds)
    if not grant.tokens.refresh_token:
        raise ExchangeFailed("The grant would end with its first token.")
    try:
        return Grant(grant.tokens, emails.normal_form(grant.email), grant.is_personal)
    except ValidationError:
        raise ExchangeFailed("The account has no e-mail address.") from None


def _calendars_of(grant: Grant, vendor: VendorName, budget: Budget) -> Sequence[VendorCalendar]:
    """The account's calendars, one of them the primary one. A grant that is good for nothing is given back."""
    access = Access(grant.tokens.access_token, grant.email, grant.is_personal)
    try:
        seconds = budget.for_call(settings.CALENDAR_WRITE_SECONDS)
        calendars = vendor_named(vendor).list_calendars(access, seconds=seconds)
        if not any(one.is_primary for one in calendars):
            raise ExchangeFailed("The account has no calendar.")
    except CalendarError:
        revoke_unless_shared(vendor, grant.email, grant.tokens.refresh_token, budget=budget)
        raise
    return calendars


@durable("a calendar is connected")
def _store(lane: Lane, vendor: VendorName, grant: Grant, calendars: Sequence[VendorCalendar]) -> CalendarConnection:
    """Write the connection: the account's own row, if it was connected here before, so that its events stay its own."""
    # One at a time for each practice: of two consents the later one stays.
    Provider.objects.select_for_update(of=("self",), no_key=True).get(id=lane.provider_id)
    known = lane.connections().filter(vendor=vendor, account_email=grant.email)
    row = known.select_for_update(of=("self",), no_key=True).order_by("-connected_at").first()
    for other in lane.connections().filter(status__in=(Status.ACTIVE, Status.NEEDS_REAUTH)):
        if row is None or other.pk != row.pk:
            save(other, status=Status.REPLACED)
    connection = _reconnected(row, grant, calendars) if row else _new(lane, vendor, grant, calendars)
    promise("calendars.mail_connected_to_practice", connection_id=str(connection.id))
    promise("calendars.mail_connected_to_account", connection_id=str(connection.id))
    return connection


def _new(lane: Lane, vendor: VendorName, grant: Grant, calendars: Sequence[VendorCalendar]) -> CalendarConnection:
    connection = CalendarConnection(
        provider_id=lane.provider_id, member_id=lane.member_id, vendor=vendor, account_email=grant.email
    )
    for name, value in _granted(connection, grant, calendars).items():
        setattr(connection, name, value)
    connection.save(force_insert=True)
    return connection


def _reconnected(row: CalendarConnection, grant: Grant, calendars: Sequence[VendorCalendar]) -> CalendarConnection:
    save(row, **_granted(row, grant, calendars))
    resume_events(row)
    return row


def _granted(row: CalendarConnection, grant: Grant, calendars: Sequence[VendorCalendar]) -> dict[str, object]:
    """The columns of a connection that begins, or begins anew; calendars that were chosen before stay chosen."""
    tokens, now = grant.tokens, clock.now()
    primary = next(one.id for one in calendars if one.is_primary)
    readable, writable = {one.id for one in calendars}, {one.id for one in calendars if one.can_write}
    return {
        "status": Status.ACTIVE,
        "is_personal": grant.is_personal,
        "scopes": list(tokens.scopes),
        **row.sealed(access_token=tokens.access_token, refresh_token=tokens.refresh_token),
        # A refresh that is under way with the old tokens writes nothing any more.
        "token_version": row.token_version + 1,
        "token_expires_at": tokens.expires_at,
        **handed_back(now),
        "connected_at": now,
        "failures": 0,
        "told_at": None,
        "target_calendar": row.target_calendar if row.target_calendar in writable else primary,
        "conflict_calendars": [one for one in row.conflict_calendars or [] if one in readable] or [primary],
    }
