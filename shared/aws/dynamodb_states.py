"""States of systems, cursors, listings and counts in DynamoDB: small items that all functions share.

| partition key      | sort key    | what                                                              |
|--------------------|-------------|-------------------------------------------------------------------|
| `state/<system>`   | `-`         | status, until, why; the login's lease and token (`dynamodb_tokens`) |
| `state/<system>`   | entity      | the same of one entity in it                                      |
| `cursor/<system>`  | entity      | cursor of the poll, when the next one is due                      |
| `read/<system>`    | entity      | by which version of the rules it was last read whole              |
| `schema/<system>`  | entity      | what is known of its fields (`dynamodb_schemas`)                  |
| `usage`            | system      | calls so far: `read`, `write`                                     |
| `change`           | `-`         | when records last changed                                         |
| `listing/<run>`    | page, part  | ids of a reconcile's page, packed, for a day                      |
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.aws.dynamodb import Dynamo, chunks, equals
from shared.aws.dynamodb_activity import count_on
from shared.aws.dynamodb_schemas import Schemas
from shared.aws.failures import explained, has_held
from shared.aws.formats import Item, from_moment, maybe_moment, text_of, to_moment
from shared.core.schema_drift import Schema
from shared.ports.clock import Clock
from shared.ports.stores import SystemState, SystemStatus

ALONE = "-"
LISTING_KEPT = timedelta(days=1)
IDS_AN_ITEM = 5000
"""Ids of 60 characters that come to under 350 kB even where they cannot be packed."""

MOST_PARTS = 10_000

_NOT_PAUSED = "(attribute_not_exists(#status) OR #status <> :paused)"
_LONGER = " AND (attribute_not_exists(#until) OR #until < :until)"


class DynamoStates:
    """States, over their table."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock
        self._schemas = Schemas(dynamo, table, clock)

    def schema(self, system: str, entity: str) -> Schema | None:
        """Return what is known of the fields of an entity in a system."""
        return self._schemas.get(system, entity)

    def keep_schema(self, system: str, entity: str, before: Schema | None, schema: Schema) -> bool:
        """Put it if what is kept is still the one before."""
        return self._schemas.keep(system, entity, before, schema)

    def state(self, system: str, entity: str = "") -> SystemState:
        """Return the state of a system, or of one entity in it."""
        return state_of(self._dynamo.get_one(self._table, {"pk": state_pk(system), "sk": entity or ALONE}))

    def stops(self, system: str) -> Mapping[str, SystemState]:
        """Return all that is kept of a system, read consistently."""
        items = self._dynamo.query(self._table, ConsistentRead=True, **equals(pk=state_pk(system)))
        return {"" if item["sk"]["S"] == ALONE else item["sk"]["S"]: state_of(item) for item in items}

    def set_state(self, system: str, state: SystemState, entity: str = "") -> bool:
        """Put a state; the table's own answer tells whether this call changed the status."""
        return set_state(self._dynamo, self._table, system, state, entity=entity)

    def recover(self, system: str, entity: str = "") -> bool:
        """Let what was slowed or tripped run again; a pause and a wait for approval stay."""
        return self._update_state(
            system,
            entity,
            f"let {system} run again",
            UpdateExpression="SET #status = :running, #why = :none REMOVE #until, failures, since, probe_until",
            ConditionExpression="#status = :tripped OR (#status = :running AND attribute_exists(#until))",
            ExpressionAttributeNames={"#status": "status", "#why": "why", "#until": "until"},
            ExpressionAttributeValues={
                ":running": {"S": SystemStatus.RUNNING.value},
                ":tripped": {"S": SystemStatus.TRIPPED.value},
                ":none": {"S": ""},
            },
        )

    def claim_probe(self, system: str, entity: str, now: datetime, until: datetime) -> bool:
        """Tell whether this caller is the one that may try a tripped system until then."""
        return self._update_state(
            system,
            entity,
            f"probe {system}",
            UpdateExpression="SET probe_until = :until",
            ConditionExpression="#status = :tripped AND (attribute_not_exists(probe_until) OR probe_until <= :now)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":until": {"S": from_moment(until)},
                ":now": {"S": from_moment(now)},
                ":tripped": {"S": SystemStatus.TRIPPED.value},
            },
        )

    def _update_state(self, system: str, entity: str, what: str, **update: Any) -> bool:
        key = {"pk": {"S": state_pk(system)}, "sk": {"S": entity or ALONE}}
        return has_held(partial(self._dynamo.client.update_item, TableName=self._table, Key=key, **update), what)

    def cursor(self, system: str, entity: str) -> tuple[str | None, datetime | None]:
        """Return cursor and due time of a poll."""
        item = self._dynamo.get_one(self._table, {"pk": f"cursor/{system}", "sk": entity})
        if item is None:
            return None, None
        return item["cursor"]["S"] if "cursor" in item else None, to_moment(item["due_at"]["S"])

    def move_cursor(self, system: str, entity: str, cursor: str | None, due_at: datetime) -> None:
        """Put cursor and due time."""
        item = {"pk": {"S": f"cursor/{system}"}, "sk": {"S": entity}, "due_at": {"S": from_moment(due_at)}}
        if cursor is not None:
            item["cursor"] = {"S": cursor}
        with explained(f"move the cursor of {system} {entity}"):
            self._dynamo.client.put_item(TableName=self._table, Item=item)

    def read_by(self, system: str, entity: str) -> str:
        """Return by which version of the rules a system was last read whole."""
        item = self._dynamo.get_one(self._table, {"pk": f"read/{system}", "sk": entity})
        return "" if item is None else item["rules"]["S"]

    def note_read(self, system: str, entity: str, rules: str) -> None:
        """Note the version of the rules by which a system was read whole."""
        item = {"pk": {"S": f"read/{system}"}, "sk": {"S": entity}, "rules": {"S": rules}}
        with explained(f"note that {system} {entity} was read"):
            self._dynamo.client.put_item(TableName=self._table, Item=item)

    def keep_page(self, run: str, page: int, ids: Sequence[str]) -> None:
        """Keep the ids of one page for a day, in as many items as they need; the first says how many count."""
        expires = int((self._clock.now() + LISTING_KEPT).timestamp())
        parts = [*chunks(ids, IDS_AN_ITEM)] or [[]]
        for part, some in reversed([*enumerate(parts)]):
            item: dict[str, Any] = {
                "pk": {"S": f"listing/{run}"},
                "sk": {"S": f"{page:08d}/{part:04d}"},
                "ids": {"B": gzip.compress(text_of(some).encode(), mtime=0)},
                "parts": {"N": str(len(parts))},
                "expires_at": {"N": str(expires)},
            }
            with explained(f"keep page {page} of listing {run}"):
                self._dynamo.client.put_item(TableName=self._table, Item=item)

    def pages(self, run: str) -> frozenset[str]:
        """Return all ids of a run, read consistently; a part that is left of a longer page does not count."""
        items = self._dynamo.query(self._table, ConsistentRead=True, **equals(pk=f"listing/{run}"))
        most: dict[str, int] = {}
        found: set[str] = set()
        for item in items:
            page, _, part = item["sk"]["S"].partition("/")
            if int(part) < most.setdefault(page, _parts(item)):
                found.update(json.loads(gzip.decompress(item["ids"]["B"])))
        return frozenset(found)

    def count_calls(self, system: str, reads: int, writes: int) -> None:
        """Add to the number of calls."""
        with explained(f"count the calls to {system}"):
            self._dynamo.client.update_item(
                TableName=self._table,
                Key={"pk": {"S": "usage"}, "sk": {"S": system}},
                UpdateExpression="ADD #read :reads, #write :writes",
                ExpressionAttributeNames={"#read": "read", "#write": "write"},
                ExpressionAttributeValues={":reads": {"N": str(reads)}, ":writes": {"N": str(writes)}},
            )
        count_on(self._dynamo, self._table, self._clock.now().date(), system, reads, writes)

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return the calls made so far."""
        items = self._dynamo.query(self._table, ConsistentRead=True, **equals(pk="usage"))
        return {item["sk"]["S"]: {"read": int(item["read"]["N"]), "write": int(item["write"]["N"])} for item in items}

    def note_change(self, at: datetime) -> None:
        """Note when records changed; an earlier moment changes nothing."""
        text = from_moment(at)
        update = partial(
            self._dynamo.client.update_item,
            TableName=self._table,
            Key={"pk": {"S": "change"}, "sk": {"S": ALONE}},
            UpdateExpression="SET #at = :at",
            ConditionExpression="attribute_not_exists(#at) OR #at < :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": text}},
        )
        has_held(update, "note that records changed")

    def last_change(self) -> datetime | None:
        """Return when records last changed."""
        item = self._dynamo.get_one(self._table, {"pk": "change", "sk": ALONE})
        return None if item is None else to_moment(item["at"]["S"])


def _parts(item: Item) -> int:
    """Return how many parts of its page count; all of them where an older version of this code kept the page."""
    return int(item["parts"]["N"]) if "parts" in item else MOST_PARTS


def state_pk(system: str) -> str:
    """Return the partition key of a system's state."""
    return f"state/{system}"


