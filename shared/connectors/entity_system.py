"""A system whose entities have a reader and a writer each: the five verbs of the port, handed to the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from shared.connectors.http import Http
from shared.connectors.keys_shown import Found
from shared.core.commands import Command
from shared.core.observations import Answer, Next, Shown, Trouble
from shared.ports.system import Key, Listing, Page


class Reads(Protocol):
    """What reads one entity."""

    def changed_since(self, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor."""

    def listing(self, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records."""

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id."""

    def find(self, keys: Sequence[Key]) -> Found | Trouble:
        """Return the live records that show each key."""


class Writes(Protocol):
    """What writes one entity."""

    def write(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """Return one answer per command."""


class EntitySystem:
    """The five verbs of the port, over one session; `calls` counts what was sent."""

    def __init__(self, name: str, http: Http, readers: Mapping[str, Reads], writers: Mapping[str, Writes]) -> None:
        self.name = name
        self.calls: Mapping[str, int] = http.calls
        self._http, self._readers, self._writers = http, readers, writers

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor; without one, of everything."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.changed_since(cursor)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.listing(cursor)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return, for every id asked, what is shown now."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.fetch(ids)

    def find(self, entity: str, keys: Sequence[Key]) -> Found | Trouble:
        """Return, for every key asked, all live records that show it."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.find(keys)

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands of one verb; one answer per command, same order."""
        return self._writers[entity].write(commands)

    def _reader(self, entity: str) -> Reads | Trouble:
        unknown = Trouble(Next.PERMANENT, "unknown-entity", f"{self.name} is not described for {entity}")
        return self._readers.get(entity, unknown)
