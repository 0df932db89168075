"""The vendors' memory: every object by vendor and kind, kept in this process and, with a state directory, in SQLite.

One HTTP call is one transaction, so a kill -9 leaves either all of a call or nothing of it. Each vendor sees its own part
only: a kind of one vendor has nothing to do with another's kind of that name.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str, str]

SCHEMA = """
CREATE TABLE IF NOT EXISTS vendor_objects (
    seq INTEGER PRIMARY KEY, vendor TEXT, kind TEXT, id TEXT, body TEXT, UNIQUE (vendor, kind, id)
);
"""
SAVE = """
INSERT INTO vendor_objects (vendor, kind, id, body) VALUES (?, ?, ?, ?)
ON CONFLICT (vendor, kind, id) DO UPDATE SET body = excluded.body
"""
LOAD = "SELECT kind, body FROM vendor_objects WHERE vendor = ? ORDER BY seq"
DROP = "DELETE FROM vendor_objects WHERE vendor = ? AND kind = ? AND id = ?"


class LedgerUnusable(Exception):
    """The state directory cannot be used; the text is a sentence that says why."""


class Ledger:
    """The whole memory: hands each vendor its part, and writes what changed."""

    def __init__(self, state: Path | None = None) -> None:
        self._parts: dict[str, VendorLedger] = {}
        self._dirty: dict[Key, Object | None] = {}
        self._database = _open(state) if state else None

    def of(self, vendor: str, indexes: Mapping[str, tuple[str, ...]]) -> VendorLedger:
        """A vendor's part, with what an earlier run left there. ``indexes``: by which fields a kind is listed."""
        part = self._parts[vendor] = VendorLedger(self, vendor, indexes)
        if self._database:
            for kind, body in self._database.execute(LOAD, (vendor,)):
                part.put(kind, json.loads(body))
            self._dirty.clear()
        return part

    def changed(self, vendor: str, kind: str, identity: str, thing: Object | None) -> None:
        """An object was made, changed or (None) dropped."""
        self._dirty[vendor, kind, identity] = thing

    def commit(self) -> None:
        """Write what changed since the last commit, all of it or nothing."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        if self._database is None:
            return
        saved = [(*key, json.dumps(thing)) for key, thing in dirty.items() if thing is not None]
        gone = [key for key, thing in dirty.items() if thing is None]
        self._database.execute("BEGIN")
        self._database.executemany(SAVE, saved)
        if gone:
            self._database.executemany(DROP, gone)
        self._database.execute("COMMIT")

    def reset(self) -> None:
        """Forget everything, on disk too."""
        for part in self._parts.values():
            part.forget()
        self._dirty.clear()
        if self._database:
            self._database.execute("DELETE FROM vendor_objects")

    def close(self) -> None:
        """Write what is left and let go of the state directory."""
        self.commit()
        if self._database:
            self._database.close()


class VendorLedger:
    """One vendor's objects by kind and id, in the order they were made."""

    def __init__(self, whole: Ledger, vendor: str, indexes: Mapping[str, tuple[str, ...]]) -> None:
        self._whole = whole
        self._vendor = vendor
        self._indexes = indexes
        self._kinds: dict[str, dict[str, Object]] = {}
        self._index: dict[tuple[str, str, Any], dict[str, None]] = {}
        self._indexed: dict[tuple[str, str], tuple[Any, ...]] = {}
        self.commit = whole.commit

    def put(self, kind: str, thing: Object) -> None:
        """Remember the object, or that it changed; it reaches the disk with the next ``commit``."""
        identity = thing["id"]
        self._kinds.setdefault(kind, {})[identity] = thing
        self._whole.changed(self._vendor, kind, identity, thing)
        fields = self._indexes.get(kind)
        if fields:
            self._reindex(kind, identity, fields, tuple(thing[field] for field in fields))

    def _reindex(self, kind: str, identity: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> None:
        before = self._indexed.get((kind, identity))
        if before == values:
            return
        self._unindex(kind, identity)
        for field, value in zip(fields, values, strict=True):
            self._index.setdefault((kind, field, value), {})[identity] = None
        self._indexed[kind, identity] = values

    def _unindex(self, kind: str, identity: str) -> None:
        values = self._indexed.pop((kind, identity), ())
        for field, value in zip(self._indexes.get(kind, ()), values, strict=False):
            self._index[kind, field, value].pop(identity, None)

    def get(self, kind: str, identity: str) -> Object | None:
        """The object, or None."""
        return self._kinds.get(kind, {}).get(identity)

    def drop(self, kind: str, identity: str) -> None:
        """Forget one object."""
        if self._kinds.get(kind, {}).pop(identity, None):
            self._unindex(kind, identity)
            self._whole.changed(self._vendor, kind, identity, None)

    def all(self, kind: str) -> dict[str, Object]:
        """Every object of a kind by id, oldest first. Not to be changed by the caller."""
        return self._kinds.get(kind, {})

    def newest_first(self, kind: str, **wanted: str) -> Iterator[Object]:
        """Objects whose fields have the wanted values, newest first."""
        objects = self.all(kind)
        field = next((name for name in wanted if name in self._indexes.get(kind, ())), None)
        names: Iterable[str] = reversed(objects)
        if field:
            names = reversed(self._index.get((kind, field, wanted[field]), {}))
        for name in names:
            thing = objects[name]
            if all(thing.get(key) == value for key, value in wanted.items()):
                yield thing

    def forget(self) -> None:
        """Forget every object; the whole ledger forgets them on disk."""
        for memory in (self._kinds, self._index, self._indexed):
            memory.clear()


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
