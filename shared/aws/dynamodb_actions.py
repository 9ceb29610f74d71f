"""The actions of one write: which items of which tables, on which conditions.

DynamoDB takes at most 100 actions in a transaction. Keys are few; decisions can be many (an order of 200 lines), so
one conflict item holds several of them where they would not fit otherwise. More keys than fit are refused.

Each write has a name of its own (`write`), by which it is known again if its answer got lost on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from uuid import uuid4

from shared.aws.conflict_format import closing, conflict_item, conflicts_of
from shared.aws.formats import Item, from_moment
from shared.aws.identity_format import HOLDER, NOTE, create_pk, freed_item, holder_item, pk_of
from shared.aws.record_format import record_item
from shared.core.decisions import Decision
from shared.core.errors import NeedsAPerson
from shared.core.questions import asks
from shared.core.records import Record
from shared.ports.stores import Change

ACTIONS = 100
CONFLICT_ITEMS = 40
CLOSINGS = 30
"""How many conflict items one write closes in its transaction; what is beyond that is closed right after it."""

_FREE_OR_MINE = "attribute_not_exists(record_id) OR record_id = :me"


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the tables that a record is written with."""

    records: str
    identities: str
    conflicts: str


class Part(Enum):
    """What an action of a transaction does."""

    RECORD = auto()
    TAKEN = auto()
    GIVEN_BACK = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its part, the key that it is about, and the request as DynamoDB takes it."""

    part: Part
    key: str
    request: Mapping[str, Any]


def is_plain(change: Change) -> bool:
    """Tell whether nothing but the record's own item is written."""
    return not (
        change.keys_taken
        or change.keys_given_back
        or change.creates_opened
        or change.creates_closed
        or change.forgets
        or change.keys_freed
        or any(made.is_conflict for made in change.decisions)
    )


def actions_of(change: Change, tables: Tables) -> list[Action]:
    """Return the actions of a change, the record's own first. Raises `NeedsAPerson` for more than DynamoDB takes."""
    actions = [_record(change, tables), *_identities(change, tables.identities), *_conflicts(change, tables.conflicts)]
    if len(actions) > ACTIONS:
        raise NeedsAPerson(f"record {change.record.id}: {len(actions)} keys and marks change at once, {ACTIONS} fit")
    return actions


def closings_of(change: Change, items: Iterable[Item], table: str) -> list[Action]:
    """Return the updates that close those of a record's conflict items whose questions a change answers."""
    found = []
    for item in items:
        conflicts = [each for each in conflicts_of(item) if each.is_open]
        places = {each.place for each in conflicts if any(asks(q, each.decision) for q in change.closes)}
        if places:
            update = {"TableName": table, **closing(item, frozenset(places), change.cause)}
            found.append(Action(Part.OTHER, change.record.id, {"Update": update}))
    return found


def _record(change: Change, tables: Tables) -> Action:
    record = change.record
    put: dict[str, Any] = {
        "TableName": tables.records,
        "Item": record_item(record, change.cause) | {"write": {"S": uuid4().hex[:16]}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if record.version == 1:
        put["ConditionExpression"] = "attribute_not_exists(id)"
    else:
        put["ConditionExpression"] = "#version = :before"
        put["ExpressionAttributeNames"] = {"#version": "version"}
        put["ExpressionAttributeValues"] = {":before": {"N": str(record.version - 1)}}
    return Action(Part.RECORD, record.id, {"Put": put})


def _identities(change: Change, table: str) -> Iterator[Action]:
    record = change.record
    mine = {
        "ConditionExpression": _FREE_OR_MINE,
        "ExpressionAttributeValues": {":me": {"S": record.id}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    for key in sorted(change.keys_taken):
        yield Action(Part.TAKEN, key, {"Put": {"TableName": table, "Item": holder_item(key, record), **mine}})
    for key in sorted(change.keys_given_back - change.keys_taken):
        yield Action(Part.GIVEN_BACK, key, _delete(table, pk_of(key), HOLDER, mine))
    for key, generation in sorted(change.keys_freed.items()):
        freed = {"TableName": table, "Item": freed_item(key, generation), **mine}
        yield Action(Part.TAKEN, key, {"Put": freed})
    for key in sorted(change.forgets):
        yield Action(Part.OTHER, key, _delete(table, pk_of(key), NOTE, {}))
    for system in sorted(change.creates_closed - change.creates_opened):
        yield Action(Part.OTHER, system, _delete(table, create_pk(system, record.entity), record.id, {}))
    for system in sorted(change.creates_opened):
        yield Action(Part.OTHER, system, {"Put": {"TableName": table, "Item": _open_create(record, system)}})


def _conflicts(change: Change, table: str) -> Iterator[Action]:
    made = [decision for decision in change.decisions if decision.is_conflict]
    together = -(-len(made) // CONFLICT_ITEMS) or 1
    for number in range(0, len(made), together):
        some: list[Decision] = made[number : number + together]
        item = conflict_item(change.record, change.cause, number, some)
        yield Action(Part.OTHER, change.record.id, {"Put": {"TableName": table, "Item": item}})


def _open_create(record: Record, system: str) -> Mapping[str, Any]:
    intent = record.link(system).intent
    if intent is None:
        raise ValueError(f"record {record.id} opens a create in {system} without an intent")
    return {
        "pk": {"S": create_pk(system, record.entity)},
        "sk": {"S": record.id},
        "until": {"S": from_moment(intent.until)},
    }


def _delete(table: str, pk: str, sk: str, condition: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Delete": {"TableName": table, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}, **condition}}
