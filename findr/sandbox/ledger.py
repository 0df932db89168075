"""The vendors' memory: every object by kind, kept in this process and, with a state directory, in SQLite.

One HTTP call is one transaction, so a kill -9 leaves either all of a call or nothing of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Object = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id));
"""
SAVE = """
INSERT INTO objects (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body
"""
# Lists are asked for by these fields; everything else is scanned.
INDEXED = {
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "charge": ("payment_intent", "customer"),
    "refund": ("payment_intent", "charge"),
    "setup_intent": ("customer",),
    "dispute": ("payment_intent", "charge"),
}


class LedgerUnusable(Exception):
    """The state directory cannot be used; the text is a sentence that says why."""


class Ledger:
    """Objects by kind and id, in the order they were made."""

    def __init__(self, state: Path | None = None) -> None:
        self._kinds: dict[str, dict[str, Object]] = {}
        self._index: dict[tuple[str, str, str], dict[str, None]] = {}
        self._indexed: dict[tuple[str, str], tuple[Any, ...]] = {}
        self._dirty: dict[tuple[str, str], Object | None] = {}
        self._database = _open(state) if state else None
        if self._database:
            self._load(self._database)

    def _load(self, database: sqlite3.Connection) -> None:
        for kind, body in database.execute("SELECT kind, body FROM objects ORDER BY seq"):
            self.put(kind, json.loads(body))
        self._dirty.clear()

    def put(self, kind: str, thing: Object) -> None:
        """Remember the object, or that it changed; it reaches the disk with the next ``commit``."""
        key = (kind, thing["id"])
        self._kinds.setdefault(kind, {})[thing["id"]] = thing
        self._dirty[key] = thing
        fields = INDEXED.get(kind)
        if fields:
            self._reindex(key, fields, tuple(thing[field] for field in fields))

    def _reindex(self, key: tuple[str, str], fields: tuple[str, ...], values: tuple[Any, ...]) -> None:
        before = self._indexed.get(key)
        if before == values:
            return
        kind, identity = key
        for field, value in zip(fields, before or (), strict=False):
            self._index[kind, field, value].pop(identity, None)
        for field, value in zip(fields, values, strict=True):
            self._index.setdefault((kind, field, value), {})[identity] = None
        self._indexed[key] = values

    def get(self, kind: str, identity: str) -> Object | None:
        """The object, or None."""
        return self._kinds.get(kind, {}).get(identity)

    def drop(self, kind: str, identity: str) -> None:
        """Forget one object of a kind that is not indexed (an idempotency record, a flag)."""
        if self._kinds.get(kind, {}).pop(identity, None):
            self._dirty[kind, identity] = None

    def all(self, kind: str) -> dict[str, Object]:
        """Every object of a kind by id, oldest first. Not to be changed by the caller."""
        return self._kinds.get(kind, {})

    def newest_first(self, kind: str, **wanted: str) -> Iterator[Object]:
        """Objects whose indexed fields have the wanted values, newest first."""
        objects = self.all(kind)
        field = next((name for name in wanted if name in INDEXED.get(kind, ())), None)
        names: Iterable[str] = reversed(objects)
        if field:
            names = reversed(self._index.get((kind, field, wanted[field]), {}))
        for name in names:
            thing = objects[name]
            if all(thing.get(key) == value for key, value in wanted.items()):
                yield thing

    def commit(self) -> None:
        """Write what changed since the last commit, all of it or nothing."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        if self._database is None:
            return
        saved = [(kind, identity, json.dumps(thing)) for (kind, identity), thing in dirty.items() if thing is not None]
        gone = [key for key, thing in dirty.items() if thing is None]
        self._database.execute("BEGIN")
        self._database.executemany(SAVE, saved)
        if gone:
            self._database.executemany("DELETE FROM objects WHERE kind = ? AND id = ?", gone)
        self._database.execute("COMMIT")

    def reset(self) -> None:
        """Forget everything, on disk too."""
        for memory in (self._kinds, self._index, self._indexed, self._dirty):
            memory.clear()
        if self._database:
            self._database.execute("DELETE FROM objects")

    def close(self) -> None:
        """Write what is left and let go of the state directory."""
        self.commit()
        if self._database:
            self._database.close()


def _open(state: Path) -> sqlite3.Connection:
    database: sqlite3.Connection | None = None
    try:
        state.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(state / "sandbox.sqlite3", isolation_level=None, timeout=1)
        # The exclusive lock keeps two sandboxes from sharing one ledger; the kernel drops it when the process dies.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        # Survives the death of the process, not of the machine: enough for a sandbox, and no disk flush per call.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN IMMEDIATE")
        database.execute(SCHEMA)
        database.execute("COMMIT")
    except (OSError, sqlite3.DatabaseError) as error:
        if database:
            database.close()
        if "locked" in str(error):
            raise LedgerUnusable(f"Another sandbox is using the state directory {state}.") from error
        raise LedgerUnusable(f"The state directory {state} cannot be used: {error}.") from error
    return database
