"""Looking for an intent whose id never came back, in the vendor's list of those that were made at that time.

The list may be longer than one try has time for: it has everybody's. So each try notes how far it came, and the next one
goes on from there. The list is in the order of making, newest first, between two moments that stay: what is made
meanwhile comes before what was read, and cannot be what is looked for.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bookings.models import PaymentOperation
from bookings.payments.gateway import Intent, PaymentGateway
from bookings.payments.rules import RULES
from findr import clock
from findr.outbox.leases import held_by
from findr.vendors.budget import Budget


def find_intent(
    operation: PaymentOperation, since: datetime, until: datetime, vendor: PaymentGateway, budget: Budget
) -> tuple[Intent | None, datetime]:
    """The intent that names the operation's booking, a living one first; any others go with it as its duplicates.

    Returns:
        It, or None if there is none; and the moment at which the reading began, maybe some tries ago.

    Raises:
        VendorError: a page could not be read, or not in time; what was read is noted, and whoever tries again goes on.
    """
    began = datetime.fromisoformat(operation.look["began"]) if operation.look else clock.now()
    found = list(_named(operation, since, until, began, vendor, budget))
    if operation.look:
        _note(operation, None)
    known = operation.payment.intent_id
    found.sort(key=lambda intent: (intent.id != known, RULES[intent.status].undo is None))
    return (replace(found[0], duplicates=tuple(found[1:])) if found else None), began


def _named(
    operation: PaymentOperation,
    since: datetime,
    until: datetime,
    began: datetime,
    vendor: PaymentGateway,
    budget: Budget,
) -> Iterator[Intent]:
    noted = operation.look or {"after": "", "found": []}
    name, seen, after = str(operation.payment.booking_id), list(noted["found"]), str(noted["after"])
    for intent_id in noted["found"]:
        yield vendor.retrieve(intent_id, seconds=budget.left())
    while True:
        page = vendor.intent_page(since, until, after=after, seconds=budget.left())
        here = [intent for intent in page.things if intent.metadata.get("booking") == name]
        yield from here
        if not page.after:
            return
        seen, after = [*seen, *(intent.id for intent in here)], page.after
        _note(operation, {"began": began.isoformat(), "after": after, "found": seen})


def _note(operation: PaymentOperation, look: dict[str, Any] | None) -> None:
    """How far it came; and as it came further, there is no reason to try again more slowly."""
    operation.look = look
    held_by(operation).update(look=look, backoff_step=0)
