"""Properties 2 and 3: what became of every edit by a person.

An edit ends as the final value, or stands as a conflict with both values, or was overwritten by a person who saw it,
or went with a record that a person deleted. A field that only one system's people touched keeps their last value.
What a partner without an exact precondition cannot be kept from is counted as a *window*.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from shared.core.entities import referred
from shared.core.keys import id_key
from shared.core.paths import element_of, element_path, listed, pattern
from shared.core.records import LinkState, Record
from shared.core.status import has_order, rank
from shared.core.values import Reference, Value, digest
from tests.simulation.history import History
from tests.simulation.partner import Row
from tests.simulation.truth import Edit, Place
from tests.simulation.windows import ARCHIVED, EMPTIED, ENTERED, GONE_UNREAD, JOINING, TWO_AS_ONE, UNKNOWN_ROW, Opened

HINT_SECONDS = 15.0
"""How long it may take from a listing that read a row until somebody heeds what it told."""

Logged = Mapping[str, frozenset[str]]


class Fates:
    """Finds out what became of edits."""

    def __init__(self, history: History) -> None:
        """Read what was logged and what stands."""
        self._history = history
        self._truth = history.truth
        self._logged = _logged(history)
        self._decided = {(each.record_id, each.decision.path) for each in history.memory.records.conflicts}
        gone = (self._where(edit) for edit in history.truth.edits if edit.value is False)
        self._removed = {(record.id, path) for record, path in gone if record is not None}
        self.opened: Opened = Counter()

    def lost(self) -> Iterator[str]:
        """Yield every edit that nobody can account for."""
        for edit in self._truth.edits:
            if edit.landed_blindly:
                yield f"2 no blind overwrite: {_told(edit)} was overwritten by a write that nothing was read before"
            if not self._is_accounted_for(edit):
                window = edit.window or self._window(edit)
                if window:
                    self._open(window, edit)
                else:
                    yield f"3 nothing is lost silently: {_told(edit)}"

    def one_sided(self) -> Iterator[str]:
        """Yield every last edit of a field that only one side touched, and that did not become the record's value."""
        groups: dict[tuple[str, str], list[Edit]] = defaultdict(list)
        for edit in self._truth.edits:
            record, path = self._where(edit)
            if record is not None:
                groups[record.id, path].append(edit)
        for (record_id, path), edits in groups.items():
            inside = [other for (of, name), other in groups.items() if of == record_id and name.startswith(path + ".")]
            if element_of(path) is not None and {e.place for each in inside for e in each} - {edits[0].place}:
                continue  # the other side edited the element that this side removed
            yield from self._one_sided(self._history.memory.records.held[record_id], path, edits)

    def _one_sided(self, record: Record, path: str, edits: list[Edit]) -> Iterator[str]:
        last = edits[-1]
        if len({edit.place for edit in edits}) > 1 or not self._may_judge(record, path, last):
            return
        is_gone = last.value is False and record.value(path) is None
        if is_gone or _same(self._value(last), record.value(path)):
            return
        if self._is_of_unknown_base(record, last):
            self._open(UNKNOWN_ROW, last)
        elif self._is_of_old_settings(record, last):
            self._open(JOINING, last)
        elif not (self._may_differ_elsewhere(record, path) and self._is_logged(record, last)):
            yield f"2 one-sided edits stand: {_told(last)}, the record says {record.value(path)!r}"

    def _is_of_unknown_base(self, record: Record, edit: Edit) -> bool:
        """Tell whether a row that we made was edited before any answer or look told us of it: nobody can know what the
        person saw, so the rule decided, and both values are logged (SYNC §8)."""
        rows = ((name, record.entity, str(link.external_id)) for name, link in record.links.items())
        if any(self._truth.made_for.get(place, record.id) != record.id for place in rows):
            return digest(edit.value) in self._logged.get(record.id, frozenset())  # linked by hand, or by its key alone
        known_at, _ = self._history.watch.linked_at.get(edit.place, (0.0, ""))
        is_early = edit.place in self._truth.made_for and edit.at <= known_at
        return is_early and digest(edit.value) in self._logged.get(record.id, frozenset())

    def _is_of_old_settings(self, record: Record, edit: Edit) -> bool:
        """Tell whether a worker that began before a system joined may have taken the other for the field's only writer:
        then the rule decided, and both values are logged."""
        change = self._history.setting.change
        is_near = change is not None and edit.at < change.at + 120.0
        return change is not None and change.what == "a system joins" and is_near and self._is_logged(record, edit)

    def _may_differ_elsewhere(self, record: Record, path: str) -> bool:
        """Tell whether a row of the record may show another value though nobody set one: a partner that keeps values in
        a form of its own, or not at all, or a row brought back with what it had, though another may stand in its
        place by now (seed 3030731). Then the rule decides, and it is logged."""
        is_honest = all(kind.is_honest_about(pattern(path)) for kind in self._history.kinds.values())
        return not is_honest or any(self._record_at(place) is record for place in self._truth.restored)

    def _may_judge(self, record: Record, path: str, edit: Edit) -> bool:
        system = edit.place[0]
        rules = self._history.integration.rules(record.entity)
        change = self._history.setting.change
        if change is not None and (record.entity, pattern(path)) in change.ruled:
            return False
        if not self._history.carries(system, record.entity, path):
            return False
        link = record.link(system)
        if edit.place in self._truth.restored:
            return False
        if record.tombstone or link.state is not LinkState.LIVE or link.external_id != edit.place[2]:
            return False
        if self._row(edit).is_deleted and self._is_noted(edit):
            return False  # more than the cap went at once: whether the record shall go waits for a person
        is_honest = self._history.kinds[system].is_honest_about(pattern(path))
        element = element_of(path)
        open_ = path in link.held or link.parked or (element is not None and link.ambiguous)
        gone = element is not None and bool(element.field)
        every = all(system in rules.writers(path, status) for status in ("draft", "placed", "confirmed"))
        return is_honest and every and not open_ and not gone and path != "status" and not edit.window

    def _is_accounted_for(self, edit: Edit) -> bool:
        if edit.value is True or (edit.value is None and not self._is_cleared(edit)):
            return True
        if edit.number in self._truth.copied or not self._history.carries(*edit.place[:2], edit.path):
            return True
        if self._was_never_mapped(edit):
            return True
        if self._is_noted(edit) or self._is_seen_and_replaced(edit):
            return True
        record, path = self._where(edit)
        was_read = self._is_over(edit) and not self._is_unread(edit)
        if record is None:
            return was_read or edit.value is False  # of an element that nobody ever read nothing is left
        if self._is_standing(record, path, edit) or self._is_reached(record, edit) or self._is_logged(record, edit):
            return True
        if self._is_detached(record, edit):
            return True
        return was_read and self._was_taken(record, path, edit)

    def _is_cleared(self, edit: Edit) -> bool:
        """Tell whether a person took a value away that the record had, in a row that was known or ours; what
        nobody ever read leaves nothing behind, and what somebody emptied elsewhere before is empty already."""
        record, path = self._where(edit)
        if record is None or element_of(path) is not None or edit.saw is None:
            return False
        known_at, _ = self._history.watch.linked_at.get(edit.place, (float("inf"), ""))
        is_known = edit.at > known_at or edit.place in self._truth.made_for
        earlier = (each for each in self._truth.edits[: edit.number] if each.place != edit.place)
        is_empty_there = (each for each in earlier if self._emptied_or_filled_unread(each, edit.at))
        if not is_known or any(self._where(each) == (record, path) for each in is_empty_there):
            return False
        return self._history.watch.ever_was(record, path, edit.saw)

    def _emptied_or_filled_unread(self, edit: Edit, at: float) -> bool:
        """Tell whether a person emptied a field elsewhere, or filled what was empty there, and nobody had told us of it
        until that moment: the record that is empty by then is as they saw it (seed 344481)."""
        if edit.value is None:
            return edit.saw is not None  # who entered it without a value emptied nothing
        return edit.saw is None and not self._history.watch.was_shown(edit.place, edit.path, edit.value, before=at)

    def _window(self, edit: Edit) -> str:
        """Return the window through which an edit was lost though no write of ours replaced it, if there is one."""
        if self._is_unread(edit) or self._went_untaken(edit):
            return GONE_UNREAD if edit.place in self._truth.deleted_by_people else ARCHIVED
        if edit.value is None and not self._history.watch.was_shown(edit.place, edit.path, edit.saw, before=edit.at):
            return EMPTIED  # as if our write had had no effect
        record, path = self._where(edit)
        if record is not None and self._is_as_we_sent(record, path, edit):
            return ENTERED
        is_shared = record is not None and (record.id, edit.place) in self._history.in_good_faith
        return TWO_AS_ONE if path == "email" and is_shared else ""

    def _is_as_we_sent(self, record: Record, path: str, edit: Edit) -> bool:
        """Tell whether a person entered, in a row of their own that was not linked yet, the very value that the record
        had from elsewhere: where a partner carries no reference of ours nothing tells that from what we sent."""
        linked_at, _ = self._history.watch.linked_at.get(edit.place, (0.0, ""))
        if self._history.kinds[edit.place[0]].carries_reference or not edit.at <= linked_at:
            return False
        earlier = (each for each in self._truth.edits[: edit.number] if each.place != edit.place)
        return any(_same(each.value, edit.value) and self._where(each) == (record, path) for each in earlier)

    def _was_never_mapped(self, edit: Edit) -> bool:
        """Tell whether nobody read the row, or heeded it while it and its record lived, by settings that had the field:
        it joined the mapping afterwards, or between the last look and the row's end (seeds 72885, 1087487)."""
        change = self._history.setting.change
        if change is None or edit.at >= change.at:
            return False
        able = change.before.entities[edit.place[1]].systems.get(edit.place[0])
        if able is None or listed(able.carries, edit.path):
            return False
        if not self._row(edit).is_deleted:
            return self._went_untaken(edit)
        read_at, ended_at = self._truth.read_before[edit.place], self._row(edit).changed_at
        is_read_late = ended_at - read_at < HINT_SECONDS and self._is_untaken(edit)
        return read_at < change.at or is_read_late or self._went_untaken(edit)

    def _is_unread(self, edit: Edit) -> bool:
        """Tell whether the row was deleted before anybody had read this edit of it."""
        return self._row(edit).is_deleted and self._truth.read_before[edit.place] <= edit.at

    def _went_untaken(self, edit: Edit) -> bool:
        """Tell whether the row or its record ended before any worker who had read this edit could say so."""
        return self._is_over(edit) and self._is_untaken(edit)

    def _is_untaken(self, edit: Edit) -> bool:
        """Tell whether no worker who could have said so had read this edit of a plain field."""
        if element_of(edit.path) is not None:
            return False
        return not self._history.watch.was_shown(edit.place, edit.path, edit.value, before=float("inf"))

    def _is_over(self, edit: Edit) -> bool:
        """Tell whether people deleted the row, or the record that it stood for."""
        record, _ = self._where(edit)
        is_gone = self._row(edit).is_deleted and edit.place in self._truth.deleted_by_people
        return is_gone or (record is not None and record.tombstone is not None)

    def _is_detached(self, record: Record, edit: Edit) -> bool:
        """Tell whether the row stands though its record is over: people deleted it there and brought it back. What
        they write into it is nobody else's."""
        is_dead = record.tombstone is not None and record.link(edit.place[0]).state is LinkState.DETACHED
        return is_dead and not self._row(edit).is_deleted

    def _row(self, edit: Edit) -> Row:
        return self._history.partners[edit.place[0]].rows[edit.place[1], edit.place[2]]

    def _open(self, window: str, edit: Edit) -> None:
        self.opened[window, self._history.kinds[edit.place[0]].name] += 1

    def _is_logged(self, record: Record, edit: Edit) -> bool:
        spelled = {digest(self._value(edit)), digest(edit.value)}
        return bool(spelled & self._logged.get(record.id, frozenset()))

    def _is_standing(self, record: Record, path: str, edit: Edit) -> bool:
        if edit.value is False:
            return record.value(path) is not True or self._is_put_back(record, path, edit)
        if _same(self._value(edit), record.value(path)):
            return True
        element = element_of(path)
        if element is not None and record.value(element_path(element.collection, element.key)) is not True:
            return self._is_removed(record, element_path(element.collection, element.key))
        link = record.link(edit.place[0])
        still_there = self._row(edit).fields.get(edit.path) == edit.value
        is_open = element is not None and bool(link.ambiguous)
        return still_there and (bool(link.parked) or path in link.held or is_open)

    def _is_reached(self, record: Record, edit: Edit) -> bool:
        """Tell whether a status that a person set was reached: the record stands there or further on, or did before who
        has the say took it back (seed 49377: the ERP deleted the order and entered it again)."""
        if edit.path != "status" or not has_order(record.entity):
            return False
        is_passed = rank(record.entity, record.value("status")) >= rank(record.entity, edit.value)
        return is_passed or self._history.watch.ever_was(record, "status", edit.value)

    def _is_removed(self, record: Record, presence: str) -> bool:
        """Tell whether an element is gone because a person removed it, or because it was refused or passed."""
        if (record.id, presence) in self._decided:
            return True
        return (record.id, presence) in self._removed

    def _was_taken(self, record: Record, path: str, edit: Edit) -> bool:
        """Tell whether a record had a value; of elements and references it is enough that it was read, and a field that
        was emptied leaves nothing behind (seeds 41946, 73444)."""
        is_plain = element_of(path) is None and edit.value is not None and not isinstance(edit.value, Reference)
        return not is_plain or self._history.watch.ever_was(record, path, edit.value)

    def _is_put_back(self, record: Record, path: str, edit: Edit) -> bool:
        """Tell whether an element that a person took away stands again because people said so, or a logged decision;
        or never went, since people had brought the row back, and what such a row lacks is added (seed 21549)."""
        if edit.place in self._truth.restored:
            return True
        later = (each for each in self._truth.edits[edit.number + 1 :] if each.value is True)
        return (record.id, path) in self._decided or any(self._where(each) == (record, path) for each in later)

    def _is_seen_and_replaced(self, edit: Edit) -> bool:
        """Tell whether a person who saw this value, here or in another system, put another one."""
        record, path = self._where(edit)
        for later in self._truth.edits[edit.number + 1 :]:
            if later.place == edit.place and later.path == edit.path and later.saw == edit.value:
                return True
            is_elsewhere = record is not None and later.place != edit.place
            if not is_elsewhere or pattern(later.path) != pattern(edit.path):
                continue
            if self._where(later) == (record, path) and self._saw(later, edit):
                return True
        return False

    def _saw(self, later: Edit, edit: Edit) -> bool:
        kind = self._history.kinds[later.place[0]]
        if edit.value is None:
            return later.saw is None
        return later.saw is not None and later.saw in (edit.value, kind.spelled(pattern(edit.path), edit.value))

    def _is_noted(self, edit: Edit) -> bool:
        return id_key(*edit.place) in self._history.memory.identities.notes

    def _where(self, edit: Edit) -> tuple[Record | None, str]:
        record, element = self._record_at(edit.place), element_of(edit.path)
        if record is None or element is None:
            return record, edit.path
        names = self._history.elements.get((record.id, edit.place[0]), {})
        return record, element_path(element.collection, names.get(element.key, element.key), element.field)

    def _record_at(self, place: Place) -> Record | None:
        holder = self._history.memory.identities.holding.get(id_key(*place))
        return self._history.memory.records.held.get(holder.record_id) if holder else None

    def _value(self, edit: Edit) -> Value:
        if referred(edit.place[1], edit.path) is None or not isinstance(edit.value, Reference):
            return edit.value
        holder = self._history.memory.identities.holding.get(
            id_key(edit.value.system, edit.value.entity, edit.value.external_id)
        )
        return holder.record_id if holder else edit.value


def _logged(history: History) -> dict[str, frozenset[str]]:
    """Return per record the digests of all values that stand as conflicts."""
    found: dict[str, set[str]] = defaultdict(set)
    for conflict in history.memory.records.conflicts:
        found[conflict.record_id].update((digest(conflict.decision.theirs), digest(conflict.decision.ours)))
    return {record_id: frozenset(digests) for record_id, digests in found.items()}


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    return digest(one) == digest(other)


def _told(edit: Edit) -> str:
    return f"{edit.place[2]} {edit.path} = {edit.value!r} at {edit.at:.1f}"
