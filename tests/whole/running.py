"""The deployed template between running systems, and what a test does with it: settle, lose, look into the tables."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from local.stack import LocalStack
from operate.looking import Stack
from operate.settling import Pace, Settled, Settling
from operate.target import LOCAL_SETTINGS, Target
from shared.aws.formats import from_moment
from shared.aws.identity_format import NOTE, note_of
from shared.aws.record_format import cause_of, record_item, record_of
from shared.connectors.integration import load
from shared.connectors.webhooks import signature
from shared.core.integration import Integration
from shared.core.records import Link, Record
from shared.ports.stores import Note

PAST = datetime(2020, 1, 1, tzinfo=UTC)
_PACE = Pace(seconds=0.02, looks=1)
_SECONDS = 40.0

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Whole:
    """A running stack, its integration.toml, and the stack as the `tandem` command sees it: by AWS's APIs alone."""

    stack: LocalStack
    config: Path
    seen: Stack

    @property
    def target(self) -> str:
        """What `tandem --target` must say to mean this stack."""
        return f"local:{urlsplit(self.stack.aws).port}"

    @property
    def integration(self) -> Integration:
        """What integration.toml says now."""
        return load(self.config).integration

    def settle(self, *, reconcile: bool = False) -> Settled:
        """Do what `tandem settle` does, without its pauses; it has to settle."""
        outcome = Settling(self.seen, _PACE, _SECONDS, time.monotonic, self._go_on).run(reconcile)
        assert outcome.settled, f"not settled: {outcome}"
        return outcome

    def poll(self) -> None:
        """Ask every system what changed, and let the functions work on it until they have nothing to do."""
        assert not self.stack.invoke("PollChanges", {"now": True}).failed
        self.rest()

    def rest(self) -> None:
        """Wait until nothing happens any more before time passes."""
        assert self.stack.drain(_SECONDS, but_hidden=True)

    def records(self, entity: str = "") -> list[Record]:
        """The golden records as they stand in the table, of one entity or all."""
        found = [record_of(item) for item in self.items("RecordsTable")]
        return [record for record in found if entity in ("", record.entity)]

    def items(self, table: str) -> list[Item]:
        """Everything that stands in a table."""
        with self.stack.items.lock:
            return [_read(item) for item in self.stack.items.table(self.physical(table)).all_items()]

    def notes(self) -> list[Note]:
        """The partner records that wait or are parked."""
        return [note_of(item) for item in self.items("IdentitiesTable") if item["sk"]["S"] == NOTE]

    def rewrite(self, change: Callable[[Record], Record]) -> int:
        """Write every record anew as `change` has it, as a restore would: the stream does not hear of it."""
        with self.stack.items.lock:
            table = self.stack.items.table(self.physical("RecordsTable"))
            heard, items = len(table.stream), list(table.all_items())
            for item in items:
                changed = record_item(change(record_of(_read(item))), cause_of(_read(item)))
                table.put(table.place(item, whole=False), _wired(changed))
            del table.stream[heard:]
        return len(items)

    def make_due(self) -> None:
        """Let all leases, back-offs and due times of all records end, those of open creates too."""
        self.rewrite(_due)
        with self.stack.items.lock:
            table = self.stack.items.table(self.physical("IdentitiesTable"))
            for item in list(table.all_items()):
                if item["pk"]["S"].startswith("create/"):
                    table.put(table.place(item, whole=False), {**item, "until": {"S": from_moment(PAST)}})

    def skip_to_now(self) -> None:
        """Move the polls' cursors to this moment.

        In a test all happens within a second or two, and a poll asks again for its partner's last second.
        """
        top = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for system, entity in self.integration.pairs():
            cursor, due_at = self.seen.states.cursor(system, entity)
            if cursor is not None and due_at is not None:
                self.seen.states.move_cursor(system, entity, json.dumps({**json.loads(cursor), "top": top}), due_at)

    def state(self, system: str) -> str:
        """Whether a system is running, paused or tripped."""
        return self.seen.state(system).status.value

    def why(self, system: str) -> str:
        """What stopped a system."""
        return self.seen.state(system).why

    def physical(self, logical_id: str) -> str:
        """A queue's URL, a table's or a bus's name."""
        return self.stack.deployment.named(logical_id).physical_id

    def tell(self, entity: str, system: str, *ids: str) -> None:
        """Put an event on the bus: these records may have changed."""
        detail = json.dumps({"system": system, "entity": entity, "ids": list(ids)})
        entry = {"Source": "anybody", "DetailType": "record.changed", "Detail": detail}
        self.stack.client("events").put_events(Entries=[{**entry, "EventBusName": self.physical("EventBus")}])

    def post(self, system: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Send a webhook as it stands."""
        url = f"{self.stack.api}/webhooks/{system}"
        return requests.post(url, data=body, headers=dict(headers), timeout=10)

    def _go_on(self, seconds: float) -> None:
        """Instead of sleeping: wait until nothing happens, then let what is delayed come."""
        del seconds
        self.stack.drain(_SECONDS, but_hidden=True)
        self.stack.hurry()


def signed(secret: str, body: bytes, *, message: str = "msg_1", sent_at: float | None = None) -> dict[str, str]:
    """The headers of a genuine webhook, sent now or at another time."""
    when = str(int(time.time() if sent_at is None else sent_at))
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": when,
        "webhook-signature": signature(secret, message, when, body),
    }


@contextmanager
def running(config: Path, secrets: Mapping[str, Mapping[str, str]]) -> Iterator[Whole]:
    """Deploy the template as it is and run it until the block ends."""
    with LocalStack(config=config, secrets=secrets) as stack:
        yield Whole(stack, config, Stack(Target(stack.name, settings=LOCAL_SETTINGS)))


def _read(item: Item) -> Item:
    """An item as boto3 gives it: on the wire, bytes are base64."""
    return {name: {"B": b64decode(value["B"])} if "B" in value else value for name, value in item.items()}


def _wired(item: Item) -> Item:
    return {name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()}


def _due(record: Record) -> Record:
    links = {system: _expired(link) for system, link in record.links.items()}
    is_due = any(link.due_at for link in links.values())
    return replace(record, links=links, due_at=PAST if is_due else None)


def _expired(link: Link) -> Link:
    intent = replace(link.intent, until=PAST) if link.intent else None
    return replace(link, intent=intent, due_at=PAST if link.due_at or intent else None, backoffs=0)
