"""What we believe of each payment, against the vendor's truth; and no second live intent of any booking.

Payments are read by their age, a page at a time, and beside each page the intents that were made in its time. That is
only where to look: an intent may have been made a little outside its page, and either side may be changing. So whatever
does not fit is read once more by itself, ours before and after the vendor's, and told only if ours stood still.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from bookings.models import BookFinding, Payment, PaymentOperation
from bookings.payments import rules
from bookings.payments.authorize_call import CLOCK_SKEW
from bookings.payments.gateway import Intent, pages
from bookings.payments.vendor import event_gateway, gateway
from bookings.reconciliation.finding import Finding, OnProgress, Remedy
from bookings.states import PaymentState
from findr import clock

# An intent is made within seconds of its payment, as a rule; the rest is read by itself.
_NEAR = timedelta(minutes=1)
# The invariants that only the vendor can tell about.
INVARIANTS = ("vendor", "second intent")
# A payment that came to nothing may never have had an intent.
_MAY_HAVE_NONE = (PaymentState.FAILED, PaymentState.RELEASED)
# Bookings to look at again, by the id as the vendor has it, and which intents of each.
Suspects = dict[str, set[str]]


def check_vendor(*, size: int, progress: OnProgress | None = None, since: datetime | None = None) -> Iterator[Finding]:
    """Hold all payments against the vendor's intents.

    Args:
        since: those that were made since then, and what was found of others and stands; None: all.

    Raises:
        VendorError: the vendor does not answer.
    """
    payments = _payments() if since is None else _payments().filter(created_at__gte=since)
    done, total = 0, payments.count() if progress else 0
    begins: datetime | None = None
    for page in _pages(payments, size):
        begins = begins or page[0].created_at - CLOCK_SKEW
        is_last = len(page) < size
        until = clock.now() + CLOCK_SKEW if is_last else page[-1].created_at
        yield from _look_again(_suspects(page, begins - _NEAR, until + _NEAR))
        begins, done = until, done + len(page)
        if progress:
            progress("payments at the vendor", done, max(done, total))
    if since:
        yield from _look_again(_found_before())


def intent_of(finding: Finding) -> str:
    """The vendor's intent that a finding of `check_vendor` is about; blank if it is about none."""
    return str(finding.key or "") if finding.invariant in INVARIANTS else ""


def _found_before() -> Suspects:
    """What an earlier check found at the vendor and no later one found gone; by the intent where no booking is ours."""
    suspects: Suspects = defaultdict(set)
    for row in BookFinding.objects.filter(resolved_at=None, invariant__in=INVARIANTS):
        suspects[str(row.booking_id or row.subject)].add(row.intent_id)
    return suspects


def _payments() -> Any:
    at_work = PaymentOperation.objects.filter(payment=OuterRef("pk"), state="pending")
    return Payment.objects.filter(amount_cents__gt=0).select_related("booking").annotate(is_at_work=Exists(at_work))


def _pages(payments: Any, size: int) -> Iterator[list[Any]]:
    """These payments by age. The last page is a short one, perhaps an empty one: what is newer than all payments is its."""
    ordered = payments.order_by("created_at", "id")
    page = list(ordered[:size])
    while page:
        yield page
        if len(page) < size:
            return
        moment, last = page[-1].created_at, page[-1].id
        after = Q(created_at__gt=moment) | Q(created_at=moment, id__gt=last)
        page = list(ordered.filter(after, created_at__gte=moment)[:size])
        if not page:
            yield page


def _suspects(page: Sequence[Any], since: datetime, until: datetime) -> Suspects:
    """What does not fit: payments of the page without an intent, and intents of that time that are not as they should."""
    ours = {str(payment.booking_id): payment for payment in page}
    unseen = {name for name, payment in ours.items() if not payment.is_at_work and payment.state not in _MAY_HAVE_NONE}
    suspects: Suspects = defaultdict(set)
    vendor, seconds = gateway(), settings.BOOKS_CALL_SECONDS
    for intents in pages(lambda after: vendor.intent_page(since, until, after=after, seconds=seconds)):
        named = [(intent.metadata["booking"], intent) for intent in intents if intent.metadata.get("booking")]
        known = ours | _of_other_pages({name for name, _ in named} - set(ours))
        for name, intent in named:
            payment = known.get(name)
            if payment and intent.id == payment.intent_id:
                unseen.discard(name)
            if payment is None or not _fits(payment, intent):
                suspects[name].add(intent.id)
    for name in unseen:
        suspects[name].add(ours[name].intent_id or "")
    return suspects


