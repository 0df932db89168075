"""bin/manage: Django's command line against the stack that bin/serve runs."""

import os

from findr.devstack import environment
from findr.devstack.errors import CannotStart
from findr.devstack.state import ROOT, find_state, is_locked


def main(arguments: list[str]) -> int:
    """Become manage.py with these arguments, in the environment of the running stack."""
    state = find_state()
    if not is_locked(state.serve_lock) or not state.env.exists():
        raise CannotStart(
            "bin/serve is not running: start it in another terminal,"
            " or use a throw-away database with: bin/test --exec python manage.py …",
        )
    variables = {**os.environ, **environment.read(state.env)}
    os.execve(state.python, [str(state.python), str(ROOT / "manage.py"), *arguments], variables)  # noqa: S606
