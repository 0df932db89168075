"""Sending somebody to a vendor for their consent, and knowing it again when a browser comes back with it.

The `state` is random, good once and for ten minutes, and bound to the practice, the member, the person and the vendor
(RFC 6749 section 10.12). It is stored as its hash only.
"""

import json
import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from calendars.errors import CalendarNotConfigured, CalendarUnavailable
from calendars.models import Authorization, VendorName
from calendars.services.lanes import Lane
from calendars.vendors import vendor_named
from calendars.vendors.base import CalendarError, NotConfigured
from findr import clock

STATE_BYTES = 32
LIFE = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)


def begin_consent(*, lane: Lane, user_id: UUID, vendor: VendorName) -> str:
    """The address of the vendor's consent page for this person.

    Raises:
        CalendarNotConfigured, CalendarUnavailable
    """
    state = secrets.token_urlsafe(STATE_BYTES)
    try:
        consent = vendor_named(vendor).consent(state)
    except NotConfigured:
        raise CalendarNotConfigured(vendor.label) from None
    except CalendarError as error:
        raise CalendarUnavailable from error
    begun = Authorization(
        state=_hashed(state),
        provider_id=lane.provider_id,
        member_id=lane.member_id,
        user_id=user_id,
        vendor=vendor,
        expires_at=clock.now() + LIFE,
    )
    begun.keep(json.dumps(consent.kept))
    begun.save(force_insert=True)
    return consent.url


def use_state(state: str, vendor: VendorName) -> Authorization | None:
    """Use up a state: whoever comes first gets what it stands for, everybody else gets None.

    None as well for a state that is unknown, too old, or another vendor's, and for one whose person does not sign in for
    this practice any more.
    """
    now = clock.now()
    # One statement on the row itself, no join: of two at once the second sees what the first has written.
    row = Authorization.objects.filter(state=_hashed(state), vendor=vendor)
    if not row.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    used = row.select_related("provider", "user").first()
    is_still_theirs = used is not None and used.user.is_active and used.provider.account_id == used.user_id
    return used if is_still_theirs else None


def delete_old() -> int:
    """Forget what ended more than a day ago; returns how many."""
    deleted, _ = Authorization.objects.filter(expires_at__lt=clock.now() - KEPT_FOR).delete()
    return deleted


def _hashed(state: str) -> str:
    return sha256(state.encode()).hexdigest()
