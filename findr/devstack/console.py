"""What the commands say while they work: progress with elapsed seconds, on stderr so that stdout stays clean."""

import os
import sys
import time

from findr.devstack.errors import CannotStart

# Carries the start over the re-execution in the virtual environment's Python, so that the seconds count from the first.
STARTED_VARIABLE = "FINDR_COMMAND_STARTED"
STARTED = float(os.environ.pop(STARTED_VARIABLE, time.time()))


def say(text: str) -> None:
    """Print one line of progress with the seconds since the command began."""
    print(f"[{time.time() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def fail(command: str, problem: CannotStart) -> None:
    """Print why the command cannot go on."""
    if problem.log_lines:
        print(problem.log_lines, file=sys.stderr)
    print(f"bin/{command}: {problem}", file=sys.stderr, flush=True)
