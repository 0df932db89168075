"""One short transaction per change.

`durable` marks a service: the outermost transaction, committed when it returns. PostgreSQL may end a transaction that
deadlocked (40P01) or could not be serialised (40001): nothing of it happened, so it runs again, once. What else the
database refuses (a lock waited for too long, a connection lost) reaches the caller as 503.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
RUN_AGAIN = {"40001", "40P01"}


def durable(service: Callable[P, R]) -> Callable[P, R]:
    """Run `service` in a transaction of its own, and once more after a deadlock."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with transaction.atomic(durable=True):
                return service(*args, **kwargs)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in RUN_AGAIN:
                raise
            logger.warning("%s met a deadlock and runs again.", service.__name__)
        with transaction.atomic(durable=True):
            return service(*args, **kwargs)

    return run
