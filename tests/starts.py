"""Starts of findr with one environment after the other, for the price of one.

Each is a process of its own: a fork of a Python that has imported Django and its driver, and nothing of findr. What findr
makes of its environment, and refuses in it, it does anew in each.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORKS = """
import json, os, sys, tempfile, traceback
import django.core.management, django.db.backends.postgresql.base, environ, psycopg_pool, redis
program, environments = json.load(sys.stdin)
for variables in environments:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        if not (child := os.fork()):
            os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
            os.environ.clear(), os.environ.update(variables)
            try:
                exec(program, {"__name__": "__main__"})
                code = 0
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
                code = 1
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([code, *(file.seek(0) or file.read() for file in (out, err))]))
"""


@dataclass(frozen=True)
class End:
    """How one of them ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """What it printed, or the last line of why it did not start."""
        return self.stdout.strip() if self.code == 0 else self.stderr.splitlines()[-1]


def ends_of(program: str, environments: list[dict[str, str]]) -> list[End]:
    """How this Python program ends in each of these environments, in their order."""
    given = json.dumps([program, environments])
    command = [sys.executable, "-c", FORKS]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=120, check=False)
    ends = [End(*json.loads(line)) for line in done.stdout.splitlines()]
    assert len(ends) == len(environments), done.stderr
    return ends
