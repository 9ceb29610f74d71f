"""Change events of an org as they arrive on the event bus, by Event Relay or by AppFlow: hints, and never data.

Both carry a `ChangeEventHeader`, Event Relay below `detail.payload` and AppFlow below `detail`. One event may name many
records. A GAP event carries no fields, which changes nothing here: its records are read again like all others. An
overflow names no record, but a wildcard such as `001*`, and what changed is left to the poll, which runs in any case;
so is an event that was too large for the bus, of which AppFlow sends only where it lies.
Events that our own writes made are not left out: a flow of the org may have changed more under the same mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.connectors.salesforce.ids import is_id, whole_id
from shared.connectors.salesforce.settings import SalesforceSettings
from shared.ports.system import Hint

HEADER = "ChangeEventHeader"
NOBODY = "000000000000000AAA"
"""What stands for an id in an event that names no record."""


class ChangeEvents:
    """Reads the change events of one org."""

    def __init__(self, settings: SalesforceSettings) -> None:
        self._system = settings.name
        self._source = settings.event_source
        self._entities: dict[str, str] = {}
        self._parents: dict[str, tuple[str, str]] = {}
        for entity in settings.names:
            given = settings.entity(entity)
            self._entities[given.type] = entity
            if given.children is not None:
                self._parents[given.children.type] = (entity, given.children.parent)

    def hints(self, event: Mapping[str, Any]) -> list[Hint] | None:
        """Return the hints of an event; nothing at all where it is no change event of this org."""
        if not str(event.get("source") or "").startswith(self._source):
            return None
        detail = event.get("detail")
        payload = detail.get("payload") if isinstance(detail, Mapping) else None
        content = payload if isinstance(payload, Mapping) else detail
        header = content.get(HEADER) if isinstance(content, Mapping) else None
        if not isinstance(content, Mapping) or not isinstance(header, Mapping):
            is_of_a_change = str(event.get("detail-type") or "").endswith("ChangeEvent")
            return [] if is_of_a_change and isinstance(detail, Mapping) else None
        return list(dict.fromkeys(self._named(str(header.get("entityName") or ""), header, content)))

    def _named(self, kind: str, header: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[Hint]:
        if kind in self._entities:
            ids = header.get("recordIds")
            for each in ids if isinstance(ids, list) else ():
                if isinstance(each, str) and is_id(each) and whole_id(each) != NOBODY:
                    yield Hint(self._system, self._entities[kind], whole_id(each))
        if kind in self._parents:
            entity, parent = self._parents[kind]
            named = content.get(parent)
            if isinstance(named, str) and is_id(named):
                yield Hint(self._system, entity, whole_id(named))
