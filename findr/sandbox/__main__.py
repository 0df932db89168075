"""``python -m findr.sandbox --port 4010 --state DIR``: serve the vendors until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from pathlib import Path

from findr.sandbox.exchange import Misused
from findr.sandbox.ledger import LedgerUnusable
from findr.sandbox.registry import load
from findr.sandbox.sandbox import Sandbox
from findr.sandbox.server import serve


def main() -> int:
    """Start, serve, stop; 1 with one clear sentence if that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m findr.sandbox", description="The vendors on one local port.")
    parser.add_argument("--port", type=int, default=4010, help="0 picks a free port")
    parser.add_argument("--state", type=Path, help="directory of the ledger; without it nothing is kept")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input is closed")
    parser.add_argument(
        "--vendor", action="append", default=[], metavar="MODULE:CLASS", help="one more vendor; may be repeated"
    )
    options = parser.parse_args()
    if not _allowed():
        return _refuse("The sandbox stands in for real vendors, so it only starts with DEBUG=1 or FINDR_ENV=test.")
    try:
        sandbox = Sandbox(load(options.vendor), options.state, os.environ)
    except (LedgerUnusable, Misused) as error:
        return _refuse(str(error))
    # What was loaded stays; the collector need not look at it again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        asyncio.run(_serve(sandbox, options.port, with_parent=options.with_parent))
    except OSError as error:
        return _refuse(f"The sandbox cannot listen on 127.0.0.1:{options.port}: {error.strerror}.")
    finally:
        sandbox.close()
    return 0


def _allowed() -> bool:
    return os.environ.get("DEBUG", "").lower() in ("1", "true") or os.environ.get("FINDR_ENV") == "test"


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


async def _serve(sandbox: Sandbox, port: int, *, with_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)

    def parent_spoke() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    if with_parent:
        loop.add_reader(sys.stdin.fileno(), parent_spoke)

    def ready(chosen: int) -> None:
        sandbox.start(f"http://127.0.0.1:{chosen}")
        # Whoever started us may have closed the pipe already; that is no reason not to serve.
        with contextlib.suppress(BrokenPipeError):
            print(f"sandbox ready http://127.0.0.1:{chosen}", flush=True)

    await serve(sandbox, port, ready, stop)


if __name__ == "__main__":
    sys.exit(main())
