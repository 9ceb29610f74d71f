"""Property 10: every decision of the ledger, made again from what it was made from, comes out the same."""

from __future__ import annotations

from collections.abc import Iterator

from shared.core.replay import Replayed
from shared.flows.operating.replay import Retried, replay_entries
from tests.simulation.history import History

EVERY = 2
"""Every how-manieth history is replayed, which costs a fifth of its own time."""


def replays(history: History) -> Iterator[str]:
    """Yield every decision that comes out otherwise, or that cannot be made again."""
    if history.seed % EVERY:
        return
    entries = list(history.memory.ledger.entries.values())
    found = list(replay_entries(entries, history.integration))
    history.chance.struck["replayed"] += len(found)
    for each in found:
        if not each.is_same:
            yield f"10 a decision is replayed: {_told(each)}"


def _told(retried: Retried) -> str:
    entry, replay = retried.entry, retried.replay
    what = f"{entry.entity} {entry.record_id[:4]} v{entry.version} ({entry.cause.operation})"
    why = "; ".join(str(each) for each in replay.differences) if isinstance(replay, Replayed) else replay.why
    return f"{what}: {why}"
