"""Relations of a dry installation: what stands is read, what would be noted stays in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.core.relations import Relation
from shared.ports.relations import Relations


class DryRelations:
    """Relations over those that stand."""

    def __init__(self, base: Relations) -> None:
        """Begin with what stands."""
        self._base = base
        self._noted: dict[tuple[str, str], Relation | None] = {}

    def put(self, relations: Collection[Relation]) -> None:
        """Keep relations here."""
        self._noted |= {each.place: each for each in relations}

    def drop(self, relations: Collection[Relation]) -> None:
        """Keep here that relations are gone."""
        self._noted |= {each.place: None for each in relations}

    def of(self, parent: str, kind: str = "", since: str = "") -> Sequence[Relation]:
        """Return what stands, as it would be by now."""
        found: dict[tuple[str, str], Relation | None] = {
            each.place: each for each in self._base.of(parent, kind, since)
        }
        for place, each in self._noted.items():
            if place[0] == parent and (
                each is None or not kind or (each.kind == kind and place[1] >= f"{kind}/{since}")
            ):
                found[place] = each
        return [each for _, each in sorted(found.items()) if each is not None]
