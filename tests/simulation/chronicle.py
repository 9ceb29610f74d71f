"""What is noted of every write while a history goes on, because nobody could find it out at its end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.core.decisions import Cause, Decision
from shared.core.records import Record, Verb
from shared.core.values import digest
from shared.flows.fan_out import Image
from shared.ports.stores import Change
from shared.ports.system import Hint
from tests.simulation.partner import Partner
from tests.simulation.stage import Stage
from tests.simulation.truth import Place, Truth


class Lift(NamedTuple):
    """One lifted tombstone: in which system the record had been deleted, the record then, and what was decided."""

    deleted_in: str
    after: Record
    cause: Cause
    decisions: tuple[Decision, ...]


@dataclass
class Chronicle:
    """The notes of one history."""

    stage: Stage
    truth: Truth
    partners: Mapping[str, Partner]
    is_forgotten: Callable[[Hint, float], bool]
    operations: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    lifts: list[tuple[str, int]] = field(default_factory=list)
    owner_lifts: set[tuple[str, int]] = field(default_factory=set)
    in_good_faith: set[tuple[str, Place]] = field(default_factory=set)
    taken_for_made: set[tuple[str, Place]] = field(default_factory=set)
    elements: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    lifted: list[Lift] = field(default_factory=list)
    asked_gone: dict[tuple[int, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _decided: tuple[Decision, ...] = ()

    def note_change(self, change: Change) -> None:
        """Note what a change decided."""
        self._decided = change.decisions
        self.verdicts.update(decision.verdict.value for decision in change.decisions)

    def note_hints(self, hints: Sequence[Hint]) -> None:
        """Note which ids a comparison sends on that had been gone before it began: what its listing lacked."""
        worker = self.stage.current
        if worker is None or worker.flow != "reconcile":
            return
        for hint in hints:
            row = self.partners[hint.system].rows.get((hint.entity, hint.external_id))
            was_deleted = row is None or (row.is_deleted and row.changed_at < worker.began_at)
            if was_deleted or self.is_forgotten(hint, worker.began_at):
                self.asked_gone[worker.number, hint.system, hint.entity].add(hint.external_id)

    def note_image(self, image: Image) -> None:
        """Note what a write did to a record."""
        before, after = image.before, image.after
        self.operations[image.cause.operation] += 1
        if before is not None and before.tombstone is not None and after.tombstone is None:
            self.lifts.append((after.id, after.version))
            self.lifted.append(Lift(before.tombstone.by, after, image.cause, self._decided))
            if image.cause.system == before.tombstone.by:
                self.owner_lifts.add((after.id, after.version))
        if before is not None and _live(before) < _live(after):
            self._note_good_faith(after)
            self._note_taken_for_made(before, after)
        for system, link in after.links.items():
            if link.elements:
                names = self.elements.setdefault((after.id, system), {})
                names.update({theirs: ours for ours, theirs in link.elements.items()})

    def _note_taken_for_made(self, before: Record, after: Record) -> None:
        """Note a row that was linked while a create of ours was without an answer there, and that shows the e-mail
        which that had sent: without a reference nobody can tell it from what we made."""
        for system, link in after.links.items():
            intent, partner = before.link(system).intent, self.partners[system]
            row = partner.rows.get((after.entity, str(link.external_id)))
            if intent is None or intent.verb is not Verb.CREATE or row is None or partner.kind.carries_reference:
                continue
            sent = intent.sent.get("email")
            if link.is_live and sent is not None and digest(row.fields.get("email")) in (sent.value, sent.form):
                self.taken_for_made.add((after.id, partner.place(after.entity, str(link.external_id))))

    def _note_good_faith(self, record: Record) -> None:
        """Note a record whose rows show one e-mail while they are linked (or did a moment ago): nobody could tell."""
        shown: list[set[object]] = []
        for system, link in record.links.items():
            row = self.partners[system].rows.get((record.entity, str(link.external_id)))
            edits = self.truth.by_field.get(((system, record.entity, str(link.external_id)), "email"), [])
            if link.is_live and row is not None:
                since = self.stage.seconds - 10 * self.stage.slowest - self.partners[system].kind.read_lag
                shown.append({row.fields.get("email"), *(each.saw for each in edits if each.saw and each.at > since)})
        if shown and set.intersection(*shown):
            for name, link in record.links.items():
                self.in_good_faith.add((record.id, (name, record.entity, str(link.external_id))))


def told(image: Image, worker: int) -> str:
    """Return a write as one line of the story."""
    before = {} if image.before is None else image.before.fields
    changed = {p: str(f.value) for p, f in image.after.fields.items() if p not in before or before[p].value != f.value}
    links = ", ".join(
        f"{name}:{link.state.value}{'/' + link.external_id if link.external_id else ''}"
        f"{' sending ' + link.intent.id if link.intent else ''}{' PARKED ' + link.parked.reason if link.parked else ''}"
        for name, link in image.after.links.items()
    )
    cause = image.cause
    return (
        f"  record {image.after.id[:4]} v{image.after.version} by {cause.operation} {cause.system} "
        f"{cause.external_id} (#{worker}) {changed or ''} [{links}]{' ✝' if image.after.tombstone else ''}"
    )


def _live(record: Record) -> int:
    return sum(link.is_live for link in record.links.values())
