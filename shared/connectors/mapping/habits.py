"""How a partner writes its fields, learned from what it shows: as numbers or texts, and in which style moments.

Ids are text to us, but a partner whose ids are numbers wants numbers back. A habit is only about the spelling of what
is sent; losing one costs nothing but the default spelling. Text wins: a field that ever showed text is text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.connectors.mapping import moments
from shared.core.values import Value

ID = "(id)"
REVISION = "(revision)"


@dataclass(frozen=True, slots=True)
class Habit:
    """The JSON kind in which a field is shown (`text`, `number`, `flag`) and, of moments, the style."""

    json: str
    style: moments.Style | None = None


class Habits:
    """What has been learned so far, per entity and pattern of ours.

    `ID` stands for the entity's own id, `REVISION` for its version.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Habit] = {}

    def get(self, entity: str, ours: str) -> Habit | None:
        """Return the habit of a field; nothing while it has not been seen."""
        return self._known.get((entity, ours))

    def note(self, entity: str, ours: str, raw: Any, value: Value = None) -> None:
        """Learn from one value as it was shown and as it was read."""
        known = self._known.get((entity, ours))
        if raw is None or (known is not None and known.json == "text"):
            return
        json = _json_kind(raw)
        if json is not None and (known is None or json == "text"):
            style = moments.style_of(raw) if isinstance(value, datetime) else None
            self._known[entity, ours] = Habit(json, style)


def _json_kind(raw: Any) -> str | None:
    if isinstance(raw, bool):
        return "flag"
    if isinstance(raw, int | Decimal):
        return "number"
    return "text" if isinstance(raw, str) else None
