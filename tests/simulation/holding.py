"""Properties 5, 12 and 16: who holds a key shows it, nothing is made over what stands there, and a field is held only
where there is something to hold."""

from __future__ import annotations

from collections.abc import Iterator

from shared.core.decisions import Verdict
from shared.core.forms import is_own_form
from shared.core.keys import match_keys
from shared.core.paths import element_of
from shared.core.records import Link, Record
from shared.core.retry import FLIPS
from shared.core.unanswered import CODE
from tests.simulation.history import History
from tests.simulation.windows import BESIDE, WISH

LEFT = "left to a person"
"""Why a field is held that a person is asked about."""


def keys_are_held(history: History) -> Iterator[str]:
    """Yield every match key that is held by a record which does not show it, or not by the one that is due it."""
    holding, records = history.memory.identities.holding, history.memory.records.held
    due = {
        record.id: match_keys(record, history.integration.rules(record.entity))
        if record.tombstone is None
        else frozenset()
        for record in records.values()
    }
    for key, holder in holding.items():
        if key.startswith("key/") and key not in due.get(holder.record_id, frozenset()):
            yield f"5 who holds a key shows it: {key} is held by {holder.record_id[:4]}, which does not"
    for record_id, keys in due.items():
        for key in sorted(keys):
            if key not in holding or holding[key].record_id != record_id:
                yield f"5 who shows a key holds it, or is listed as a duplicate: {record_id[:4]} does not hold {key}"


def looked_first(history: History) -> Iterator[str]:
    """Yield every row that we made beside one of the same key that no other record had and that a look could show."""
    listed = {
        conflict.record_id
        for conflict in history.memory.records.conflicts
        if conflict.decision.verdict is Verdict.DUPLICATE
    }
    for each in history.truth.doubled:
        linked_at, owner = history.watch.linked_at.get(each.there, (float("inf"), ""))
        is_taken = linked_at < each.at and owner != each.record_id
        if not is_taken and each.record_id in listed:
            history.opened[BESIDE, history.kinds[each.made[0]].name] += 1
        elif not is_taken:
            yield f"5 nothing is made over what stands there: {each.made[2]} was made beside {each.there[2]}"


def holds(history: History) -> Iterator[str]:
    """Yield every field that is held though it differs in spelling alone, or though its system never refused ours."""
    for record in history.records():
        for system, link in record.links.items():
            yield from _parked_for_spelling(history, record, system, link)
            for path in link.held:
                if link.held[path].reason == LEFT:
                    continue
                if _is_spelling(history, record, system, path):
                    if _may_be_taken_for_a_wish(history, system, path):
                        history.opened[WISH, history.kinds[system].name] += 1
                    else:
                        yield f"12 a spelling of ours is no wish: {record.id[:4]} {path} is held in {system}"
                elif history.kinds[system].is_honest and not _was_insisted(history, record, system, path):
                    yield f"16 an honest partner is held to nothing: {record.id[:4]} {path} in {system}"


def _parked_for_spelling(history: History, record: Record, system: str, link: Link) -> Iterator[str]:
    if link.parked is None or link.parked.code != CODE:
        return
    for path in link.parked.owed:
        if _is_spelling(history, record, system, path):
            yield f"12 a spelling of ours is no wish: {record.id[:4]} is parked in {system} for {path}"


def _is_spelling(history: History, record: Record, system: str, path: str) -> bool:
    row = history.partners[system].rows.get((record.entity, str(record.link(system).external_id)))
    if row is None or path == "status" or element_of(path) is not None:
        return False
    ours, theirs = record.value(path), row.fields.get(path)
    return ours != theirs and is_own_form(ours, theirs)


def _may_be_taken_for_a_wish(history: History, system: str, path: str) -> bool:
    """Tell whether an undeclared spelling may end as a wish there: where no answer shows what was stored (SYNC §8)."""
    kind = history.kinds[system]
    return path in kind.undeclared and kind.answers in ("nothing", "id")


def _was_insisted(history: History, record: Record, system: str, path: str) -> bool:
    """Tell whether people there put their own value as often as makes it a wish (F12)."""
    insisted = history.watch.insisted[record.id, system, path]
    return insisted >= FLIPS - 1
