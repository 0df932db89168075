"""Idempotency keys: the same call twice does its work once (contract 5).

A key is a row before the call runs. The change that the call makes binds the row to its subject, such as a booking, in
the same transaction; so if the process dies before it could answer, whoever comes with the key again is answered from
what stands, and nothing is done twice. A call that died before its change is simply made again. `findr/api/actions.py`
puts this around an action.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from findr import clock
from findr.deleting import delete_in_parts
from findr.errors import FindrError
from findr.models import IdempotencyKey
from findr.outbox import leases
from findr.postgresql.statements import fetch

REMEMBERED = timedelta(hours=24)
# A refusal of the database's would quote the key in PostgreSQL's own log, and it is the client's to choose.
_INSERT = """
    INSERT INTO findr_idempotencykey
        (identity, method, path, key, fingerprint, created_at, claimed_until, lease_token, attempts, subject_type, body)
    VALUES (%(identity)s, %(method)s, %(path)s, %(key)s, %(fingerprint)s, %(created_at)s, %(claimed_until)s,
        %(lease_token)s, %(attempts)s, '', '')
    ON CONFLICT DO NOTHING RETURNING id
"""
LONGEST_PATH = IdempotencyKey._meta.get_field("path").max_length or 0


class IdempotencyConflict(FindrError):
    status, code, error = 409, "idempotency_conflict", "A request with this key is still running"

    def __init__(self) -> None:
        super().__init__(retryAfter=1)


class IdempotencyMismatch(FindrError):
    status, code, error = 422, "idempotency_mismatch", "This key was used with another request"


@dataclass(frozen=True)
class Stored:
    """The answer of a call that was finished."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Begun:
    """Leave to run a call.

    Attributes:
        subject_id: set if an earlier run of this call died after it had changed this subject.
    """

    row: IdempotencyKey
    subject_id: UUID | None


@dataclass(frozen=True)
class _Answering:
    row: IdempotencyKey
    may_bind: bool


# The call that this thread is answering.
_current: ContextVar[_Answering | None] = ContextVar("idempotency_key", default=None)


def begin(*, identity: str, method: str, path: str, key: str, body: dict[str, Any]) -> Begun | Stored:
    """Take the key for this call, or give the answer that it was finished with.

    Args:
        body: the call's, without the key itself.

    Raises:
        IdempotencyConflict: the call is running. IdempotencyMismatch: the key belongs to another body.
    """
    now, seconds = clock.now(), settings.IDEMPOTENCY_LEASE_SECONDS
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    whose = {"identity": identity, "method": method, "path": path, "key": key}
    mine = IdempotencyKey(**whose, fingerprint=fingerprint, created_at=now, **leases.taken(seconds))
    forgotten = IdempotencyKey.objects.filter(**whose, created_at__lte=now - REMEMBERED)
    if _is_first(mine) or (forgotten.delete()[0] and _is_first(mine)):
        return Begun(mine, None)
    row = IdempotencyKey.objects.filter(**whose).first()
    if row is None:  # Somebody else's, and given up just now.
        raise IdempotencyConflict
    if row.fingerprint != fingerprint:
        raise IdempotencyMismatch
    if row.status is not None:
        return Stored(row.status, json.loads(row.body))
    # A call that died: what it bound meanwhile is read with its lease.
    begun = leases.claim(IdempotencyKey.objects.filter(id=row.id, status=None), seconds=seconds)
    if begun is None:
        raise IdempotencyConflict
    return Begun(begun, begun.subject_id)


def _is_first(row: IdempotencyKey) -> bool:
    """Insert the row, if there is none of its key."""
    inserted = fetch(_INSERT, vars(row))
    if inserted:
        ((row.pk,),) = inserted
    return bool(inserted)


def can_hold(path: str) -> bool:
    """Whether a key can belong to this path. One that no row can hold names nothing that there is."""
    return "\0" not in path and len(path) <= LONGEST_PATH


def _mine(row: IdempotencyKey) -> QuerySet[IdempotencyKey]:
    """The row, while the lease is still this call's: whoever took over decides from then on."""
    return leases.held_by(row).filter(status=None)


@contextmanager
def answering(begun: Begun, *, may_bind: bool = True) -> Iterator[None]:
    """The changes made inside bind the key.

    Args:
        may_bind: False for an action that nobody could answer from what stands: it must not make such a change.
    """
    token = _current.set(_Answering(begun.row, may_bind))
    try:
        yield
    finally:
        _current.reset(token)


def bind(subject_type: str, subject_id: UUID) -> None:
    """Inside the transaction of a change: the call that is being answered made it. Nothing, if it has no key.

    A call that commits several changes stays bound to the first.

    Args:
        subject_type: what the id is of, such as "booking".

    Raises:
        IdempotencyConflict: this call took so long that another one took over; its change must not happen as well.
    """
    call = _current.get()
    if call is None or call.row.subject_id is not None:
        return
    if not call.may_bind:
        raise RuntimeError(f"{call.row} binds its key to a {subject_type}, but declares no replay.")
    if not connection.in_atomic_block:
        raise RuntimeError("A key was bound outside the transaction of its change.")
    if not _mine(call.row).update(subject_type=subject_type, subject_id=subject_id):
        raise IdempotencyConflict
    transaction.on_commit(lambda: setattr(call.row, "subject_id", subject_id))


def finish(begun: Begun, status: int, body: dict[str, Any]) -> None:
    """Keep the answer for whoever asks again."""
    _mine(begun.row).update(status=status, body=json.dumps(body))


def discard(begun: Begun) -> None:
    """The answer is not kept: asking again runs again, or is answered from the subject if the change was made."""
    mine = _mine(begun.row)
    mine.filter(subject_id=None).delete()
    mine.update(**leases.handed_back(clock.now()))


def delete_old_keys() -> int:
    """Delete what is no longer remembered; returns how many."""
    return delete_in_parts(IdempotencyKey.objects.filter(created_at__lte=clock.now() - REMEMBERED))
