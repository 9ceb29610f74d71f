"""Items of the identities table: who holds a key, what is noted at it, which creates are open.

A key's holder stands under sort key `-`, a note about the same partner record under `note`: both may be there. The
partition key is the key itself, or its beginning and a digest where it is longer than an index key may be.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import Any

from shared.aws.formats import FORMAT, Item, filled, from_moment, maybe_moment, readable, text_of, to_moment
from shared.aws.record_format import shard_of
from shared.core.records import Record
from shared.ports.stores import Holder, Note, NoteKind, OpenCreate

HOLDER = "-"
NOTE = "note"
PARKED_SHARD = "parked"
"""The key value of the due index under which parked notes stand, by the moment since when."""

LONGEST = 1024
ID_PREFIX = "id/"


def pk_of(key: str) -> str:
    """Return the partition key of an identity key."""
    if len(key.encode()) <= LONGEST:
        return key
    return f"{key[:200]}…{blake2b(key.encode(), digest_size=20).hexdigest()}"


def create_pk(system: str, entity: str) -> str:
    """Return the partition key under which the open creates of a system and entity stand."""
    return f"create/{system}/{entity}"


def pair_of(system: str, entity: str) -> str:
    """Return the key value of the index by system."""
    return f"{system}/{entity}"


def holder_item(key: str, record: Record) -> dict[str, Any]:
    """Return the item that says that a record holds a key; an id key stands in the index by system."""
    item: dict[str, Any] = {
        "pk": {"S": pk_of(key)},
        "sk": {"S": HOLDER},
        "format": {"N": str(FORMAT)},
        "record_id": {"S": record.id},
        "generation": {"N": str(record.generation)},
    }
    if key.startswith(ID_PREFIX):
        system, entity, external_id = key.removeprefix(ID_PREFIX).split("/", 2)
        item |= {"system_entity": {"S": pair_of(system, entity)}, "external_id": {"S": external_id}}
    return item


def freed_item(key: str, generation: int) -> dict[str, Any]:
    """Return the item of an id key that is nobody's: all it says is which generation begins with its next holder."""
    return {
        "pk": {"S": pk_of(key)},
        "sk": {"S": HOLDER},
        "format": {"N": str(FORMAT)},
        "generation": {"N": str(generation)},
    }


def holder_of(held: Item | None, noted: Item | None) -> Holder:
    """Return who holds a key and what is noted at it."""
    note = None if noted is None else note_of(noted)
    if held is None:
        return Holder(note=note)
    readable(int(held["format"]["N"]), f"identity {held['pk']['S']}")
    return Holder(held["record_id"]["S"] if "record_id" in held else "", int(held["generation"]["N"]), note)


def note_item(key: str, note: Note) -> dict[str, Any]:
    """Return the item of a note; a waiting one is due, a parked one stands in the index since when it is parked."""
    item: dict[str, Any] = {
        "pk": {"S": pk_of(key)},
        "sk": {"S": NOTE},
        "format": {"N": str(FORMAT)},
        "body": {"S": text_of(_body(note))},
    }
    if note.kind is NoteKind.PARKED:
        return item | _indexed(PARKED_SHARD, note.since)
    return item if note.due_at is None else item | _indexed(shard_of(key), note.due_at)


def note_of(item: Item) -> Note:
    """Return the note of an item."""
    readable(int(item["format"]["N"]), f"note {item['pk']['S']}")
    found = json.loads(item["body"]["S"])
    return Note(
        NoteKind(found["kind"]),
        found["system"],
        found["entity"],
        found["external_id"],
        found["reason"],
        to_moment(found["since"]),
        maybe_moment(found.get("due_at")),
        found.get("attempts", 0),
        found.get("field"),
        tuple(found.get("candidates", ())),
        maybe_moment(found.get("last_at")),
    )


def open_create_of(item: Item) -> OpenCreate:
    """Return the open create of an item."""
    return OpenCreate(item["sk"]["S"], to_moment(item["until"]["S"]))


def _body(note: Note) -> dict[str, Any]:
    return {
        "kind": note.kind.value,
        "system": note.system,
        "entity": note.entity,
        "external_id": note.external_id,
        "reason": note.reason,
        "since": from_moment(note.since),
        **filled(
            {
                "due_at": None if note.due_at is None else from_moment(note.due_at),
                "attempts": note.attempts,
                "field": note.field,
                "candidates": list(note.candidates),
                "last_at": None if note.last_at is None else from_moment(note.last_at),
            }
        ),
    }


def _indexed(shard: str, at: datetime) -> dict[str, Any]:
    return {"due_shard": {"S": shard}, "due_at": {"S": from_moment(at)}}
