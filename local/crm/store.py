"""Where the sample CRM keeps its records: one SQLite database, used by one thread.

Every record is one row with its fields as JSON; what can be searched for stands in a table of keys beside it, and a
partial index sees to it that a unique key has one holder. A transaction covers one request.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from local.crm.resources import Fields, Resource

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    resource TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, archived INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (resource, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_time ON records (resource, updated_at, id);
CREATE TABLE IF NOT EXISTS keys (
    resource TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, is_unique INTEGER NOT NULL,
    PRIMARY KEY (resource, name, value, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_record ON keys (resource, id);
CREATE UNIQUE INDEX IF NOT EXISTS one_holder ON keys (resource, name, value) WHERE is_unique;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, secret TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT NOT NULL, body TEXT NOT NULL);
"""
_COLUMNS = "resource, id, version, created_at, updated_at, archived, fields"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it stands: its counter of versions, its times as text, and its fields as JSON."""

    resource: str
    id: str
    version: int
    created_at: str
    updated_at: str
    archived: bool
    fields: Fields

    def body(self) -> Fields:
        """Return the record as it is shown to the outside."""
        return {
            "id": self.id,
            **self.fields,
            "version": self.version,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "archived": self.archived,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records a list asks for; `finds` are (key, values) of which each record must match all."""

    limit: int
    archived: bool | None = False
    updated_since: str | None = None
    after: tuple[str, str] | None = None
    ids: tuple[str, ...] | None = None
    finds: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Store:
    """The database; a path, or `:memory:`."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=NORMAL")
        self.database.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside one step: all of it, or nothing where an exception leaves it."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def next_id(self, prefix: str) -> str:
        """Return a fresh id such as `cus-000001`; ids are never given twice."""
        sql = "INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last"
        (number,) = self.database.execute(sql, (prefix,)).fetchone()
        return f"{prefix}-{number:06d}"

    def get(self, resource: str, record_id: str) -> Row | None:
        """Return a record, archived or not; nothing where there never was one."""
        sql = f"SELECT {_COLUMNS} FROM records WHERE resource = ? AND id = ?"
        found = self.database.execute(sql, (resource, record_id)).fetchone()
        return _row(found) if found else None

    def exists(self, resource: str, record_id: str) -> bool:
        """Tell whether there is, or was, such a record."""
        sql = "SELECT 1 FROM records WHERE resource = ? AND id = ?"
        return self.database.execute(sql, (resource, record_id)).fetchone() is not None

    def holder(self, resource: str, name: str, value: str) -> str | None:
        """Return the id of the record that holds a unique key."""
        sql = "SELECT id FROM keys WHERE resource = ? AND name = ? AND value = ? AND is_unique"
        found = self.database.execute(sql, (resource, name, value)).fetchone()
        return found[0] if found else None

    def page(self, resource: str, wanted: Wanted) -> list[Row]:
        """Return the records asked for in order of (updated_at, id), at most `limit`."""
        where, values = _conditions(resource, wanted)
        sql = f"SELECT {_COLUMNS} FROM records WHERE {where} ORDER BY updated_at, id LIMIT ?"
        return [_row(each) for each in self.database.execute(sql, (*values, wanted.limit))]

    def put(self, row: Row, resource: Resource) -> None:
        """Write a record and its keys; an archived one gives its keys back."""
        values = (row.resource, row.id, row.version, row.created_at, row.updated_at, row.archived)
        self.database.execute("REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, json.dumps(row.fields)))
        self.database.execute("DELETE FROM keys WHERE resource = ? AND id = ?", (row.resource, row.id))
        if not row.archived:
            keys = [(row.resource, name, value, row.id, unique) for name, value, unique in resource.keys(row.fields)]
            self.database.executemany("INSERT INTO keys VALUES (?, ?, ?, ?, ?)", keys)

    def empty(self, tables: Sequence[str]) -> None:
        """Forget what stands in these tables."""
        with self.transaction():
            for table in tables:
                self.database.execute(f"DELETE FROM {table}")


def _conditions(resource: str, wanted: Wanted) -> tuple[str, list[object]]:
    terms, values = ["resource = ?"], [resource]
    parts: list[tuple[str, Sequence[object]]] = []
    if wanted.archived is not None:
        parts.append(("archived = ?", (wanted.archived,)))
    if wanted.updated_since is not None:
        parts.append(("updated_at >= ?", (wanted.updated_since,)))
    if wanted.after is not None:
        parts.append(("(updated_at, id) > (?, ?)", wanted.after))
    if wanted.ids is not None:
        parts.append((f"id IN ({_marks(wanted.ids)})", wanted.ids))
    for name, sought in wanted.finds:
        inner = f"SELECT id FROM keys WHERE resource = ? AND name = ? AND value IN ({_marks(sought)})"
        parts.append((f"id IN ({inner})", (resource, name, *sought)))
    return " AND ".join([*terms, *(term for term, _ in parts)]), [*values, *(v for _, some in parts for v in some)]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _row(found: tuple[str, str, int, str, str, int, str]) -> Row:
    resource, record_id, version, created_at, updated_at, archived, fields = found
    return Row(resource, record_id, version, created_at, updated_at, bool(archived), json.loads(fields))
