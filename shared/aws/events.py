"""Business events on the bus: CloudEvents 1.0 (JSON event format) in the detail, ten to a call, all or `TryAgain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from shared.aws.clients import Clients
from shared.aws.dynamodb import chunks
from shared.aws.failures import explained
from shared.aws.formats import Json, from_moment, text_of
from shared.aws.trace import current_trace
from shared.core.demands import DEMANDING
from shared.core.entities import ENTITIES
from shared.core.errors import TryAgain
from shared.core.values import Reference, Value
from shared.ports.messages import TOUCHED, Event

EVENTS_A_CALL = 10
SOURCE = "tandem"
KINDS = ("created", "changed", "status-changed", "deleted")
"""What may be told of a record of any entity."""

TYPES = (
    *(f"{entity}.{kind}" for entity in ENTITIES for kind in KINDS),
    *(f"{entity}.promise-changed" for entity in sorted(DEMANDING)),
    *("sync.parked", "stock.low", TOUCHED),
)
VERSIONS: Mapping[str, int] = MappingProxyType({**dict.fromkeys(TYPES, 1)})
"""Every event that is published, with the version of its form (`event_models`, docs/events/)."""


def publish(clients: Clients, bus: str, events: Sequence[Event]) -> None:
    """Put events on the bus; the type is the detail type that rules match."""
    for some in chunks(events, EVENTS_A_CALL):
        entries: Any = [_entry(bus, event) for event in some]
        with explained("publish events"):
            answer = clients.events.put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            raise TryAgain(f"the bus took all but {answer['FailedEntryCount']} of {len(some)} events")


def schema_of(type_: str) -> str:
    """Return the name of the schema that a promised event follows."""
    return f"urn:tandem:event:{type_}:{VERSIONS[type_]}"


def _entry(bus: str, event: Event) -> dict[str, str]:
    schema = {"dataschema": schema_of(event.type)} if event.type in VERSIONS else {}
    detail = {
        "specversion": "1.0",
        "id": event.id,
        "source": SOURCE,
        "type": event.type,
        "subject": event.subject,
        "datacontenttype": "application/json",
        **schema,
        "tandemtrace": current_trace(),
        "data": {name: _plain(value) for name, value in event.data.items()},
    }
    return {"EventBusName": bus, "Source": SOURCE, "DetailType": event.type, "Detail": text_of(detail)}


def _plain(value: Value) -> Json:
    """Return a value as other programs expect it: numbers as text (exact), moments as RFC 3339."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return from_moment(value)
    return value.external_id if isinstance(value, Reference) else value
