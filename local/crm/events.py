"""Events: written beside the change that they tell of, then handed to the courier, faults applied."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from local.crm.courier import Courier, Event, Letter, Webhook
from local.crm.faults import Faults
from local.crm.resources import RESOURCES
from local.crm.signing import new_secret
from local.crm.store import Row, Store

ALL_TYPES = frozenset(
    f"{resource.one}.{what}" for resource in RESOURCES.values() for what in ("created", "updated", "archived")
)


@dataclass(frozen=True, slots=True)
class Replay:
    """How past events are sent again: so many times each, in their order or shuffled by a seed."""

    times: int
    is_shuffled: bool
    seed: int


class Events:
    """The outbox of the CRM. `record` belongs inside the transaction of the change, `send` after it."""

    def __init__(self, store: Store, courier: Courier, faults: Faults) -> None:
        self._store = store
        self._courier = courier
        self._faults = faults
        self._held_back: list[Event] = []

    def register(self, url: str, types: Iterable[str], secret: str | None) -> Webhook:
        """Send events of these types to the address from now on; the same address again replaces it."""
        with self._store.transaction():
            database = self._store.database
            database.execute("DELETE FROM webhooks WHERE url = ?", (url,))
            webhook = Webhook(self._store.next_id("whk"), url, tuple(types), secret or new_secret())
            row = (webhook.id, webhook.url, json.dumps(webhook.events), webhook.secret)
            database.execute("INSERT INTO webhooks VALUES (?, ?, ?, ?)", row)
        return webhook

    def unregister(self, webhook_id: str) -> bool:
        """Send nothing more to this webhook; false where there is none."""
        return self._store.database.execute("DELETE FROM webhooks WHERE id = ?", (webhook_id,)).rowcount > 0

    def webhooks(self) -> list[Webhook]:
        """Return everyone who wants to hear of something."""
        rows = self._store.database.execute("SELECT id, url, events, secret FROM webhooks ORDER BY id")
        return [Webhook(each[0], each[1], tuple(json.loads(each[2])), each[3]) for each in rows]

    def record(self, happened: str, row: Row) -> Event:
        """Note an event: `{type, timestamp, data: {resource, …the full body}}`."""
        event_type = f"{RESOURCES[row.resource].one}.{happened}"
        payload = {"type": event_type, "timestamp": row.updated_at, "data": {"resource": row.resource, **row.body()}}
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        event = Event(self._store.next_id("evt"), event_type, body.encode())
        self._store.database.execute("INSERT INTO events VALUES (?, ?, ?)", (event.id, event.type, body))
        return event

    def send(self, events: Iterable[Event]) -> None:
        """Hand events over to the courier, unless a fault drops, doubles or holds them back."""
        webhooks = self.webhooks()
        for event in events:
            for each in self._after_faults(event, webhooks):
                self._courier.hand_over(_letters(each, webhooks))

    def replay(self, how: Replay) -> int:
        """Send every event of the past again, ids unchanged, faults aside; return how many letters that makes."""
        rows = self._store.database.execute("SELECT id, type, body FROM events ORDER BY rowid")
        again = [Event(each[0], each[1], each[2].encode()) for each in rows] * how.times
        if how.is_shuffled:
            Random(how.seed).shuffle(again)
        webhooks = self.webhooks()
        letters = [letter for event in again for letter in _letters(event, webhooks)]
        self._courier.hand_over(letters)
        return len(letters)

    def forget(self, webhooks_too: bool) -> None:
        """Forget all records and events and what is still to be sent; ids are not given again."""
        self._held_back.clear()
        self._courier.forget()
        self._store.empty(("records", "keys", "events", *(("webhooks",) if webhooks_too else ())))

    def let_go(self) -> None:
        """Send what a fault held back, latest first."""
        held, self._held_back = self._held_back, []
        webhooks = self.webhooks()
        for event in reversed(held):
            self._courier.hand_over(_letters(event, webhooks))

    def _after_faults(self, event: Event, webhooks: list[Webhook]) -> list[Event]:
        faults = self._faults
        if faults.webhooks_dropped.strikes(event.type):
            for letter in _letters(event, webhooks):
                self._courier.note(letter, "dropped by a fault")
            return []
        if faults.webhooks_reordered.strikes(event.type):
            self._held_back.append(event)
            if faults.webhooks_reordered.next == 0:
                self.let_go()
            return []
        return [event, event] if faults.webhooks_duplicated.strikes(event.type) else [event]


def _letters(event: Event, webhooks: list[Webhook]) -> list[Letter]:
    return [Letter(webhook, event) for webhook in webhooks if webhook.wants(event.type)]
