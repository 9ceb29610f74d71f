"""What all repairs share: who does it, the read and the one conditional write, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from shared.core.absorb import Absorbed, finish
from shared.core.cases import is_record_id
from shared.core.decisions import OPERATOR, Cause
from shared.core.observations import Gone, Invalid, Observation, Shown, Trouble
from shared.core.records import Record
from shared.core.repair import Impossible, Repair, Repaired
from shared.core.rules import EntityRules
from shared.core.values import Value
from shared.flows.asking import fetch, resolved
from shared.flows.parts import Parts
from shared.flows.saving import Also, save

ROUNDS = 5
"""How often a repair reads again and decides again after somebody else wrote the record first."""

BUSY = Impossible("somebody else wrote the record each time", "try again")


@dataclass(frozen=True, slots=True)
class Act:
    """What an operator does: the verb, who, about which system, and the values and words that a replay needs."""

    verb: str
    by: str
    system: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)

    def cause(self, rules: EntityRules, now: datetime, external_id: str = "") -> Cause:
        """Return the cause that the write carries."""
        detail = {"by": self.by, **self.detail}
        return Cause(
            f"{OPERATOR}{self.verb}", self.system, external_id, now, rules.version, values=self.values, detail=detail
        )


@dataclass(frozen=True, slots=True)
class Done:
    """It is done: in words, and the record before and after it, where one was written."""

    what: str
    before: Record | None = None
    after: Record | None = None


@dataclass(frozen=True, slots=True)
class NotThere:
    """What it is about does not exist (any more)."""

    what: str


Outcome: TypeAlias = Done | Impossible | NotThere
Decide: TypeAlias = Callable[[Record, EntityRules, datetime], Repair]


def repair(parts: Parts, record_id: str, act: Act, what: str, decide: Decide, also: Also | None = None) -> Outcome:
    """Read a record, let the core decide, write; again if somebody else was quicker. `what` says it when it is done."""
    for _ in range(ROUNDS):
        record = record_named(parts, record_id)
        if record is None:
            return NotThere(f"there is no record {record_id}")
        rules = parts.integration.entities.get(record.entity)
        if rules is None:
            return Impossible(f"{record.entity} takes part no more", "put the entity into integration.toml again")
        now = parts.clock.now()
        decided = decide(record, rules, now)
        if isinstance(decided, Impossible):
            return decided
        kept = save(parts, record, _whole(record, decided, act, rules, now), rules, also=also)
        if isinstance(kept, Record):
            return Done(what, record, kept)
    return BUSY


def record_named(parts: Parts, record_id: str) -> Record | None:
    """Return the record with this id; nothing for a text that is no id at all."""
    return parts.records.get([record_id]).get(record_id) if is_record_id(record_id) else None


def shown_now(parts: Parts, system: str, entity: str, external_id: str) -> Observation | Impossible:
    """Return what a system shows of a record just now, its references resolved."""
    shown = fetch(parts, system, entity, [external_id])
    if isinstance(shown, Trouble):
        return no_answer(system, shown)
    found: Shown = resolved(parts, shown)[external_id]
    if isinstance(found, Gone):
        return Impossible(f"{system} has no {entity} {external_id}", "check the id in that system")
    if isinstance(found, Invalid):
        return Impossible(f"{system} shows {found.field} unreadably: {found.reason}", "put it right in that system")
    return found


def no_answer(system: str, trouble: Trouble) -> Impossible:
    """Return that a system cannot be asked now."""
    return Impossible(
        f"{system} does not answer now ({trouble.code})", "try again once `tandem status` shows it running"
    )


def _whole(record: Record, decided: Repaired, act: Act, rules: EntityRules, now: datetime) -> Absorbed:
    """Return a repair as something to be written: settled, with the keys that change hands."""
    return finish(record, decided.record, "", rules, list(decided.decisions), act.cause(rules, now), now)
