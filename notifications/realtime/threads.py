"""Questions to the database from the event loop: a few threads of their own, so that sockets never wait for requests."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")

_threads = ThreadPoolExecutor(settings.SOCKET_THREADS, thread_name_prefix="socket")


async def in_thread(question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run it in one of the threads. Its database connection goes back to the pool afterwards."""
    return await asyncio.get_running_loop().run_in_executor(_threads, lambda: _run(question, *args, **kwargs))


def _run(question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return question(*args, **kwargs)
    finally:
        connection.close()
