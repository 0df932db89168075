"""Places where a process can be made to die, so that tests can prove that nothing is lost when it does.

Whatever findr does passes these places one after the other: a change is locked, moved, written down and committed, a
vendor is asked, a job is run, an answer is kept. Each is named after what happens in the product, never after the code. A test has them recorded once, and then kills the process at each.
In production nothing is recorded and nobody dies here: `FAULT_TRACE` is empty outside tests.
"""

import os
import signal
from pathlib import Path

from django.conf import settings


def reach(point: str) -> None:
    """The process has come to `point`. Only in tests: write it down, and die if it is the one to die at.

    The death is a SIGKILL: no `finally`, no roll-back, no goodbye on any connection.
    """
    if settings.FAULT_TRACE:
        _record(Path(settings.FAULT_TRACE), point)


def _record(trace: Path, point: str) -> None:
    with trace.open("a") as file:
        file.write(f"{point}\n")
    if len(trace.read_text().splitlines()) == settings.FAULT_AT:
        os.kill(os.getpid(), signal.SIGKILL)
