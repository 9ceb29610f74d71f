"""replay: decisions of the ledger, made again from what they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.core.decisions import OPERATOR
from shared.core.integration import Integration
from shared.core.replay import CannotReplay, Replay, Replayed, replay
from shared.flows.parts import Parts
from shared.ports.stores import LedgerEntry

PAGE = 100
"""How many versions one answer replays."""


@dataclass(frozen=True, slots=True)
class Retried:
    """One decision of the ledger, and what came of making it again."""

    entry: LedgerEntry
    replay: Replay

    @property
    def is_same(self) -> bool:
        """Tell whether the very same came out."""
        return isinstance(self.replay, Replayed) and self.replay.is_same


def replay_record(parts: Parts, record_id: str, after: int = 0, limit: int = PAGE) -> tuple[Retried, ...]:
    """Replay a record's decisions whose version is greater than `after`, at most `limit`, in order of version."""
    start = max(0, after - 1)
    entries = parts.history.versions(record_id, start, limit + after - start)
    return tuple(each for each in replay_entries(entries, parts.integration) if each.entry.version > after)[:limit]


def replay_entries(entries: Iterable[LedgerEntry], integration: Integration) -> Iterator[Retried]:
    """Replay entries of one or many records, in any order: of a record whose earlier entry is not among them the
    first is told as one that cannot be replayed, unless it is the record's first."""
    by_version = {(each.record_id, each.version): each for each in entries}
    for (record_id, version), entry in sorted(by_version.items()):
        before = by_version.get((record_id, version - 1))
        yield Retried(entry, _replay(before, entry, integration))


def disagreements(entries: Iterable[LedgerEntry], integration: Integration) -> Iterator[Retried]:
    """Yield whatever does not come out the same, or cannot be replayed though no person did it: for a whole history
    there must be none."""
    for each in replay_entries(entries, integration):
        if not each.is_same and not each.entry.cause.operation.startswith(OPERATOR):
            yield each


def _replay(before: LedgerEntry | None, entry: LedgerEntry, integration: Integration) -> Replay:
    if entry.record is None:
        return CannotReplay("the record as it was written is not in the ledger")
    rules = integration.entities.get(entry.entity)
    if rules is None:
        return CannotReplay(f"{entry.entity} is no longer kept in step")
    return replay(before.record if before else None, entry.record, entry.cause, rules)
