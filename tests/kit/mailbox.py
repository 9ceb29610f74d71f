"""What partners push, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from shared.core.observations import Observation


class MemoryMailbox:
    """Pushed states in a dictionary."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: dict[tuple[str, str], dict[str, Observation]] = {}

    def put(self, observation: Observation) -> bool:
        """Keep a state unless one with a higher revision is there."""
        box = self.kept.setdefault((observation.system, observation.entity), {})
        before = box.get(observation.external_id)
        if before and _order(before) is not None and _order(observation) is not None:
            older, newer = _order(observation) or 0, _order(before) or 0
            if older < newer:
                return False
        box[observation.external_id] = observation
        return True

    def get(self, system: str, entity: str, ids: Collection[str]) -> Mapping[str, Observation]:
        """Return the states of these records."""
        box = self.kept.get((system, entity), {})
        return {id_: box[id_] for id_ in ids if id_ in box}

    def page(self, system: str, entity: str, after: str | None, limit: int) -> Sequence[Observation]:
        """Return a page of states."""
        box = self.kept.get((system, entity), {})
        return [box[id_] for id_ in sorted(box) if after is None or id_ > after][:limit]


def _order(observation: Observation) -> int | None:
    return observation.revision.order if observation.revision else None
