"""What bin/test says to pytest: the words it was given, and how many workers share the work."""

import os
from collections.abc import Sequence
from pathlib import Path

from findr.devstack.state import ROOT, State

# More than there are cores: a test waits half of its time for servers, the vendor and processes of its own.
WORKERS_PER_CORE = 2
MOST_WORKERS = 8
# One test after the other in one process: somebody looks at it, asks only which tests there are, or counts for themselves.
BY_ITSELF = {"-s", "--capture=no", "--pdb", "--trace", "--lessons", "--co", "--collect-only", "--fixtures", "--markers"}
OF_XDIST = ("-n", "--numprocesses", "--dist", "--tx", "--maxprocesses")
# So few tests that starting workers would cost more than it gains.
CHOOSES = ("-k", "-m", "--lf", "--last-failed", "--ff", "--sw", "--stepwise")
WITH_A_VALUE = ("-k", "-m", "-o", "-p", "-c", "-W", "-r", "--durations", "--maxfail", "--deselect", "--ignore", "--tb")
SHARED = ["--dist", "loadscope", "--no-loadscope-reorder", "--max-worker-restart", "0"]


def command(words: Sequence[str], state: State) -> list[str]:
    """The whole command line."""
    workers = workers_for(words)
    parallel = ["-n", str(workers), *SHARED] if workers > 1 else []
    return [str(state.python), "-m", "pytest", "-o", f"cache_dir={state.caches / 'pytest'}", *parallel, *words]


def workers_for(words: Sequence[str]) -> int:
    """How many processes: several for the whole suite or whole folders of it, one for whatever names less."""
    if BY_ITSELF & set(words) or any(_begins(word, (*OF_XDIST, *CHOOSES)) for word in words):
        return 1
    if any(not (ROOT / place).is_dir() for place in places(words)):
        return 1
    if chosen := os.environ.get("FINDR_TEST_WORKERS"):
        return int(chosen)
    return max(1, min(MOST_WORKERS, (os.cpu_count() or 1) * WORKERS_PER_CORE))


def places(words: Sequence[str]) -> list[Path]:
    """The words that name files and folders, as far as they can be told from the values of options."""
    before = ["", *words]
    return [
        Path(word.split("::")[0])
        for word, last in zip(words, before, strict=False)
        if not word.startswith("-") and last not in WITH_A_VALUE
    ]


def _begins(word: str, options: Sequence[str]) -> bool:
    """Whether the word is one of these options, with or without its value."""
    return any(word == one or word.startswith(one if len(one) == 2 else f"{one}=") for one in options)
