"""One entity of one partner: its description, its mapping, and what was learned of it on the way."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from shared.connectors.mapping import EntityMapping, Habits
from shared.connectors.rest.settings import EntitySettings

FRESH_SECONDS = 30.0
MOST_KEPT = 2000


class Recent:
    """Records as they were just shown, for updates that must send a part of them back; a bounded, short memory."""

    def __init__(self, most: int = MOST_KEPT, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._most = most
        self._fresh_seconds = fresh_seconds
        self._kept: OrderedDict[str, tuple[float, Mapping[str, Any]]] = OrderedDict()
        self._lock = Lock()

    def keep(self, external_id: str, raw: Mapping[str, Any]) -> None:
        """Remember how a record was shown just now."""
        with self._lock:
            self._kept[external_id] = (time.monotonic(), raw)
            self._kept.move_to_end(external_id)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def get(self, external_id: str) -> Mapping[str, Any] | None:
        """Return how a record was shown a moment ago; nothing where that is too long ago to be built upon."""
        at, raw = self._kept.get(external_id, (float("-inf"), None))
        return raw if time.monotonic() - at <= self._fresh_seconds else None

    def forget(self, external_id: str) -> None:
        """Forget a record that is about to change."""
        self._kept.pop(external_id, None)


@dataclass(frozen=True)
class Subject:
    """What it takes to understand what the partner says of this entity."""

    system: str
    entity: str
    given: EntitySettings
    mapping: EntityMapping
    habits: Habits = field(default_factory=Habits)
    recent: Recent = field(default_factory=Recent)
