"""The conflict items in memory: written and closed with the record that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.aws.formats import from_moment
from shared.core.questions import asks
from shared.ports.conflicts import Closed, Conflict, ConflictPage
from shared.ports.stores import Change


class MemoryConflicts:
    """Conflicts in a list, in the order in which they were written."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: list[Conflict] = []

    def apply(self, change: Change) -> None:
        """Do a change's part here: close what it answers, keep what it decides."""
        record, cause = change.record, change.cause
        closed = Closed(cause.at, cause.detail.get("by", ""), cause.operation)
        for number, each in enumerate(self.kept if change.closes else ()):
            is_its = each.record_id == record.id and each.is_open
            if is_its and any(asks(question, each.decision) for question in change.closes):
                self.kept[number] = replace(each, closed=closed)
        made = [decision for decision in change.decisions if decision.is_conflict]
        by = cause.detail.get("by", "")
        self.kept += [
            Conflict(record.id, record.entity, record.version, place, decision, cause.at, cause.rules, by)
            for place, decision in enumerate(made)
        ]

    def page(self, *, is_open: bool, after: str | None, limit: int) -> ConflictPage:
        """Return a page of the open ones, oldest first, or of the others, newest first."""
        some = [each for each in self.kept if each.is_open is is_open]
        some.sort(key=_place, reverse=not is_open)
        left = [each for each in some if after is None or ((_place(each) > after) is is_open and _place(each) != after)]
        page = left[:limit]
        return ConflictPage(page, _place(page[-1]) if len(page) == limit else None)

    def of(self, record_id: str) -> Sequence[Conflict]:
        """Return all conflicts of a record, the oldest first by the clocks of those who wrote them."""
        return sorted((each for each in self.kept if each.record_id == record_id), key=_place)


def _place(conflict: Conflict) -> str:
    at = "" if conflict.at is None else from_moment(conflict.at)
    return f"{at}/{conflict.version:08d}/{conflict.place:04d} {conflict.record_id}"
