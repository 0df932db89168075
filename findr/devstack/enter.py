"""The way in: any Python 3 may start a command here; it continues in the project's own virtual environment.

Written for old Pythons too, so that they can say what is missing instead of failing on new syntax.
"""

import os
import shutil
import sys

COMMANDS = {
    "serve": "findr.devstack.serve",
    "test": "findr.devstack.test",
    "manage": "findr.devstack.manage",
    "bench": "findr.devstack.bench",
}
SUPPORTED = [(3, 13), (3, 12), (3, 11)]


def run(command: str) -> None:
    """Run one of the commands and leave with its exit code; trouble is one sentence and exit code 1."""
    if sys.version_info[:2] not in SUPPORTED:
        _continue_in_a_supported_python()
    import importlib

    from findr.devstack import console, venv
    from findr.devstack.errors import CannotStart

    try:
        if command == "test" and sys.argv[1:] == ["--venv"]:
            print(venv.prepare())
            code = 0
        else:
            venv.enter()
            code = importlib.import_module(COMMANDS[command]).main(sys.argv[1:])
    except CannotStart as problem:
        console.fail(command, problem)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _continue_in_a_supported_python() -> None:
    names = ["python{}.{}".format(*version) for version in SUPPORTED]
    for path in filter(None, map(shutil.which, names)):
        os.execv(path, [path, *sys.argv])  # noqa: S606
    sys.exit("findr needs Python 3.11, 3.12 or 3.13, and this machine has only {}.{}.".format(*sys.version_info))
