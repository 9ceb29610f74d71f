"""Two simple systems and the deployed template between them, and what a scenario can do there."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from moto.sns.models import sns_backends

from local.simple.running import SimpleSystem
from local.stack import LocalStack
from local.stack.names import ACCOUNT, REGION
from shared.aws.record_format import cause_of, record_item, record_of
from shared.connectors.webhooks import signature
from shared.core.values import Value
from tests.kit.builders import a_cause, a_record

TOKEN = "enter"
WEBHOOK_SECRET = "whsec_dGFraW5nLXRoaW5ncy1vdXQ="
SECRET = {"token": TOKEN, "webhook_secret": WEBHOOK_SECRET}

_SYSTEM = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"
secret = "{name}"
auth = "bearer"
[systems.{name}.entities.customer]
path = "/api/v1/customers"
id = "id"
can = ["list", "create"]
page = {{ by = "none" }}
[systems.{name}.entities.customer.fields]
name = "name"
email = "email"
phone = "phone"
"""


@dataclass(frozen=True, slots=True)
class World:
    """A running stack and the two systems that it keeps in step."""

    stack: LocalStack
    crm: SimpleSystem
    erp: SimpleSystem

    def add_to_crm(self, name: str) -> dict[str, Any]:
        """Somebody enters a customer in the CRM."""
        with self.crm.client() as client:
            added: dict[str, Any] = client.send(
                "POST", "/api/v1/customers", {"name": name, "email": f"{name}@x.example"}
            )
        return added

    def tell(self, customer: dict[str, Any]) -> int:
        """The CRM sends a signed webhook; gives the status of the answer."""
        body = json.dumps({"type": "customer.created", "data": customer}).encode()
        sent_at, message = str(int(time.time())), f"msg-{customer['id']}"
        headers = {
            "webhook-id": message,
            "webhook-timestamp": sent_at,
            "webhook-signature": signature(WEBHOOK_SECRET, message, sent_at, body),
            "content-type": "application/json",
        }
        return requests.post(f"{self.stack.api}/webhooks/crm", data=body, headers=headers, timeout=10).status_code

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        """An operator asks the API; gives status and answer."""
        headers = {"authorization": f"Bearer {self.stack.token}"}
        answer = requests.get(f"{self.stack.api}{path}", headers=headers, timeout=10)
        found: dict[str, Any] = answer.json()
        return answer.status_code, found

    def plan(self) -> tuple[int, dict[str, Any]]:
        """An operator asks the API for a plan; gives status and answer."""
        headers = {"authorization": f"Bearer {self.stack.token}"}
        answer = requests.post(f"{self.stack.api}/plans", json={}, headers=headers, timeout=60)
        found: dict[str, Any] = answer.json()
        return answer.status_code, found

    def names_in_erp(self) -> set[object]:
        """The customers that the ERP holds."""
        return {row["name"] for row in self.erp.rows("customers")}

    def physical(self, logical_id: str) -> str:
        """A queue's URL, a table's name."""
        return self.stack.deployment.named(logical_id).physical_id

    def send(self, queue: str, body: str) -> None:
        """Puts a message into a queue."""
        self.stack.client("sqs").send_message(QueueUrl=self.physical(queue), MessageBody=body)

    def keep_low_stock(self) -> str:
        """Keeps a product of which too few are left, and what relates them, without a word to anybody; gives its id."""
        product = a_record("tea", entity="product", fields={"sku": "tea", "name": "Tea"})
        few: dict[str, Value] = {"product": product.id, "on_hand": Decimal(1), "reorder_level": Decimal(5)}
        stock = a_record("tea", entity="stock", fields=few)
        with self.stack.items.lock:
            table = self.stack.items.table(self.physical("RecordsTable"))
            for record in (product, stock):
                item = record_item(record, a_cause())
                table.put(table.place(item, whole=False), item)
            table.stream.clear()
        for parent, place in ((product.id, f"taking//{stock.id}"), ("low-stock", f"stock//{stock.id}")):
            item = {"pk": {"S": f"about/{parent}"}, "sk": {"S": place}}
            self.stack.client("dynamodb").put_item(TableName=self.physical("StateTable"), Item=item)
        return product.id

    def set_aside_too_long(self) -> None:
        """Keeps a reservation that should have ended long ago, and the pointer by which it is found."""
        long_ago = "2020-01-01T00:00:00+00:00"
        item = {"pk": "reservation/r1", "sk": "-", "holder": "basket", "until": "2020-01-01T00:00:00.000000Z"}
        texts: dict[str, Any] = {name: {"S": value} for name, value in (item | {"state": "open"}).items()}
        pointer = {"pk": {"S": "about/reservations"}, "sk": {"S": f"open/{long_ago}/r1"}}
        for each in (pointer, texts | {"version": {"N": "1"}, "format": {"N": "1"}, "lines": {"L": []}}):
            self.stack.client("dynamodb").put_item(TableName=self.physical("StateTable"), Item=each)

    def reservation_state(self) -> str:
        """How that reservation stands."""
        key = {"pk": {"S": "reservation/r1"}, "sk": {"S": "-"}}
        answer = self.stack.client("dynamodb").get_item(TableName=self.physical("StateTable"), Key=key)
        return str(answer["Item"]["state"]["S"])

    def notices(self) -> list[str]:
        """The subjects of what people were told."""
        topic = sns_backends[ACCOUNT][REGION].topics[self.physical("StockTopic")]
        return [str(subject) for _, _, subject, *_ in topic.sent_notifications]

    def make_due(self) -> None:
        """Lets the time come at which all records are due; the stream does not hear of it."""
        past = datetime(2020, 1, 1, tzinfo=UTC)
        with self.stack.items.lock:
            table = self.stack.items.table(self.physical("RecordsTable"))
            heard = len(table.stream)
            for item in list(table.all_items()):
                record = record_of(item)
                links = {
                    system: replace(link, due_at=past if link.due_at else None) for system, link in record.links.items()
                }
                changed = record_item(replace(record, links=links, due_at=past), cause_of(item))
                table.put(table.place(item, whole=False), changed)
            del table.stream[heard:]


@contextmanager
def world(template: dict[str, Any], crm: SimpleSystem, erp: SimpleSystem, folder: Path) -> Iterator[World]:
    """The template deployed between two systems that are empty again."""
    for system in (crm, erp):
        with system.client() as client:
            client.reset(forget="records")
    config = folder / "integration.toml"
    described = [("crm", "crm", crm), ("erp", "supply_chain", erp)]
    config.write_text("".join(_SYSTEM.format(name=name, side=side, url=each.url) for name, side, each in described))
    with LocalStack(template, config=config, secrets={"crm": SECRET, "erp": SECRET}) as stack:
        yield World(stack, crm, erp)
