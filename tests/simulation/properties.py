"""What must hold at the end of every history; each property has a number (issue 3) and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf

from shared.core.decisions import Verdict
from tests.simulation.agreement import agreement, single, waiting
from tests.simulation.deletes import capped, lifted, outlived
from tests.simulation.edits import Fates
from tests.simulation.history import NEVER_QUIET, History
from tests.simulation.holding import holds, keys_are_held, looked_first
from tests.simulation.replaying import replays
from tests.simulation.truth import Place
from tests.simulation.windows import CLONED, ENTERED, logged_windows, shut

RAISES = "0 no flow raises"
"""What it is called when a flow raises; it breaks a history, but proves no rule of the sync."""


def violations(history: History) -> list[str]:
    """Return everything that must not be, as sentences that begin with the property's number."""
    found = [*dict.fromkeys(history.truth.violations), *(f"{RAISES}: {each}" for each in history.stage.errors)]
    if any(each.startswith(NEVER_QUIET) for each in found):
        return found
    for check in CHECKS.values():
        found += check(history)
    return found


def _convergence(history: History) -> Iterator[str]:
    return agreement(history)


def _edits(history: History) -> Iterator[str]:
    fates = Fates(history)
    yield from fates.lost()
    yield from fates.one_sided()
    history.opened += fates.opened


def _windows(history: History) -> Iterator[str]:
    history.opened += history.watch.opened + logged_windows(history)
    yield from shut(history.opened, history.kinds.values())


def _ledger(history: History) -> Iterator[str]:
    entries = history.memory.ledger.entries
    for record in history.records():
        missing = [v for v in range(1, record.version + 1) if (record.id, v) not in entries]
        if missing:
            yield f"3 every version stands in the ledger: {record.entity} {record.id[:4]} lacks {missing}"


def _bounded(history: History) -> Iterator[str]:
    edits, systems = len(history.truth.edits), len(history.partners)
    most = 10 + edits * systems
    if history.truth.writes > most:
        yield f"4 writes are bounded: {history.truth.writes} writes after {edits} edits in {systems} systems"


def _tombstones(history: History) -> Iterator[str]:
    for record_id, version in history.lifts:
        logged = [c for c in history.memory.records.conflicts if (c.record_id, c.version) == (record_id, version)]
        kept = any(each.decision.verdict is Verdict.EDIT_KEPT for each in logged)
        if not kept and (record_id, version) not in history.owner_lifts:
            yield f"8 nothing but a logged change lifts a tombstone: {record_id[:4]} v{version}"


def _cursors(history: History) -> Iterator[str]:
    for each in history.unseen:
        yield f"14 every version is observed: {each} was changed and never read"


def _returns(history: History) -> Iterator[str]:
    for each in history.watch.came_back:
        yield f"3 nothing comes back that was left behind, unless both values are logged: {each}"


def _apart(history: History) -> Iterator[str]:
    for each in history.watch.apart:
        yield f"5 who shows one key is one record: {each}"


def _haste(history: History) -> Iterator[str]:
    for each in history.watch.hasty:
        yield f"16 a failure waits for its back-off: {each}"


def _foreign_lifts(history: History) -> Iterator[str]:
    for record_id, place in history.watch.foreign_lifts:
        if _is_clone_of_unread(history, record_id, place):
            history.opened[CLONED, history.kinds[place[0]].name] += 1
        elif (record_id, place) in history.chronicle.taken_for_made:
            history.opened[ENTERED, history.kinds[place[0]].name] += 1  # who has its key by now (seed 3092838)
        elif history.truth.made_for.get(place) != record_id:
            yield f"8 only a row of its own lifts a record's tombstone: {place[2]} lifted that of {record_id[:4]}"


def _is_clone_of_unread(history: History, record_id: str, place: Place) -> bool:
    """Tell whether a row bears our reference because people cloned what a create of the record had made there, and then
    deleted that before the record was linked to it: what is left shows nothing that tells it from what was made."""
    truth, linked_at = history.truth, history.watch.linked_at
    row = history.partners[place[0]].rows[place[1], place[2]]
    at, owner = linked_at.get(place, (0.0, ""))
    made = [each for each, whose in truth.made_for.items() if whose == record_id and each[0] == place[0]]
    went = all(each not in linked_at and truth.deleted_by_people.get(each, inf) < at for each in made)
    return bool(made) and place not in made and went and owner == row.reference == record_id


CHECKS: Mapping[str, Callable[[History], Iterator[str]]] = {
    "convergence": _convergence,
    "single": single,
    "edits": _edits,
    "ledger": _ledger,
    "bounded": _bounded,
    "keys": keys_are_held,
    "looked": looked_first,
    "apart": _apart,
    "haste": _haste,
    "returns": _returns,
    "holds": holds,
    "tombstones": _tombstones,
    "foreign lifts": _foreign_lifts,
    "cursors": _cursors,
    "waiting": waiting,
    "capped": capped,
    "lifted": lifted,
    "outlived": outlived,
    "replays": replays,
    "windows": _windows,
}
