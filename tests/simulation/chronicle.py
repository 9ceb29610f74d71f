"""What is noted of every write while a history goes on, because nobody could find it out at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.records import Record
from shared.flows.fan_out import Image
from shared.ports.stores import Change
from tests.simulation.partner import Partner
from tests.simulation.stage import Stage
from tests.simulation.truth import Truth


@dataclass
class Chronicle:
    """The notes of one history."""

    stage: Stage
    truth: Truth
    partners: Mapping[str, Partner]
    operations: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    lifts: list[tuple[str, int]] = field(default_factory=list)
    owner_lifts: set[tuple[str, int]] = field(default_factory=set)
    in_good_faith: set[str] = field(default_factory=set)
    elements: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def note_change(self, change: Change) -> None:
        """Note what a change decided."""
        self.verdicts.update(decision.verdict.value for decision in change.decisions)

    def note_image(self, image: Image) -> None:
        """Note what a write did to a record."""
        before, after = image.before, image.after
        self.operations[image.cause.operation] += 1
        if before is not None and before.tombstone is not None and after.tombstone is None:
            self.lifts.append((after.id, after.version))
            if image.cause.system == before.tombstone.by:
                self.owner_lifts.add((after.id, after.version))
        if before is not None and _live(before) < _live(after):
            self._note_good_faith(after)
        for system, link in after.links.items():
            if link.elements:
                names = self.elements.setdefault((after.id, system), {})
                names.update({theirs: ours for ours, theirs in link.elements.items()})

    def _note_good_faith(self, record: Record) -> None:
        """Note a record whose rows show one e-mail while they are linked (or did a moment ago): nobody could tell."""
        shown: set[object] = set()
        for system, link in record.links.items():
            row = self.partners[system].rows.get((record.entity, str(link.external_id)))
            edits = self.truth.by_field.get(((system, record.entity, str(link.external_id)), "email"), [])
            if link.is_live and row is not None:
                is_recent = edits and edits[-1].saw and edits[-1].at > self.stage.seconds - 10 * self.stage.slowest
                shown.add(edits[-1].saw if is_recent and edits[-1].saw in shown else row.fields.get("email"))
        if len(shown) == 1:
            self.in_good_faith.add(record.id)


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
