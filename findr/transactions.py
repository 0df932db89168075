"""One short transaction per change.

`durable` marks a service: the outermost transaction, committed when it returns. PostgreSQL may end a transaction that
deadlocked (40P01) or could not be serialised (40001): nothing of it happened, so it runs again, once. What else the
database refuses (a lock waited for too long, a connection lost) reaches the caller as 503.
"""

import logging
from collections.abc import Callable
from functools import wraps
from threading import local
from typing import Any, ParamSpec, TypeVar, overload

from django.db import OperationalError, connection, transaction

from findr import faults
from findr.postgresql.unit_of_work import may_wait, unit_of_work
from findr.postgresql.writers import Writer, write

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

logger = logging.getLogger(__name__)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
RUN_AGAIN = {"40001", "40P01"}


class RunAgain(Exception):
    """Raised inside a service: nothing of it happens, `first` is done, and it runs again, once.

    Attributes:
        first: opens a transaction of its own.
        refusal: what the service comes to if it is raised once more.
    """

    def __init__(self, first: Callable[[], object], *, refusal: Exception) -> None:
        super().__init__(str(refusal))
        self.first, self.refusal = first, refusal


class _Open(local):
    """What this thread's open service still has to do; None when no service is open.

    Attributes:
        gathered: by their writers, the things to be written together.
    """

    last_steps: list[Callable[[], None]] | None = None
    gathered: dict[Writer[Any], list[Any]]


_open = _Open()


@overload
def durable(moment: str, /) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


@overload
def durable(service: Callable[P, R], /) -> Callable[P, R]: ...


def durable(given: Any, /) -> Any:
    """Run a service in a transaction of its own, and once more after a deadlock.

    `@durable("the request is written")` says in the product's words what its commit makes true: the name of that moment
    for whoever lets processes die there (`findr.faults`). Tests may leave it out.
    """
    if isinstance(given, str):
        return lambda service: _durable(service, given)
    return _durable(given, "a change is written")


def _durable(service: Callable[P, R], moment: str) -> Callable[P, R]:
    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return _run(moment, service, *args, **kwargs)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in RUN_AGAIN:
                raise
            logger.warning("%s met a deadlock and runs again.", service.__name__)
        except RunAgain as again:
            again.first()
        try:
            return _run(moment, service, *args, **kwargs)
        except RunAgain as again:
            raise again.refusal from None

    return run


def _run(moment: str, service: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with transaction.atomic(durable=True):
        _open.last_steps, _open.gathered = [], {}
        try:
            with unit_of_work():
                result = service(*args, **kwargs)
                for step in _open.last_steps:
                    step()
        finally:
            _open.last_steps = None
        if _open.gathered:
            write(_open.gathered)
        faults.reach(f"{moment}: before the commit")
    faults.reach(f"{moment}: after the commit")
    return result


def drop_lost_connection() -> None:
    """After a failure: let go of a database connection that is lost, so that the next statement gets another one.

    A connection that works is kept: it may hold a lock for its whole life (`findr.outbox.jobs`).
    """
    if connection.connection is not None and not connection.is_usable():
        connection.close()


def before_commit(step: Callable[[], None]) -> None:
    """Have `step` done inside the open service's transaction, after everything else in it.

    Raises:
        RuntimeError: no service is open.
    """
    if _open.last_steps is None:
        raise RuntimeError("There is no service whose end could be waited for.")
    _open.last_steps.append(step)


def write_together(writer: Writer[T], things: list[T]) -> None:
    """Have these written at the end of the open service, in one statement with all else that is given here until then.

    At once where no service is open, and inside a savepoint, which may be undone alone.
    """
    if may_wait():
        _open.gathered.setdefault(writer, []).extend(things)
    else:
        write({writer: things})
