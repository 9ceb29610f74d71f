"""One round of deliveries to one system for one entity: what its steps share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.absorb import Absorbed
from shared.core.commands import Command
from shared.core.decisions import Cause, Decision, Verdict
from shared.core.deliver import parents_of
from shared.core.inputs import Inputs, Step
from shared.core.owed import owed
from shared.core.records import Link, Parked, Record
from shared.core.rules import EntityRules, SystemRules
from shared.flows.parts import Parts
from shared.flows.saving import Kept, save, save_record


@dataclass(frozen=True, slots=True)
class Round:
    """The system and entity of a round, with the rules that hold, and what drifts there and is not sent meanwhile."""

    parts: Parts
    system: str
    entity: str
    rules: EntityRules
    withheld: frozenset[str] = frozenset()

    @property
    def able(self) -> SystemRules:
        """Return what the system can do for this entity."""
        return self.rules.systems[self.system]

    def now(self) -> datetime:
        """Return the present moment."""
        return self.parts.clock.now()

    def parents(self, records: Iterable[Record]) -> dict[str, Link | None]:
        """Return, for everything that the records' owed fields and elements refer to, its link here; by one read."""
        wanted = {parent for record in records for parent in self._referred(record)}
        found = self.parts.records.get(wanted) if wanted else {}
        return {each: found[each].link(self.system) if each in found else None for each in wanted}

    def _referred(self, record: Record) -> frozenset[str]:
        values = {path: held.value for path, held in record.fields.items() if "[" in path}
        values.update(owed(record, self.system, self.rules))
        parked = record.link(self.system).parked
        return frozenset(parents_of(record.entity, values)) | ({parked.parent} if parked and parked.parent else set())

    def save(self, before: Record, after: Absorbed) -> Kept:
        """Write what a core verb decided."""
        return save(self.parts, before, after, self.rules)

    def save_record(self, before: Record, after: Record, cause: Cause) -> Kept:
        """Write a record of which only the link's bookkeeping changed."""
        return save_record(self.parts, before, after, cause, self.rules)

    def cause(self, operation: str, inputs: Inputs, now: datetime, intent_id: str = "") -> Cause:
        """Return the cause of a step that is no merge."""
        detail = {"intent": intent_id} if intent_id else {}
        return Cause(operation, self.system, at=now, rules=self.rules.version, detail=detail, inputs=inputs)


@dataclass(frozen=True, slots=True)
class Sending:
    """A record whose intent is noted, with the command that is about to be sent."""

    record: Record
    command: Command
    intent_id: str
    looked_at: datetime | None = None
    """When the look that had to come first was over; nothing where an exact precondition guards the write."""


def step(cause: Cause, after: Record, *decisions: Decision) -> Absorbed:
    """Return a step that is no merge (a parking, a suspicion) as something to be written."""
    return Absorbed(after, decisions, frozenset(), frozenset(), cause, changed=True)


def park_with(
    round_: Round, record: Record, after: Record, parked: Parked, steps: tuple[Step, ...], path: str = ""
) -> None:
    """Write a record whose link these steps have parked, and say so."""
    cause = round_.cause("park", Inputs(steps, parked=parked), parked.since)
    decision = Decision(Verdict.PARKED, round_.system, path, because=parked.reason)
    round_.save(record, step(cause, after, decision))


def joined(first: Absorbed, second: Absorbed) -> Absorbed:
    """Return an answer and the look that followed it as one write: the second's record, and what both decided and
    took. The cause is the answer's, with what the look has shown."""
    shown, answer = second.cause, first.cause.inputs
    seen = shown.inputs
    assert answer is not None
    assert seen is not None
    return Absorbed(
        record=second.record,
        decisions=first.decisions + second.decisions,
        keys_taken=(first.keys_taken | second.keys_taken) - second.keys_given_back,
        keys_given_back=(first.keys_given_back | second.keys_given_back) - second.keys_taken,
        cause=replace(
            first.cause,
            revision=shown.revision,
            modified_at=shown.modified_at,
            values=shown.values,
            not_carried=shown.not_carried,
            inputs=replace(answer, steps=answer.steps + seen.steps, observed=seen.observed),
        ),
        changed=first.changed or second.changed,
    )
