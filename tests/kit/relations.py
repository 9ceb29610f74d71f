"""Relations in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.core.relations import Relation


class MemoryRelations:
    """Relations in a dictionary; `queries` counts the looks."""

    def __init__(self) -> None:
        """Begin empty."""
        self.held: dict[tuple[str, str], Relation] = {}
        self.queries = 0

    def put(self, relations: Collection[Relation]) -> None:
        """Put relations."""
        self.held |= {each.place: each for each in relations}

    def drop(self, relations: Collection[Relation]) -> None:
        """Take relations away."""
        for each in relations:
            self.held.pop(each.place, None)

    def of(self, parent: str, kind: str = "", since: str = "") -> Sequence[Relation]:
        """Return a parent's relations in order."""
        self.queries += 1
        mine = [self.held[place] for place in sorted(place for place in self.held if place[0] == parent)]
        first = f"{kind}/{since}"
        return [each for each in mine if not kind or (each.kind == kind and each.place[1] >= first)]
