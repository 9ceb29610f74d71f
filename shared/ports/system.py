"""The port to an outside system: five verbs whose results say everything that may happen, and the webhook's verb.

Reads answer a result or one `Trouble` for the whole call; writes answer one `Answer` per item, in the same order and
of the same length. Nothing is raised for what a partner does. Paths in commands carry *our* element keys; references
in commands are `Reference`s of the target system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Answer, Invalid, Observation, Revision, Shown, Trouble
from shared.core.values import Value

__all__ = [
    "Archive",
    "Command",
    "Create",
    "Entry",
    "Hint",
    "Key",
    "Listing",
    "Page",
    "Received",
    "Rejected",
    "System",
    "Systems",
    "Update",
    "WebhookRequest",
    "Webhooks",
]


@dataclass(frozen=True, slots=True)
class Page:
    """What changed since a cursor: states that came along, ids of which only that is known, and where to go on.

    `next_cursor` is to be kept when the page has been queued, also when it is the last one (`more` is false).
    """

    observations: tuple[Observation | Invalid, ...] = ()
    ids: tuple[str, ...] = ()
    next_cursor: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a listing: id, revision where the listing shows one, and the state if it came along."""

    external_id: str
    revision: Revision | None = None
    shown: Observation | Invalid | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of everything that a system has of one entity."""

    entries: tuple[Entry, ...] = ()
    next_cursor: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """What to look up: `external_reference` (our record id) or a match key's name, with its values in order."""

    name: str
    values: tuple[Value, ...]


class System(Protocol):
    """One outside system as its connector offers it. Every method takes our entity name."""

    name: str

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor (overlap and keyset inside); no cursor means from now on
        backwards by the connector's overlap or, where the system cannot tell, everything."""

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records of an entity."""

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return, for every id asked, what is shown now; in bulk, with an entry per id."""

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return, for every key asked, all live records that show it; in bulk."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands of one verb in bulk; one answer per command, same order."""


class Systems(Protocol):
    """The systems of this installation by name."""

    def system(self, name: str) -> System:
        """Return the system's connector, made once and kept with its session."""

    def webhooks(self, name: str) -> Webhooks | None:
        """Return what verifies the system's webhooks; nothing for a system that sends none."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook as it arrived: header names in lower case, the body's exact bytes, the URL as configured."""

    headers: Mapping[str, str]
    body: bytes
    url: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A record may have changed. `observation` if the message carried a state; `revision` if it carried only that."""

    system: str
    entity: str
    external_id: str
    observation: Observation | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A genuine webhook: its hints, and the partner's own identity of the event where it has one."""

    hints: tuple[Hint, ...]
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not genuine (unsigned, altered, stale) or not readable; `status` is the HTTP status that says so."""

    status: int
    reason: str


class Webhooks(Protocol):
    """Verifies and reads the webhooks of one system."""

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Verify the raw bytes against each live secret, then parse. Never raises for what came in."""
