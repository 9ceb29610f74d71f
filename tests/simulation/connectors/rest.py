"""A plain REST system in the simulation: customers with a list of people, a counter as revision, batches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.connectors.rest import CAPABILITIES, RestSettings, connect, webhooks
from shared.connectors.webhooks import signature
from shared.ports.system import WebhookRequest
from tests.connectors.fakes.base import Fake
from tests.connectors.fakes.rest import PAGE, PATH, RestFake
from tests.simulation.connectors.binding import URL, Binding
from tests.simulation.connectors.desk import Cells, Desk, Sheet, number, plain
from tests.simulation.connectors.hooks import Event, Hooks

PARENT = "@parent"
"""The cell that names the customer whom a person belongs to."""

CUSTOMER = {
    "path": PATH,
    "can": ["list", "read", "create", "update", "archive"],
    "fields": {
        "name": "name",
        "email": "email",
        "phone": "phone",
        "credit_limit": "credit_limit",
        "addresses[billing].city": "city",
        "contacts[]": "people[].id",
        "contacts[].name": "people[].name",
        "contacts[].email": "people[].email",
        "contacts[].phone": "people[].phone",
        "external_reference": "external_ref",
    },
    "revision": {"field": "version", "kind": "counter"},
    "modified": "updated_at",
    "updated_since": "updated_since={}",
    "page": {"by": "cursor", "size": 3, "items": "data"},
    "batch": {"path": f"{PATH}:batch", "size": PAGE},
    "find": {
        "external_reference": {"one": "?external_ref={}", "many": "?external_ref={}"},
        "email": {"one": "?email={}"},
    },
}
SETTINGS = RestSettings.model_validate(
    {"name": "crm", "base_url": URL, "auth": "bearer", "secret": "crm", "entities": {"customer": CUSTOMER}}
)
SHEET = Sheet(
    "customers",
    {
        "name": plain("name"),
        "email": plain("email"),
        "phone": plain("phone"),
        "credit_limit": number("credit_limit", str),
        "addresses[billing].city": plain("city"),
        "contacts[].name": plain("name"),
        "contacts[].email": plain("email"),
        "contacts[].phone": plain("phone"),
    },
    "external_ref",
    "people",
    PARENT,
    "contacts",
)


class RestTables:
    """Customers and their people as two tables; a customer holds its people as a list."""

    def __init__(self, fake: RestFake) -> None:
        self._fake = fake

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the customers, or the people of all of them."""
        if table == "customers":
            return self._fake.rows
        return {person["id"]: {**person, PARENT: each} for each in self._fake.rows for person in self._people(each)}

    def insert(self, table: str, cells: Cells) -> str:
        """Enter a customer, or add a person to one."""
        if table == "customers":
            return self._fake.enter(**cells)
        parent = cells[PARENT]
        self._fake.edit(parent, people=[*self._people(parent), _person(cells)])
        return str(self._people(parent)[-1]["id"])

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change a customer, or a person."""
        if table == "customers":
            self._fake.edit(external_id, **cells)
            return
        self._replace(external_id, lambda person: [{**person, **_person(cells)}])

    def delete(self, table: str, external_id: str) -> None:
        """Delete a customer, or take a person off the list."""
        if table == "customers":
            self._fake.end(external_id)
            return
        self._replace(external_id, lambda _: [])

    def _replace(self, external_id: str, by: Any) -> None:
        parent = self.live("people")[external_id][PARENT]
        people = [by(each) if each["id"] == external_id else [each] for each in self._people(parent)]
        self._fake.edit(parent, people=[each for some in people for each in some])

    def _people(self, parent: str) -> list[dict[str, Any]]:
        return self._fake.rows[parent].get("people") or []


def _person(cells: Cells) -> dict[str, Any]:
    return {name: value for name, value in cells.items() if name != PARENT}


def desk(fake: Fake) -> Desk:
    """Return the desk of the system."""
    assert isinstance(fake, RestFake)
    return Desk("crm", RestTables(fake), {"customer": SHEET})


def post(event: Event) -> WebhookRequest:
    """Return a message by Standard Webhooks."""
    seconds, name = str(int(event.at.timestamp())), f"msg_{event.number}"
    told = {"type": f"{event.entity}.updated", "data": {"id": event.name, "resource": event.entity}}
    body = json.dumps(told).encode()
    signed = signature(event.secret["webhook_secret"], name, seconds, body)
    return WebhookRequest({"webhook-id": name, "webhook-timestamp": seconds, "webhook-signature": signed}, body)


REST = Binding(
    name="rest",
    system="crm",
    make_fake=RestFake,
    connect=lambda around: connect(SETTINGS, around.read_secret, around.deadline, transport=around.transport),
    desk=desk,
    secret={"token": "a-live-credential", "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    hooks=Hooks(post, lambda read_secret: webhooks(SETTINGS, read_secret)),
    settings=SETTINGS,
    entities=CAPABILITIES.entities,
)