def state_of(item: Item | None) -> SystemState:
    """Return the state that an item says; running where there is none."""
    if item is None or "status" not in item:
        return SystemState()
    return SystemState(
        SystemStatus(item["status"]["S"]),
        maybe_moment(item["until"]["S"] if "until" in item else None),
        item["why"]["S"],
        int(item["failures"]["N"]) if "failures" in item else 0,
        maybe_moment(item["since"]["S"] if "since" in item else None),
    )


def set_state(
    dynamo: Dynamo, table: str, system: str, state: SystemState, also: Sequence[str] = (), entity: str = ""
) -> bool:
    """Put a state (and remove the attributes `also`); tell whether its status is another one now.

    An operator's word (paused, or running without an end) always holds. What a partner does neither ends a pause nor,
    where it only slows the system, shortens what holds it back already: a trip least of all.
    """
    names = {"#status": "status", "#why": "why", "#until": "until", "#failures": "failures", "#since": "since"}
    values: dict[str, Any] = {":status": {"S": state.status.value}, ":why": {"S": state.why}}
    if state.until:
        values[":until"] = {"S": from_moment(state.until)}
    if state.failures:
        values[":failures"] = {"N": str(state.failures)}
    if state.since:
        values[":since"] = {"S": from_moment(state.since)}
    left_out = [name for name in names if f":{name[1:]}" not in values]
    update: dict[str, Any] = {
        "TableName": table,
        "Key": {"pk": {"S": state_pk(system)}, "sk": {"S": entity or ALONE}},
        "UpdateExpression": "SET "
        + ", ".join(f"{name} = :{name[1:]}" for name in names if name not in left_out)
        + f" REMOVE {', '.join([*also, *left_out, 'probe_until'])}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_OLD",
    }
    if state.is_by_partner:
        update["ConditionExpression"] = _NOT_PAUSED + (_LONGER if state.status is SystemStatus.RUNNING else "")
        values[":paused"] = {"S": SystemStatus.PAUSED.value}
    return _changed_status(dynamo, update, system, state)


def _changed_status(dynamo: Dynamo, update: dict[str, Any], system: str, state: SystemState) -> bool:
    before: list[SystemState] = []
    has_held(
        lambda: before.append(state_of(dynamo.client.update_item(**update).get("Attributes"))),
        f"put the state of {system}",
    )
    return bool(before) and before[0].status is not state.status
