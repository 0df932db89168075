"""What findr itself complained about: an error in its logs is a finding, unless what the plan had broken just then explains it."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chaos.outages import Outage

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=evt_)\w+|\d+")
EXCEPTION = re.compile(r"([a-z_]\w*\.)+[A-Z]\w*: |[A-Z]\w*(Error|Exception): ")
# A line is written a moment before the world has noted what caused it.
EARLY_SECONDS = 1.0

DATABASE = frozenset({"postgres killed", "postgres fell", "sessions killed"})
FROZEN = frozenset({"web frozen", "worker frozen"})
STOPPED = frozenset(f"{name} {how}" for name in ("web", "worker") for how in ("killed", "frozen", "fell"))
VENDOR = frozenset({"vendor misbehaves"})


@dataclass(frozen=True)
class Cause:
    """What may be logged on account of what, and how many seconds after it is over it may still be."""

    said: str
    kinds: frozenset[str]
    seconds: float

    def explains(self, text: str, at: float, outages: Sequence[Outage]) -> bool:
        """Whether this is such a line, and one of its causes was there at that moment."""
        return bool(re.search(self.said, text)) and any(
            one.kind in self.kinds and one.was_on(at, before=EARLY_SECONDS, after=self.seconds) for one in outages
        )


CAUSES = (
    # A connection that broke is noticed by whoever uses it next; a pool has several.
    Cause(
        r"server closed the connection unexpectedly|the connection is (lost|closed)|connection already closed"
        r"|terminating connection|before or while processing the request|consuming input failed|sending .* failed"
        r"|SSL SYSCALL|Connection reset by peer|Broken pipe",
        DATABASE | FROZEN,
        20.0,
    ),
    # Nobody is there, or not yet.
    Cause(
        r"connection failed|connection to server .* failed|Connection refused|No such file or directory"
        r"|the database system is",
        DATABASE,
        10.0,
    ),
    # A freeze uses up the time that somebody would have waited.
    Cause(r"PoolTimeout|couldn't get a connection|connection timeout expired", DATABASE | FROZEN, 10.0),
    # Whoever is frozen keeps the locks that it had.
    Cause(r"canceling statement due to", FROZEN | DATABASE, 15.0),
    # The queue's own words for any of these; what it was stands in its own log only.
    Cause(r"ConnectorException|Database error\.", DATABASE | FROZEN, 15.0),
    # asyncio tells of an error that nobody has asked a task for when its garbage is collected, which may be later.
    Cause(r"Task exception was never retrieved.*ConnectorException", DATABASE | FROZEN, 120.0),
    Cause(r"The worker ended by itself and is started again", DATABASE | FROZEN, 30.0),
    # A run that dies is handed on once a minute, to a worker that may die as well.
    Cause(r"The periodic job .* is late", STOPPED | DATABASE, 120.0),
    # The log of an answer that the contract has: the database is away, or every place waits for the vendor.
    Cause(r"django\.request: Service Unavailable: ", DATABASE | FROZEN | VENDOR, 15.0),
    # The world asks whether everybody is there, and waits until they are.
    Cause(r"Service Unavailable: /(readyz|workerz)", frozenset({"world starting"}), 1.0),
    # Somebody took the money at the vendor; a job, or a webhook, brings the news. One that was lost comes by the clock, which
    # may stand for minutes before it is moved again.
    Cause(r"was captured out of turn: refunded", frozenset({"vendor capture"}), 900.0),
    # Somebody gave back a part at the vendor, and whoever gives back all does not know of it yet.
    Cause(r"refund of booking .*: Stripe answered #$", frozenset({"vendor refund"}), 60.0),
    # Or an instant checkout was called off while nobody knew that it had been paid: its answer was late, or lost.
    Cause(
        r"had ended when its money was captured: refunded",
        VENDOR | STOPPED | DATABASE | {"vendor capture"},
        60.0,
    ),
    # Pushes got lost: on the way, or since nobody was there to hear them. The clock finds it by and by.
    Cause(r"were not told by its channel", STOPPED | DATABASE | {"pushes spoilt", "clock moved"}, 120.0),
    Cause(r"was still being captured at its start", frozenset({"clock moved"}), 30.0),
    # A create that was not heard is made again; whoever is frozen, or was taken for dead, makes it too.
    Cause(r"has a second intent", VENDOR | STOPPED | DATABASE | {"clock moved"}, 30.0),
)


def complaints(folder: Path) -> Counter[str]:
    """How often each kind of error was logged by the web process and the worker."""
    return Counter(text for _, text in errors(folder))


def unexpected(folder: Path, outages: Sequence[Outage]) -> list[str]:
    """Those that nothing explains which was broken at their moment."""
    left = Counter(text for at, text in errors(folder) if not explained(text, at, outages))
    return [f"logged {number} times: {text}" for text, number in left.items()]


def explained(text: str, at: float, outages: Sequence[Outage]) -> bool:
    """Whether some cause was there."""
    return any(cause.explains(text, at, outages) for cause in CAUSES)


def errors(folder: Path) -> Iterator[tuple[float, str]]:
    """The moment, on the monotonic clock of this machine, and the text of each error."""
    for file in sorted([*folder.glob("web-*.log"), *folder.glob("worker-*.log")]):
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):  # A process that is killed leaves half a line.
                entry = json.loads(line)
                if entry["level"] in ("ERROR", "CRITICAL"):
                    yield _moment(entry), ID.sub("#", f"{entry['logger']}: {_text(entry)}")


def _moment(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["at"]).timestamp() - time.time() + time.monotonic()


def _text(entry: dict[str, Any]) -> str:
    """The message, and the line that names the exception: what the database adds below it may be long.

    Each is cut by itself: a message that names many rows leaves the exception to be seen.
    """
    lines = entry.get("traceback", "").strip().splitlines()
    cause = [line for line in lines if EXCEPTION.match(line)][-1:] or lines[-1:]
    return " | ".join([" ".join(entry["message"].split())[:300], *(line.strip()[:300] for line in cause)])
