"""What findr itself complained about: an error in its logs is a finding, unless it tells of what the plan has broken."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=evt_)\w+|\d+")
EXCEPTION = re.compile(r"([a-z_]\w*\.)+[A-Z]\w*: |[A-Z]\w*(Error|Exception): ")
# Errors that a run is about: the database was away, or somebody acted at the vendor.
EXPECTED = (
    "OperationalError",
    "InterfaceError",
    "server closed the connection unexpectedly",
    "before or while processing the request",
    "Database error.",
    "ConnectorException",
    "PoolTimeout",
    # Of whatever class: a session that was ended, or a statement that waited too long, a frozen one's among them.
    "terminating connection",
    "canceling statement due to",
    "Service Unavailable: ",
    "The worker ended by itself and is started again",
    "was captured out of turn: refunded",
    "had ended when its money was captured: refunded",
    "was still being captured at its start",
    "has a second intent",
)


def complaints(folder: Path) -> Counter[str]:
    """How often each kind of error was logged by the web process and the worker."""
    return Counter(ID.sub("#", f"{entry['logger']}: {_text(entry)}") for entry in _errors(folder))


def unexpected(folder: Path) -> list[str]:
    """Those that no plan explains."""
    return [f"logged {number} times: {text}" for text, number in complaints(folder).items() if not _explained(text)]


def _explained(text: str) -> bool:
    return any(words in text for words in EXPECTED)


def _errors(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted([*folder.glob("web-*.log"), *folder.glob("worker-*.log")]):
        for line in file.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):  # A process that is killed leaves half a line.
                entry = json.loads(line)
                if entry["level"] in ("ERROR", "CRITICAL"):
                    yield entry


def _text(entry: dict[str, Any]) -> str:
    """The message, and the line that names the exception: what the database adds below it may be long."""
    lines = entry.get("traceback", "").strip().splitlines()
    cause = [line for line in lines if EXCEPTION.match(line)][-1:] or lines[-1:]
    return " | ".join([" ".join(entry["message"].split()), *(line.strip() for line in cause)])[:300]
