"""What a partner shows, and what it answers: the values that come in through the connector port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import field as attribute
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from shared.core.replacing import replace
from shared.core.values import Reference, Value


class Source(StrEnum):
    """How an observation reached us; only a fetched one is known to be newer than what the link holds (SYNC §2)."""

    FETCHED = "fetched"
    MESSAGE = "message"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Revision:
    """A partner's own version of one record, comparable within one system only.

    `token` is what a precondition sends back to the letter. `order` sorts revisions of one record (a counter, or
    microseconds since 1970); nothing for a plain ETag. `exact` says that no two states ever share it.
    """

    token: str
    order: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What a system shows for one record at a moment: fields in canonical form, or that it is deleted.

    `fields` maps paths to values; elements carry the *partner's* element ids (`lines[77].quantity`) and references
    are `Reference`s until the flow has resolved them to our record ids. A path that is missing was not carried, which
    is neither nothing nor empty. `collections` names the element collections that are shown whole: an element missing
    from one of those is gone. `complete` says that every mapped field that the revision covers is carried.
    `reference` is our record id as the partner carries it.
    """

    system: str
    entity: str
    external_id: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    revision: Revision | None = None
    modified_at: datetime | None = None
    collections: frozenset[str] = frozenset()
    complete: bool = True
    reference: str | None = None
    source: Source = Source.FETCHED
    deleted: bool = False

    def resolved(self, records: Mapping[Reference, str]) -> Observation:
        """Return the same observation with references replaced by our record ids where they are known."""
        fields = {p: records.get(v, v) if isinstance(v, Reference) else v for p, v in self.fields.items()}
        return replace(self, fields=fields)

    def references(self) -> frozenset[Reference]:
        """Return the references to other records that are not resolved yet."""
        return frozenset([value for value in self.fields.values() if isinstance(value, Reference)])


@dataclass(frozen=True, slots=True)
class Gone:
    """The partner says for certain that this record is deleted or archived there, or was never there."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that the partner shows but that cannot be read: which field, and why (no values, no personal data).

    `wrong` are the patterns of everything that cannot be read, `others` what the record shows besides, where the
    connector tells: what no record shows readable any more need not hold up the rest (`core.schema_drift`).
    """

    external_id: str
    field: str
    reason: str
    wrong: frozenset[str] = attribute(default=frozenset(), compare=False)
    others: Observation | None = attribute(default=None, compare=False)


Shown: TypeAlias = Observation | Gone | Invalid


class Next(StrEnum):
    """Errors sorted by what to do next (SYNC §7.4)."""

    THROTTLED = "throttled"  # wait as told; the system slows down, no attempt is counted
    RETRYABLE = "retryable"  # try again after the back-off
    CONFLICT = "conflict"  # look again: somebody was quicker
    AUTH = "auth"  # one refresh, then the system trips
    PERMANENT = "permanent"  # a person is needed: park


LOGIN_UNDER_WAY = "login-under-way"
"""The code of a call that was not made, because another function is logging in: that is no outage."""

NO_BUDGET = "no-budget"
"""The code of a call that was not made, because the system's quota is used for now: that is nobody's trouble."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call that surely had no effect, or a read that failed: class, the partner's code, wait, and a safe text.

    `whole_system` is true where the trouble is not this record's own (throttled, wrong password, outage): it slows or
    trips the system and counts as nobody's attempt. `field` and `candidates` where the partner names them.
    """

    next: Next
    code: str
    message: str = ""
    wait_seconds: float | None = None
    whole_system: bool = False
    field: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """Applied, and the answer shows what the partner now holds. `shown` is complete or says that it is not."""

    external_id: str
    shown: Observation


@dataclass(frozen=True, slots=True)
class Accepted:
    """Applied, but the answer shows only an id and perhaps the revision that the write made."""

    external_id: str
    revision: Revision | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not applied."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the write was applied: time-out, reset, 5xx, an unreadable answer."""

    reason: str


Answer: TypeAlias = Stored | Accepted | Refused | Unknown
