"""What the end of a history cannot show: which values came back, whose row brought a record to life, who was linked
when, and how often each system insisted on a value that was not taken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.decisions import Verdict
from shared.core.paths import element_of
from shared.core.records import Field, Link, LinkState, Record
from shared.core.values import Digest, Value, digest
from shared.flows.fan_out import Image
from shared.ports.stores import Change
from tests.kit.memory import Memory
from tests.simulation.landing import KEY_PATHS
from tests.simulation.partner import Partner
from tests.simulation.stage import Stage
from tests.simulation.truth import Place
from tests.simulation.windows import APPLIED_LATE, Opened

LOGGED = frozenset({Verdict.PASSED, Verdict.YIELDED, Verdict.WON})
"""The verdicts by which a record may return to a value that it had left: both values stand as a conflict."""

INSISTED = frozenset({Verdict.REFUSED, Verdict.LOST, Verdict.PERSON})
"""The verdicts by which a system's value is not taken, and put back there."""

LONG_AGO = 20.0
"""Seconds after which a worker that looked at a row has surely done with what it saw."""

CLOCKS = 5.0
"""Seconds by which the clocks of two workers may be apart, and a little more."""

Spot = tuple[str, str]
"""A record's id and a path."""


@dataclass
class Watch:
    """The notes of one history."""

    stage: Stage
    memory: Memory
    partners: Mapping[str, Partner]
    apart: list[str] = field(default_factory=list)
    hasty: list[str] = field(default_factory=list)
    came_back: list[str] = field(default_factory=list)
    foreign_lifts: list[tuple[str, Place]] = field(default_factory=list)
    linked_at: dict[Place, tuple[float, str]] = field(default_factory=dict)
    insisted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    opened: Opened = field(default_factory=Counter)
    shown: dict[tuple[Place, str], dict[Digest, float]] = field(default_factory=lambda: defaultdict(dict))
    """When each value of a row's plain fields was first known to us."""
    _taken: dict[Spot, float] = field(default_factory=dict)
    """When the row that each field's value was last taken from had last been read by then."""
    _had: dict[Spot, set[Digest]] = field(default_factory=lambda: defaultdict(set))
    _verdicts: dict[tuple[str, int], dict[str, Verdict]] = field(default_factory=dict)

    def note_change(self, change: Change) -> None:
        """Note by which verdict each field of a record changed, and what was not taken."""
        record = change.record
        if record.version == 1 and not change.cause.operation.startswith("operator"):  # who may say so
            self._note_apart(record)
        self._verdicts[record.id, record.version] = {each.path: each.verdict for each in change.decisions}
        for each in change.decisions:
            if each.verdict in INSISTED:
                self.insisted[record.id, each.system, each.path] += 1

    def note_image(self, image: Image) -> None:
        """Note what a write linked, put back, and brought to life."""
        before, after = image.before, image.after
        verdicts = self._verdicts.pop((after.id, after.version), {})
        for system, link in after.links.items():
            if link.external_id:
                place = (system, after.entity, link.external_id)
                self.linked_at.setdefault(place, (self.stage.seconds, after.id))
                if before is None or link is not before.links.get(system):
                    self._note_shown(place, link)
        if before is None:
            return
        self._note_haste(before, image)
        self._note_lift(before, image)
        self._note_values(before, image, verdicts)

    def was_shown(self, place: Place, path: str, value: Value, before: float) -> bool:
        """Tell whether a system had shown us a value of a row, and we had kept that, before a moment."""
        return self.shown[place, path].get(digest(value), before) < before

    def ever_was(self, record: Record, path: str, value: Value) -> bool:
        """Tell whether a record ever held a value."""
        return digest(value) in self._had[record.id, path] | {digest(record.value(path))}

    def _note_shown(self, place: Place, link: Link) -> None:
        for path, seen in link.fields.items():
            if element_of(path) is None and path not in link.unsure:  # else it is what we assume of a write
                self.shown[place, path].setdefault(seen.seen, self.stage.seconds)

    def _note_apart(self, new: Record) -> None:
        """Note a record that was made new though one that does not stand there holds its key, and all show it."""
        (system,) = (name for name, link in new.links.items() if link.external_id)
        for key in sorted(new.without_keys):
            holder = self.memory.identities.holding.get(key)
            other = self.memory.records.held.get(holder.record_id) if holder else None
            if other is None or other.tombstone is not None or other.link(system).state is not LinkState.EMPTY:
                continue
            if other.link(system).intent is None and self._is_shown_by_all(other, key):
                self.apart.append(f"{new.id[:4]} is another than {other.id[:4]}, which shows {key} too")

    def _is_shown_by_all(self, record: Record, key: str) -> bool:
        """Tell whether every row of a record shows a key, and has done so for longer than a worker takes."""
        path, shown = KEY_PATHS[record.entity], []
        for system, link in record.links.items():
            row = self.partners[system].rows.get((record.entity, str(link.external_id)))
            if not link.is_live or row is None or row.is_deleted:
                continue
            since = row.changed_at  # by people, or by what we sent (seed 8404)
            value = str(row.fields.get(path)).strip().casefold()
            shown.append(key == f"key/{record.entity}/{path}/{value}" and since < self.stage.seconds - LONG_AGO)
        return bool(shown) and all(shown)

    def _note_haste(self, before: Record, image: Image) -> None:
        """Note a send that did not wait for the back-off of the failure before it (as far as clocks agree)."""
        link = before.link(image.cause.system)
        is_begun = image.cause.operation == "intent" and link.intent is None and link.parked is None
        if not is_begun or not link.backoffs or link.waits_for is not None or link.due_at is None:
            return
        seconds = (link.due_at - self.stage.now()).total_seconds()
        if seconds > CLOCKS:
            self.hasty.append(f"{before.id[:4]} in {image.cause.system}, {seconds:.0f} s early")

    def _note_lift(self, before: Record, image: Image) -> None:
        """Note a tombstone that a row lifted which was never this record's before."""
        after, cause = image.after, image.cause
        place = (cause.system, after.entity, cause.external_id)
        linked_at, owner = self.linked_at.get(place, (self.stage.seconds, ""))
        is_own = before.link(cause.system).external_id == cause.external_id
        was_own = owner == after.id and linked_at < self.stage.seconds
        if before.tombstone is not None and after.tombstone is None and not is_own and not was_own:
            self.foreign_lifts.append((after.id, place))

    def _note_values(self, before: Record, image: Image, verdicts: dict[str, Verdict]) -> None:
        after, partner = image.after, self.partners.get(image.cause.system)
        for path, held in after.fields.items():
            old = before.fields.get(path)
            if old is None or old.value == held.value:
                continue
            spot, taken_at = (after.id, path), self._taken.pop((after.id, path), None)
            had = self._had[spot]
            had.add(digest(old.value))
            row = partner and partner.rows.get((after.entity, image.cause.external_id))
            if row and held.by == image.cause.system:
                self._taken[spot] = row.read_at
            if not is_told_apart(path, held.value) or digest(held.value) not in had or verdicts.get(path) in LOGGED:
                continue
            if partner is not None and self._was_put_back(partner, image, path, old, taken_at):
                continue
            if partner is not None and path in partner.kind.late:
                self.opened[APPLIED_LATE, partner.kind.name] += 1  # a second send of it landed over what came after
            else:
                self.came_back.append(f"{after.id[:4]} v{after.version} {path} is {held.value!r} again")

    def _was_put_back(self, partner: Partner, image: Image, path: str, old: Field, taken_at: float | None) -> bool:
        """Tell whether it is people who put the very value into the row that shows it, and left it there: twice, or
        after the one that the record had taken from that row before anybody read what they put next, or in a row that
        is linked again after another in its place had shown nothing (seed 1036342)."""
        place, value = (partner.name, image.after.entity, image.cause.external_id), image.after.value(path)
        edits = partner.truth.by_field.get((place, path), [])
        typed = [digest(edit.value) for edit in edits]
        if not typed or typed[-1] != digest(value):
            return False
        is_linked = image.before is not None and image.before.link(partner.name).external_id == image.cause.external_id
        if old.value is None and old.by == partner.name and not is_linked:
            return True
        is_next = typed[-2:-1] == [digest(old.value)] and old.by == partner.name
        return typed.count(digest(value)) > 1 or (is_next and taken_at is not None and taken_at < edits[-1].at)


def is_told_apart(path: str, value: Value) -> bool:
    """Tell whether nobody but one person can have put a value: a status, or nothing at all, may well come again."""
    element = element_of(path)
    return path != "status" and value not in (None, True, False) and (element is None or bool(element.field))
