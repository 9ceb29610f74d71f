"""Property 8: deletes stay below the cap, only a person's change lifts a tombstone, an edit outlives a delete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.paths import element_of, listed, pattern
from shared.core.records import Record
from shared.core.values import Digest, digest
from tests.simulation.chronicle import Lift
from tests.simulation.history import History
from tests.simulation.truth import Edit
from tests.simulation.windows import ARCHIVED

TAKEN = frozenset({Verdict.TAKEN, Verdict.WON, Verdict.PASSED})
STATUSES = ("draft", "placed", "confirmed")


def capped(history: History) -> Iterator[str]:
    """Yield every comparison that sent on more of what its listing lacked than the cap of deletes per run."""
    for (_, system, entity), gone in history.chronicle.asked_gone.items():
        if len(gone) > history.integration.rules(entity).max_deletes_per_run:
            yield f"8 deletes never exceed the cap: a comparison of {system} {entity} sent {sorted(gone)} on"


def lifted(history: History) -> Iterator[str]:
    """Yield every tombstone that was lifted by something else than its owner, or an edit that the record took."""
    for lift in history.chronicle.lifted:
        if not _is_shown_again(lift) and not _is_edited(history, lift):
            told = f"{lift.after.entity} {lift.after.id[:4]} v{lift.after.version} by {lift.cause.system}"
            yield f"8 nothing but a real change lifts a tombstone: {told}"


def outlived(history: History) -> Iterator[str]:
    """Yield every edit that went with a record which was deleted before the edit came to where it was deleted.

    Only where nothing of the field can be lost between our reading and our writing, here and there.
    """
    logged = _logged(history)
    for edit in history.truth.edits:
        record = _record_of(history, edit)
        if record is None or record.tombstone is None or not _may_judge(history, record, edit):
            continue
        if _came_there(history, record, edit) or digest(edit.value) in logged[record.id]:
            continue
        silent = _never_shown(history, record, edit)
        if silent:
            history.opened[ARCHIVED, history.kinds[silent].name] += 1
        else:
            told = f"{edit.place[2]} {edit.path} = {edit.value!r} at {edit.at:.1f}"
            yield f"8 an edit outlives a delete, or is logged: {told}, deleted in {record.tombstone.by}"


def _never_shown(history: History, record: Record, edit: Edit) -> str:
    """Return the shy partner, where it was edited or where it was deleted, that never showed us the field: what is not
    shown is neither taken nor owed."""
    assert record.tombstone is not None
    systems = (edit.place[0], record.tombstone.by)
    shy = (each for each in systems if history.kinds[each].is_shy)
    return next((each for each in shy if edit.path not in record.link(each).fields), "")


def _is_shown_again(lift: Lift) -> bool:
    revived = any(each.verdict in (Verdict.REVIVED, Verdict.EDIT_KEPT) for each in lift.decisions)
    return lift.cause.system == lift.deleted_in and revived


def _is_edited(history: History, lift: Lift) -> bool:
    """Tell whether the same write kept an edit, and took a value that a person had put there."""
    if not any(each.verdict is Verdict.EDIT_KEPT for each in lift.decisions):
        return False
    place = (lift.cause.system, lift.after.entity, lift.cause.external_id)
    if not history.kinds[lift.cause.system].is_honest:
        return True  # what it makes of our own values looks like an edit (docs/guarantees.md)
    typed = {digest(edit.value) for edit in history.truth.edits if edit.place == place}
    restored = place in history.truth.restored
    return restored or any(each.verdict in TAKEN and digest(each.theirs) in typed for each in lift.decisions)


def _may_judge(history: History, record: Record, edit: Edit) -> bool:
    system = edit.place[0]
    rules = history.integration.rules(record.entity)
    link = record.link(system)
    is_lost = edit.place in history.truth.deleted_by_people or edit.place in history.truth.restored
    is_value = edit.path != "status" and isinstance(edit.value, str | Decimal)
    stone, element = record.tombstone, element_of(edit.path)
    assert stone is not None
    is_untold = element is not None and (element.key in link.ambiguous or record.link(stone.by).ambiguous)
    return (
        is_value
        and not is_untold  # a person is asked, here or there, whose it is: till then it is taken by nobody
        and all(history.kinds[each].has_no_window_for(pattern(edit.path)) for each in (system, stone.by))
        and not is_lost
        and system != stone.by
        and link.external_id == edit.place[2]
        and stone.by in rules.systems
        and all(system in rules.writers(edit.path, status) for status in STATUSES)
        and not _is_replaced(history, record, edit)
        and all(_was_always_mapped(history, each, edit) for each in (system, stone.by))
    )


def _was_always_mapped(history: History, system: str, edit: Edit) -> bool:
    """Tell whether a field was in a system's mapping all along: one that joins or leaves may be read nowhere."""
    change = history.setting.change
    settings = (history.integration,) if change is None else (change.before, change.after)
    ables = [each.entities[edit.place[1]].systems.get(system) for each in settings]
    return all(able is not None and listed(able.carries, edit.path) for able in ables)


def _is_replaced(history: History, record: Record, edit: Edit) -> bool:
    """Tell whether a person who saw the value put another one, there or where it had come to: an element has another id
    in each system (seed 3013206)."""
    path, later = pattern(edit.path), history.truth.edits[edit.number + 1 :]
    replaced = (each for each in later if pattern(each.path) == path and digest(each.saw) == digest(edit.value))
    return any(each.place == edit.place or _holds(history, each.place, record) for each in replaced)


def _came_there(history: History, record: Record, edit: Edit) -> bool:
    """Tell whether the value ever stood in the system in which the record was then deleted: by us, or by its people."""
    stone = record.tombstone
    assert stone is not None
    path = pattern(edit.path)
    typed = (each.value for each in history.truth.edits if each.place[0] == stone.by and pattern(each.path) == path)
    if any(digest(value) == digest(edit.value) for value in typed):
        return True
    forms = (digest(edit.value), digest(history.kinds[stone.by].spelled(path, edit.value)))
    landed = history.connectors[stone.by].landing.landed
    return any(pattern(name) == path and value in forms and _holds(history, at, record) for at, name, value in landed)


def _holds(history: History, place: tuple[str, str, str], record: Record) -> bool:
    holder = history.memory.identities.holding.get(id_key(*place))
    return holder is not None and holder.record_id == record.id


def _record_of(history: History, edit: Edit) -> Record | None:
    holder = history.memory.identities.holding.get(id_key(*edit.place))
    return history.memory.records.held.get(holder.record_id) if holder else None


def _logged(history: History) -> Mapping[str, set[Digest]]:
    found: dict[str, set[Digest]] = defaultdict(set)
    for conflict in history.memory.records.conflicts:
        found[conflict.record_id].update((digest(conflict.decision.theirs), digest(conflict.decision.ours)))
    return found
