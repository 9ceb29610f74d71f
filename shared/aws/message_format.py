"""Messages in the queues as JSON: a format number, the kind, system and entity, the trace, and ids or states.

A message is about one system and one entity. What is personal stands in the body only, never in an attribute.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.aws.formats import (
    FORMAT,
    Json,
    filled,
    from_moment,
    from_revision,
    from_values,
    maybe_moment,
    readable,
    text_of,
    to_revision,
    to_values,
)
from shared.core.errors import NeedsAPerson
from shared.core.observations import Observation, Source
from shared.ports.messages import TOUCHED, Delivery, Poll, Touch
from shared.ports.system import Hint

CHANGES, DELIVERIES, POLL = "changes", "deliveries", "poll"
RECORD_CHANGED = "record.changed"


def state_json(observation: Observation) -> Json:
    """Return an observation without its system and entity, which the message names."""
    return filled(
        {
            "id": observation.external_id,
            "fields": from_values(observation.fields),
            "revision": from_revision(observation.revision),
            "modified_at": None if observation.modified_at is None else from_moment(observation.modified_at),
            "collections": sorted(observation.collections),
            "partial": not observation.complete or None,
            "reference": observation.reference,
            "source": observation.source.value,
            "deleted": observation.deleted or None,
        }
    )


def changes_text(system: str, entity: str, trace: str, ids: Sequence[str], states: Sequence[str]) -> str:
    """Return a message of hints; `states` are observations as JSON text already."""
    opening = text_of(_head(CHANGES, system, entity, trace) | {"ids": list(ids)})
    return f'{opening[:-1]},"states":[{",".join(states)}]}}'


def deliveries_text(system: str, entity: str, trace: str, records: Sequence[str]) -> str:
    """Return a message of deliveries."""
    return text_of(_head(DELIVERIES, system, entity, trace) | {"records": list(records)})


def poll_text(poll: Poll, trace: str) -> str:
    """Return a message that asks for a poll, or for a page of a comparison."""
    more = filled({"run": poll.run, "cursor": poll.cursor, "page": poll.page})
    return text_of(_head(POLL, poll.system, poll.entity, trace) | more)


def touch_text(touch: Touch) -> str:
    """Return a message like the event that the bus hands on."""
    detail = {"subject": f"record/{touch.record}", "data": {"products": ", ".join(sorted(touch.products))}}
    return text_of({"detail-type": TOUCHED, "detail": detail})


def opened(body: str) -> Mapping[str, Any]:
    """Return a message's JSON object; raise `NeedsAPerson` for what no code here can read."""
    try:
        found = json.loads(body)
    except ValueError as error:
        raise NeedsAPerson("the message is no JSON") from error
    if not isinstance(found, dict):
        raise NeedsAPerson("the message is no JSON object")
    return found


def trace_in(message: Mapping[str, Any]) -> str:
    """Return the trace of a message; an event from the bus is traced by its own id."""
    return str(message.get("trace") or message.get("id") or "")


def hints_of(message: Mapping[str, Any]) -> list[Hint]:
    """Return the hints of a message of ours, or of an event `record.changed` from the bus."""
    if message.get("detail-type") == RECORD_CHANGED:
        return _hints_of_event(message.get("detail"))
    with_kind(message, CHANGES)
    system, entity = message["system"], message["entity"]
    hints = [Hint(system, entity, id_) for id_ in message["ids"]]
    states = [state_of(system, entity, found) for found in message["states"]]
    return hints + [Hint(system, entity, state.external_id, state) for state in states]


def touches_of(message: Mapping[str, Any]) -> list[Touch]:
    """Return what an event `products.touched` from the bus says."""
    if message.get("detail-type") != TOUCHED:
        raise NeedsAPerson("this is no event about products")
    detail = message["detail"]
    return [Touch(frozenset(detail["data"]["products"].split(", ")), detail["subject"].partition("/")[2])]


def deliveries_of(message: Mapping[str, Any]) -> list[Delivery]:
    """Return the deliveries of a message."""
    with_kind(message, DELIVERIES)
    return [Delivery(message["system"], message["entity"], id_) for id_ in message["records"]]


def poll_of(message: Mapping[str, Any]) -> Poll:
    """Return the poll of a message."""
    with_kind(message, POLL)
    return Poll(
        message["system"], message["entity"], message.get("run", ""), message.get("cursor"), message.get("page", 0)
    )


def polls_of(message: Mapping[str, Any]) -> list[Poll]:
    """Return the one poll of a message."""
    return [poll_of(message)]


def with_kind(message: Mapping[str, Any], kind: str) -> None:
    """Raise `NeedsAPerson` unless the message is of this kind and of a format that this code reads."""
    if message.get("kind") != kind:
        raise NeedsAPerson(f"this is no message of kind {kind}")
    readable(message.get("format"), f"message of kind {kind}")


def _head(kind: str, system: str, entity: str, trace: str) -> dict[str, Json]:
    return {"format": FORMAT, "kind": kind, "system": system, "entity": entity, "trace": trace}


def state_of(system: str, entity: str, found: Json) -> Observation:
    """Return the observation that `state_json` wrote."""
    return Observation(
        system,
        entity,
        found["id"],
        to_values(found.get("fields", {})),
        to_revision(found.get("revision")),
        maybe_moment(found.get("modified_at")),
        frozenset(found.get("collections", ())),
        "partial" not in found,
        found.get("reference"),
        Source(found["source"]),
        "deleted" in found,
    )


def _hints_of_event(detail: Any) -> list[Hint]:
    """Return the hints of an event's detail `{"system", "entity", "ids": […]}`; ids may be texts or numbers."""
    try:
        system, entity, ids = detail["system"], detail["entity"], detail["ids"]
        return [Hint(str(system), str(entity), str(id_)) for id_ in ids]
    except (KeyError, TypeError) as error:
        raise NeedsAPerson(f'an event {RECORD_CHANGED} needs detail {{"system", "entity", "ids": […]}}') from error