def _of_other_pages(names: set[str]) -> dict[str, Any]:
    booking_ids = [booking_id for booking_id in map(_uuid, names) if booking_id]
    if not booking_ids:
        return {}
    return {str(payment.booking_id): payment for payment in _payments().filter(booking__in=booking_ids)}


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _fits(payment: Any, intent: Intent) -> bool:
    """Whether this intent of a payment is as it should be, as far as a list tells."""
    if intent.id != payment.intent_id:
        return not rules.is_live(intent)
    if payment.is_at_work:
        return True
    return not _disagreements(payment, intent)


def _disagreements(payment: Payment, intent: Intent) -> list[str]:
    state, found = PaymentState(payment.state), []
    if not rules.may_stand_beside(state, intent):
        found.append(f"is {state}, its intent is {intent.status}")
    ours, theirs = (payment.captured_cents, payment.refunded_cents), (intent.amount_received, intent.amount_refunded)
    if ours != theirs:
        found.append(f"captured and refunded {ours} cents, at the vendor {theirs}")
    return found


def _look_again(suspects: Suspects) -> Iterator[Finding]:
    """Each suspect by itself, in a state of ours that did not change while the vendor was asked."""
    if not suspects:
        return
    before = _of_other_pages(set(suspects))
    answers = {name: _read(ids, before.get(name)) for name, ids in suspects.items()}
    after = _of_other_pages(set(suspects))
    being_undone = _at_work_on({intent.id for intents in answers.values() for intent in intents})
    for name, intents in answers.items():
        payment = after.get(name)
        if payment is None:
            yield from (_not_ours(intent) for intent in intents)
        elif name in before and _version(before[name]) == _version(payment):
            yield from _judge(payment, intents, being_undone)


def _read(ids: set[str], payment: Any) -> list[Intent]:
    """These intents and the payment's own, as they are now; those that the vendor does not know are left out."""
    own = {payment.intent_id} if payment and payment.intent_id else set()
    vendor, seconds = event_gateway(), settings.JOB_CALL_SECONDS
    snapshots = [vendor.snapshot(intent_id, seconds=seconds) for intent_id in sorted((ids | own) - {""})]
    return [snapshot.intent for snapshot in snapshots if snapshot]


def _at_work_on(intent_ids: set[str]) -> set[str]:
    """Those of the intents that an open operation is about."""
    open_ones = PaymentOperation.objects.filter(intent_id__in=intent_ids, state="pending")
    return set(open_ones.values_list("intent_id", flat=True))


def _version(payment: Any) -> tuple[Any, ...]:
    return payment.updated_at, payment.state, payment.intent_id, payment.is_at_work


def _not_ours(intent: Intent) -> Finding:
    return Finding("vendor", intent.id, f"names booking {intent.metadata['booking']}, which is not ours", key=intent.id)


def _judge(payment: Any, intents: Sequence[Intent], being_undone: set[str]) -> Iterator[Finding]:
    own = [intent for intent in intents if intent.id == payment.intent_id]
    if not payment.is_at_work:
        if not own and payment.state not in _MAY_HAVE_NONE:
            yield _about(payment, "vendor", f"is {payment.state}, and the vendor has no intent of it")
        for intent in own:
            for detail in _disagreements(payment, intent):
                yield _about(payment, "vendor", detail, intent)
    others = [
        intent for intent in intents if intent not in own and intent.id not in being_undone and rules.is_live(intent)
    ]
    if payment.intent_id is None and payment.is_at_work:
        others = others[1:]  # The first is the one that is being made.
    for intent in others:
        yield _about(payment, "second intent", f"has a second live intent {intent.id}: {intent.status}", intent)


def _about(payment: Payment, invariant: str, detail: str, intent: Intent | None = None) -> Finding:
    return Finding(
        invariant,
        payment.booking.number,
        detail,
        booking_id=payment.booking_id,
        key=intent.id if intent else None,
        remedy=Remedy.READ_AT_VENDOR if intent else None,
    )
