"""Giving a grant back to its vendor: best effort, once, and never one that another connection lives on."""

import logging

from calendars.models import CalendarConnection, Status, VendorName
from calendars.vendors import vendor_named
from calendars.vendors.base import CalendarError
from findr.vendors.budget import Budget

logger = logging.getLogger(__name__)

REVOKE_SECONDS = 5.0


def revoke_unless_shared(vendor: str, email: str, refresh_token: str, *, budget: Budget) -> None:
    """Revoke the grant of an account of which nothing is connected any more.

    Google revokes all that a person allowed findr, whatever connection it was allowed for: an account that is connected
    elsewhere as well, by the practice and a member of its team perhaps, keeps its grant.
    https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
    """
    living = CalendarConnection.objects.filter(vendor=vendor, account_email=email).exclude(status=Status.DISCONNECTED)
    if not refresh_token or living.exists():
        return
    try:
        vendor_named(vendor).revoke(refresh_token, seconds=budget.for_call(REVOKE_SECONDS))
    except CalendarError as error:
        logger.warning("A grant could not be revoked at %s: %s", VendorName(vendor).label, type(error).__name__)
