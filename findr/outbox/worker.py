"""The worker process: it works until somebody asks it to stop, and not just until the database is away for a moment.

A worker of procrastinate's ends, and with exit code 0, when one of its side tasks loses its connection. Requests would
expire no more and holds would stay, if nobody noticed; so it is started again, here, as often as need be.
"""

import asyncio
import logging
import signal
from contextlib import suppress

from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from findr.postgresql import session

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


async def work(concurrency: int) -> None:
    """Run jobs, so many at once, until SIGTERM or SIGINT; what runs then is finished first."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        life = asyncio.create_task(_live(concurrency))
        await asyncio.wait({life, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            logger.error("The worker ended by itself and is started again.", exc_info=life.exception())
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(stopping), PAUSE_SECONDS)
        else:
            life.cancel()
            await asyncio.wait({life})


async def _live(concurrency: int) -> None:
    """One life of a worker, on connections of its own."""
    with app.replace_connector(own_connector()):
        async with app.open_async():
            await app.run_worker_async(concurrency=concurrency, install_signal_handlers=False)


def own_connector() -> PsycopgConnector:
    """Connections beside Django's, as the queue wants them, that begin as Django's do."""
    return PsycopgConnector(kwargs=connector_params(), configure=session.begin)
