"""Leases: at any moment one process is at work on a row, and a process that died is not waited for.

A lease is a time until which the row belongs to whoever took it, and a token that says who did. It is taken by
compare-and-swap. When it is over anybody may take it, whatever became of the one before; so whoever had it asks for its
token before it writes anything down: a token that is no longer the row's means that somebody else decides now.

https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html ("fencing tokens")
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models, transaction
from django.db.models import F, QuerySet

from findr import clock
from findr.outbox.backoff import LAST_STEP, wait_before
from findr.postgresql.compiled_writes import CompiledWrites


class Leased(CompiledWrites):
    """A row that one process at a time works on.

    Attributes:
        claimed_until: the end of the lease, or the moment from which on the row is due.
        lease_token: whoever took the lease last; null if it was handed back.
        attempts: how often the lease was taken.
    """

    claimed_until = models.DateTimeField()
    lease_token = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class Retried(Leased):
    """A leased row whose work is tried again until it is done, slower and slower.

    Attributes:
        backoff_step: how often it failed since it last went well.
    """

    backoff_step = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True


L = TypeVar("L", bound=Leased)


def taken(seconds: float) -> dict[str, Any]:
    """The fields of a new row whose maker has the lease for so long."""
    return {"claimed_until": clock.now() + timedelta(seconds=seconds), "lease_token": uuid4(), "attempts": 1}


def claim(rows: QuerySet[L], *, seconds: float, **changes: Any) -> L | None:
    """Take the lease of the one row in `rows`, for so long; None if somebody has it, or `rows` is empty.

    Args:
        changes: further columns that change with it.
    """
    now, token = clock.now(), uuid4()
    won = rows.filter(claimed_until__lte=now).update(
        claimed_until=now + timedelta(seconds=seconds), lease_token=token, attempts=F("attempts") + 1, **changes
    )
    return rows.filter(lease_token=token).first() if won else None


def claim_each(rows: QuerySet[L], *, seconds: float) -> list[L]:
    """As `claim`, of every row in `rows` that is due: those that were won, all under one token.

    A row that somebody else is about to take is left to them, so no two who take some of the same rows wait for each other.
    """
    now, token = clock.now(), uuid4()
    with transaction.atomic():
        due = rows.filter(claimed_until__lte=now).select_for_update(skip_locked=True, no_key=True)
        won = rows.filter(pk__in=due.values("pk")).update(
            claimed_until=now + timedelta(seconds=seconds), lease_token=token, attempts=F("attempts") + 1
        )
    return list(rows.filter(lease_token=token)) if won else []


def held_by(row: L) -> QuerySet[L]:
    """The row, while its lease is still the one that `row` was read with; nothing once somebody else took it."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    return rows.filter(lease_token=row.lease_token)


def is_same(now: Leased, then: Leased) -> bool:
    """Whether the lease of a row, as it is now, is still the one that was taken then; no lease is nobody's."""
    return then.lease_token is not None and now.lease_token == then.lease_token


def renew(row: Leased, *, seconds: float) -> bool:
    """Keep the lease for so long from now on; False if somebody else has it by now."""
    return held_by(row).update(claimed_until=clock.now() + timedelta(seconds=seconds)) == 1


def handed_back(due_at: datetime) -> dict[str, Any]:
    """The fields of a row whose lease is given back: it is due at that moment."""
    return {"claimed_until": due_at, "lease_token": None}


def failed(row: Retried, *, first: float, cap: float) -> dict[str, Any]:
    """The fields of a row whose work failed once more: handed back, and due after a longer wait than the last one."""
    step = min(row.backoff_step + 1, LAST_STEP)
    return {**handed_back(clock.now() + wait_before(step, first=first, cap=cap)), "backoff_step": step}
