"""The first moments of a child process: whom it runs as, and that it dies with its launcher; then the real program.

Run as a script, never imported, so that nothing has to happen between fork and exec of a program with threads:
    python -I -S child.py PARENT_PID DEATH_SIGNAL IDENTITY FOLDER PROGRAM [ARGUMENT ...]
IDENTITY is `-` (as we are), `namespace` (root becomes user 1000 of a user namespace) or a user id.
FOLDER is one that the program must be able to write, or `-`.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def become(identity: str) -> None:
    """Give up root, in the way asked for."""
    if identity == "namespace":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
        for name, line in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
            Path("/proc/self", name).write_text(line)
    elif identity != "-":
        os.setgroups([])
        os.setgid(int(identity))
        os.setuid(int(identity))


def die_with(parent: int, death_signal: int) -> None:
    """Ask Linux for a signal when the launcher ends, however it ends; elsewhere the next start cleans up."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            raise ProcessLookupError("the launcher is gone")


def main() -> None:
    """Prepare this process and become the program."""
    parent, death_signal, identity, folder, *program = sys.argv[1:]
    become(identity)
    if folder != "-" and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} cannot be written as {identity}")
    # After the change of identity: that clears the wish.
    die_with(int(parent), int(death_signal))
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except OSError as problem:
        sys.exit(f"{sys.argv[5]}: {problem}")
