"""What people do: the whole call has one budget of time, and an idempotency key makes it happen once (contract 5).

@idempotent(replay=result_of_confirm)
def confirm(self, request: Request, booking_id: str) -> Response: ...
"""

import logging
import re
from collections.abc import Callable
from functools import partial, wraps
from time import sleep
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections
from rest_framework.request import Request
from rest_framework.response import Response

from findr import faults
from findr.api import idempotency
from findr.api.endpoint import EndpointSet
from findr.api.errors import as_findr_error
from findr.api.http import body_of, has_readable_body, header
from findr.api.identity import viewer_of
from findr.concurrency import waiting
from findr.errors import Invalid
from findr.errors import body_of as body_of_error
from findr.transactions import drop_lost_connection
from findr.vendors.budget import Budget

logger = logging.getLogger(__name__)

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_PASSING = (401, 403, 404, 405, 413, 429)
# Between two sessions on which an answer is tried to be kept.
PAUSE_SECONDS = 0.05
_REPLAY = "replay_of_a_call_that_died"


class Actions(EndpointSet):
    """The base of what people do; each action says how it is replayed: see `idempotent`."""

    budget: Budget

    def count_call(self, request: Request) -> None:
        """The budget begins with the call."""
        self.budget = Budget()
        super().count_call(request)


V = TypeVar("V", bound=Actions)
P = ParamSpec("P")
Act = Callable[Concatenate[V, Request, P], Response]
Replay = Callable[[V, Request, UUID], Response]

# For an action that binds nothing: what died is simply made again.
MADE_AGAIN: Replay[Any] | None = None


def idempotent(*, replay: Replay[V] | None) -> Callable[[Act[V, P]], Act[V, P]]:
    """The action happens once under its key, which stands between the checks and the action (contract 4).

    Args:
        replay: answers for a call that died after its change, from what stands of the subject that the change bound
            (`idempotency.bind`); or `MADE_AGAIN`.
    """

    def declare(act: Act[V, P]) -> Act[V, P]:
        @wraps(act)
        def once(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
            # A body that cannot be read has no fingerprint: it is refused in its turn, after the lookup (contract 4).
            key = _key_of(request) if has_readable_body(request) else None
            if key is None or not idempotency.can_hold(request.path):
                return act(view, request, *args, **kwargs)
            return _once(view, request, key, lambda: act(view, request, *args, **kwargs), replay)

        setattr(once, _REPLAY, replay)
        return cast("Act[V, P]", once)

    return declare


def is_idempotent(action: Callable[..., Any]) -> bool:
    """Whether an action was declared so."""
    return hasattr(action, _REPLAY)


def replay_of(action: Callable[..., Any]) -> Replay[Any] | None:
    """What an action declared."""
    return cast("Replay[Any] | None", getattr(action, _REPLAY, None))


def _once(view: V, request: Request, key: str, act: Callable[[], Response], replay: Replay[V] | None) -> Response:
    begun = idempotency.begin(
        identity=viewer_of(request).limit_key,
        method=request.method or "",
        path=request.path,
        key=key,
        body={name: value for name, value in body_of(request).items() if name != "idempotencyKey"},
    )
    faults.reach("the key is taken")
    if isinstance(begun, idempotency.Stored):
        return Response(begun.body, status=begun.status, headers={"Idempotency-Replayed": "true"})
    try:
        with idempotency.answering(begun, may_bind=replay is not None):
            response = replay(view, request, begun.subject_id) if replay and begun.subject_id else act()
    except Exception as problem:
        error = as_findr_error(problem, failure=view.failure)
        _keep(begun, view.budget, error.status, body_of_error(error), code=error.code)
        raise error from problem
    faults.reach("the answer is known")
    _keep(begun, view.budget, response.status_code, response.data)
    faults.reach("the answer is kept")
    return response


def _keep(begun: idempotency.Begun, budget: Budget, status: int, body: dict[str, Any], *, code: str = "") -> None:
    """Definite answers are kept, unless they carry a secret: that one is asked of the vendor anew.

    A call about nothing, or one that says nothing, has no such answer: it changed nothing, and asked again it is looked
    at again. The refusals that are kept are about a booking as it stood, or about money.

    A session that ended under the call is left for another one, and that one for a third, as long as the call has time.
    What cannot be kept even so is answered all the same, since what it tells of has happened; the key is answered from
    what stands, once its lease is over.
    """
    passing = status in _PASSING or status >= 500 or code in ("decision_in_progress", "validation")
    keep = (
        partial(idempotency.discard, begun)
        if passing or body.get("clientSecret")
        else partial(idempotency.finish, begun, status, body)
    )
    try:
        _with_a_living_session(keep, budget)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("An answer could not be kept under its key: %s", error)


def _with_a_living_session(change: Callable[[], None], budget: Budget) -> None:
    """Make the change; again on another session while the one that it had is over and the call has time left.

    Twice is harmless: the end of a session may hide that the change was made. One that PostgreSQL refuses is not repeated.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    patience: float | None = None
    while True:
        try:
            with database.waiting_at_most(patience):
                change()
        except (DatabaseError, InterfaceError):
            drop_lost_connection()
            if connection.connection is not None or budget.is_over:
                raise
        else:
            return
        with waiting():  # PostgreSQL may refuse each session at once: nobody else's turn is spent on asking.
            sleep(PAUSE_SECONDS)
        patience = min(settings.DATABASE_WAIT_SECONDS, budget.left())


def _key_of(request: Request) -> str | None:
    """The idempotency key: header, older header, or body (contract 5)."""
    given: Any = header(request, "Idempotency-Key")
    if given is None:
        given = header(request, "X-Idempotency-Key")
    if given is None:
        given = body_of(request).get("idempotencyKey")
    if given is None:
        return None
    if not isinstance(given, str) or not _KEY.fullmatch(given):
        raise Invalid("idempotencyKey is invalid", idempotencyKey="idempotencyKey is invalid")
    return given
