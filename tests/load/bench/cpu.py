"""Seconds of CPU, by who spent them: the servers, PostgreSQL, Redis, the sandbox, and the clients in this process."""

import contextlib
import os
import time
from pathlib import Path

import psycopg
import redis

# What reading says of a process that ends meanwhile.
ENDED = (FileNotFoundError, ProcessLookupError)
TICKS = os.sysconf("SC_CLK_TCK")


def fields_of(pid):
    """What the kernel tells of a process after its name: see proc_pid_stat(5), whose third field is the first here."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def seconds_of(pid):
    """User and system seconds of one process so far, those of its children that have ended included."""
    try:
        return sum(map(int, fields_of(pid)[11:15])) / TICKS
    except ENDED:  # It has just ended: its parent has its time.
        return 0.0


def tree_of(pid):
    """A process and all below it."""
    found = [pid]
    with contextlib.suppress(*ENDED):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += tree_of(int(child))
    return found


def seconds_of_tree(pid):
    return sum(map(seconds_of, tree_of(pid)))


class Meter:
    """Reads all of them for one server at a time; the others have nothing to do meanwhile."""

    def __init__(self, sandbox_pid):
        with psycopg.connect(os.environ["DATABASE_URL"]) as database:
            self.postmaster = int(fields_of(database.info.backend_pid)[1])
        self.redis = redis.from_url(os.environ["REDIS_URL"]).info("server")["process_id"]
        self.sandbox = sandbox_pid

    def read(self, server_pid):
        return {
            "app": seconds_of_tree(server_pid),
            "PostgreSQL": seconds_of_tree(self.postmaster),
            "Redis": seconds_of(self.redis),
            "sandbox": seconds_of(self.sandbox),
            "clients": time.process_time(),
        }
