"""The golden record and what we know of it in each system.

A record is a value. Every step makes a new one from an old one, and the store keeps it only if nobody else was
quicker (`version`). Links are inside the record, with digests instead of copies of the partner's values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from shared.core.observations import Revision
from shared.core.replacing import replace
from shared.core.values import Digest, Value

NAMESPACE = UUID("6e8c1f5e-7d0e-4e5c-9a55-0d7f6b1f7a11")


class Field(NamedTuple):
    """A value of the record: who set it, when (the partner's own modified time where it has one), at which version."""

    value: Value
    by: str
    at: datetime
    version: int


class Seen(NamedTuple):
    """Per field of a link: the digest last seen in that system, and of the record value that it stands for."""

    seen: Digest
    stands: Digest


class Sent(NamedTuple):
    """Per field of an intent: digest of the value, of its declared stored form, and what was seen before the call."""

    value: Digest
    form: Digest
    before: Digest | None


class Held(NamedTuple):
    """A wish: a change that had no effect. Not owed while the record still holds it and the system still shows that.

    `yielded` says that the record took the system's value; the wish is then listed until either changes. `code` is the
    partner's own, where it refused the field.
    """

    wish: Digest
    shown: Digest
    reason: str
    since: datetime
    yielded: bool = False
    code: str = ""


class Flip(NamedTuple):
    """How often a field came back other than it was sent, and as what it came back last."""

    rounds: int
    shown: Digest


class Failure(NamedTuple):
    """The last failure of a record's own in one system: the partner's code and words, the field, since when, when."""

    code: str
    message: str
    field: str | None
    first: datetime
    last: datetime


UNREADABLE = "unreadable"
"""The code of a link that is parked because the system shows the record in a form that cannot be read."""

UNANSWERED = "unanswered create"
"""The code of a link that is parked because nobody can tell whether the record was created there."""

DUPLICATE = "duplicate"
"""The code of a link that is parked because another record holds what was created there."""


class LinkState(StrEnum):
    """Where a record stands in one system. Empty: nothing there (yet); it is created if it is owed."""

    EMPTY = "empty"
    LIVE = "live"
    DETACHED = "detached"
    ARCHIVED = "archived"


class Verb(StrEnum):
    """What an intent is about to do."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be sent, and until when nobody else may send it (SYNC §5).

    `sent` holds one entry per field; new elements stand in it under our keys. `keys` are the match keys as they were
    sent. `absorbs` is the link's absorb counter when the intent was noted.
    """

    id: str
    verb: Verb
    until: datetime
    made_at: datetime
    sent: Mapping[str, Sent] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()
    absorbs: int = 0


@dataclass(frozen=True, slots=True)
class Parked:
    """A link that needs a person: the reason, what was owed then, and which record parked it if it was a parent.

    It is live again by itself when an owed field changes, an observation agrees, or the parent is live again.
    """

    reason: str
    since: datetime
    owed: Mapping[str, Digest] = field(default_factory=dict)
    code: str = ""
    field: str | None = None
    parent: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What we know of one record in one system.

    `revision` is the one at which all mapped fields were seen (it goes into a precondition), `floor` the highest ever
    shown. `elements` maps our element keys to the partner's ids; `ambiguous` the partner's ids of elements that could
    not be paired to their match key. `echoes` are sends that may still land late, `unsure` what was seen before a
    write whose answer showed nothing, `tries` counts the sends without effect and `flips` the changes of one field's
    stored form. `attempts` counts failures that are the record's own, `failure` tells the last of them; `backoffs`
    only stretches the delay. `skipped` holds, per field, the digest of the value that an operator spared this system;
    an archive that is spared stands under the empty path.
    """

    state: LinkState = LinkState.EMPTY
    external_id: str | None = None
    fields: Mapping[str, Seen] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None
    floor: int | None = None
    intent: Intent | None = None
    held: Mapping[str, Held] = field(default_factory=dict)
    echoes: Mapping[str, tuple[Sent, ...]] = field(default_factory=dict)
    unsure: Mapping[str, Digest] = field(default_factory=dict)
    tries: Mapping[str, int] = field(default_factory=dict)
    flips: Mapping[str, Flip] = field(default_factory=dict)
    parked: Parked | None = None
    attempts: int = 0
    backoffs: int = 0
    due_at: datetime | None = None
    waits_for: str | None = None
    absorbs: int = 0
    failure: Failure | None = None
    skipped: Mapping[str, Digest] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Tell whether the record is known to stand in this system."""
        return self.state is LinkState.LIVE and self.external_id is not None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The record's life ended: in which system, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """Our golden record of one entity.

    `without_keys` are match keys that the record shows but does not hold, because another record does (suspected
    duplicates). `due_at`, `parked_since`, `failing_since` and `waits_for` are recomputed by `settle` at every write
    and feed the sparse indexes; there is one of each per record.
    """

    id: str
    entity: str
    version: int = 0
    generation: int = 0
    fields: Mapping[str, Field] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    tombstone: Tombstone | None = None
    without_keys: frozenset[str] = frozenset()
    due_at: datetime | None = None
    parked_since: datetime | None = None
    waits_for: str | None = None
    failing_since: datetime | None = None

    def link(self, system: str) -> Link:
        """Return the link to a system; an empty one where nothing is known."""
        return self.links.get(system) or EMPTY

    def value(self, path: str) -> Value:
        """Return a field's value; nothing where the record never had the field."""
        held = self.fields.get(path)
        return None if held is None else held.value

    def with_link(self, system: str, link: Link) -> Record:
        """Return the record with one link replaced."""
        return self if self.links.get(system) is link else replace(self, links={**self.links, system: link})


EMPTY = Link()


def record_id(entity: str, system: str, external_id: str, generation: int = 0) -> str:
    """Return the id of the record that a partner's record becomes: a repeated create is the same create."""
    return str(uuid5(NAMESPACE, f"{entity}/{system}/{external_id}/{generation}"))


def element_key(record: str, system: str, element: str) -> str:
    """Return our key of an element when it is first seen: UUIDv5 of (record, system, their element id)."""
    return uuid5(UUID(record), f"{system}/{element}").hex[:12]
