"""What became of deliveries: the vendors' answers, written down for many at once."""

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from findr import clock
from findr.outbox.leases import failed
from notifications.answers import Answers, NotSent, Refused, TryLater
from notifications.models import Delivery

logger = logging.getLogger(__name__)

State = Delivery.State
# The leases are handed back. A delivery whose lease is another one by now is somebody else's: nothing is written.
_RECORD = """
    UPDATE notifications_delivery AS delivery SET
        state = became.state, reason = became.reason, vendor_id = became.vendor_id, error = became.error,
        finished_at = became.finished_at, claimed_until = became.claimed_until, backoff_step = became.backoff_step,
        lease_token = NULL
    FROM jsonb_to_recordset(%s::jsonb) AS became(
        id uuid, lease_token uuid, state text, reason text, vendor_id text, error text, finished_at timestamptz,
        claimed_until timestamptz, backoff_step smallint
    ) WHERE delivery.id = became.id AND delivery.lease_token = became.lease_token
"""


def record(deliveries: Sequence[Delivery], answers: Answers) -> None:
    """Write down what was answered of these, in one statement; of one on which somebody else decides by now, nothing.

    Args:
        deliveries: as they were when their leases were taken.
    """
    became = [_became(one, answers[one.id]) for one in deliveries if one.id in answers]
    if known := [columns for columns in became if columns]:
        with connection.cursor() as cursor:
            cursor.execute(_RECORD, [json.dumps(known, default=str)])


def _became(delivery: Delivery, answer: str | Exception) -> dict[str, Any]:
    """The columns of a delivery; none after a defect, which leaves it under its lease."""
    match answer:
        case str():
            changes = _ended(State.SENT) | {"vendor_id": answer, "error": ""}
        case NotSent():
            changes = _ended(State.DROPPED) | {"reason": str(answer)}
        case Refused():
            changes = _ended(State.FAILED) | {"error": str(answer)[:200]}
        case TryLater():
            changes = _due_again(delivery, answer) | {"error": str(answer)[:200]}
        case _:
            logger.error("Delivery %s could not be sent.", delivery.id, exc_info=answer)
            return {}
    return {name: getattr(delivery, name) for name in _COLUMNS} | changes


_COLUMNS = (
    "id",
    "lease_token",
    "state",
    "reason",
    "vendor_id",
    "error",
    "finished_at",
    "claimed_until",
    "backoff_step",
)


def _ended(state: Delivery.State) -> dict[str, Any]:
    now = clock.now()
    return {"state": state, "finished_at": now, "claimed_until": now}


def _due_again(delivery: Delivery, error: TryLater) -> dict[str, Any]:
    """After a longer wait than the last one, and no sooner than the vendor asked."""
    changes = failed(delivery, first=settings.DELIVERY_RETRY_SECONDS, cap=settings.DELIVERY_RETRY_CAP_SECONDS)
    if error.retry_after is not None:
        asked = clock.now() + timedelta(seconds=error.retry_after)
        changes["claimed_until"] = max(asked, changes["claimed_until"])
    return changes | {"lease_token": delivery.lease_token}
