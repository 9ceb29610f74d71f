"""All-or-nothing calls: one refused record refuses the whole call, so a refused batch is halved until it stands alone.

Each refused record costs at most 2·log2(b) calls. A failure of the whole system (login, throttling, outage) is not
halved. After a call that nobody knows the end of, every record of it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.connectors.tryton.rpc import Done, Ended, Failed, Rpc
from shared.connectors.tryton.stamps import Stamps

Item = TypeVar("Item")


def in_halves(items: Sequence[Item], carry_out: Callable[[Sequence[Item]], Ended]) -> list[Any | Failed]:
    """Return one result per item: its part of the call's list, nothing where the call answers none, or the failure."""
    if not items:
        return []
    ended = carry_out(items)
    if isinstance(ended, Done):
        return list(ended.result) if isinstance(ended.result, list) else [None] * len(items)
    if len(items) == 1 or ended.unsure or ended.trouble.whole_system:
        return [ended] * len(items)
    middle = len(items) // 2
    return in_halves(items[:middle], carry_out) + in_halves(items[middle:], carry_out)


@dataclass(frozen=True, slots=True)
class Change:
    """What one record is to get, and the timestamps that it was decided on."""

    external_id: str
    values: Mapping[str, Any]
    held: Stamps


def write_locked(rpc: Rpc, model: str, changes: Sequence[Change | Failed]) -> list[str | Failed]:
    """Write each change in one call, guarded by the timestamps of all that it touches; the id of each, or its failure.

    A change without values is not sent. A ConcurrencyException says that one of the records has changed since.
    """

    def carry_out(some: Sequence[Change]) -> Ended:
        arguments = [part for each in some for part in ([int(each.external_id)], dict(each.values))]
        held = {record: stamp for each in some for record, stamp in each.held.by_record.items()}
        return rpc.call(model, "write", *arguments, context={"_timestamp": held})

    sent = [each for each in changes if isinstance(each, Change) and each.values]
    results = iter(in_halves(sent, carry_out))
    found: list[str | Failed] = []
    for change in changes:
        if isinstance(change, Failed):
            found.append(change)
            continue
        result = next(results) if change.values else None
        found.append(result if isinstance(result, Failed) else change.external_id)
    return found
