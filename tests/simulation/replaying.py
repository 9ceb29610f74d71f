"""Property 10: every decision of the ledger, made again from what it was made from, comes out the same."""

from __future__ import annotations

from collections.abc import Iterator

from shared.core.replay import Replay, Replayed, replay
from shared.ports.stores import LedgerEntry
from tests.simulation.history import History

EVERY = 2
"""Every how-manieth history is replayed, which costs a fifth of its own time."""


def replays(history: History) -> Iterator[str]:
    """Yield every decision that comes out otherwise under the rules of then, or that cannot be made again."""
    if history.seed % EVERY:
        return
    entries = history.memory.ledger.entries
    history.chance.struck["replayed"] += len(entries)
    for (record_id, version), entry in entries.items():
        if entry.cause.operation.startswith("operator "):
            continue  # what a person decides follows from no rule
        again = _again(history, entries.get((record_id, version - 1)), entry)
        if not isinstance(again, Replayed) or not again.is_same:
            yield f"10 a decision is replayed: {_told(entry, again)}"


def _again(history: History, before: LedgerEntry | None, entry: LedgerEntry) -> Replay:
    assert entry.record is not None
    rules = history.versions[entry.cause.rules].entities[entry.entity]
    return replay(before.record if before else None, entry.record, entry.cause, rules)


def _told(entry: LedgerEntry, again: Replay) -> str:
    what = f"{entry.entity} {entry.record_id[:4]} v{entry.version} ({entry.cause.operation})"
    return f"{what}: {'; '.join(str(each) for each in again.differences) if isinstance(again, Replayed) else again.why}"
