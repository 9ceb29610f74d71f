"""Everything that a function's environment names, made in moto: tables, queues, bus, key and secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moto import mock_aws

from shared.aws.clients import Clients
from shared.aws.settings import NEEDS
from shared.aws.wiring import forget
from tests.kit.session import fresh_clients
from tests.kit.tables import create_tables

WEBHOOK_SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw=="
_TABLES = ("RECORDS", "IDENTITIES", "CONFLICTS", "LEDGER", "STATE", "IDEMPOTENCY")
_QUEUES = ("CHANGES", "DELIVERIES", "POLLS", "RECONCILE", "WATCH")
_DEAD_LETTERS = ("CHANGES", "DELIVERIES", "POLLS", "RECONCILE", "WATCH", "HINT", "SCHEDULE", "STREAM")
_FUNCTIONS = ("POLL_CHANGES", "SWEEP_OVERDUE", "RECONCILE", "WATCH_STOCK", "FAN_OUT")


@dataclass
class AwsWorld:
    """The clients to look behind the functions, and the variables that stand for it all."""

    clients: Clients
    variables: Mapping[str, str]

    def environment(self, function: str) -> dict[str, str]:
        """Return exactly what this function is told."""
        return {name: self.variables[name] for name in NEEDS[function]}

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Take all messages out of a queue (`changes`, `deliveries`, …), as JSON."""
        url, found = self.variables[f"TANDEM_{queue.upper()}_QUEUE"], []
        while batch := self.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in batch]
        return found

    def items(self, table: str) -> list[Mapping[str, Any]]:
        """Return all items of a table (`state`, `ledger`, …)."""
        name = self.variables[f"TANDEM_{table.upper()}_TABLE"]
        return list(self.clients.dynamodb.scan(TableName=name)["Items"])


@contextmanager
def aws_world(integration: str) -> Iterator[AwsWorld]:
    """Make the world for one `integration.toml` (a path), gone afterwards."""
    with mock_aws():
        forget()
        clients = fresh_clients()
        tables = create_tables(clients.dynamodb)
        bus = "tandem"
        clients.events.create_event_bus(Name=bus)
        for name in ("crm", "erp"):
            secret = json.dumps({"token": "t", "webhook_secret": WEBHOOK_SECRET})
            clients.secrets.create_secret(Name=f"tandem/{name}", SecretString=secret)
        yield AwsWorld(
            clients,
            {
                **{f"TANDEM_{name}_TABLE": tables[f"{name.capitalize()}Table"] for name in _TABLES},
                **{f"TANDEM_{name}_QUEUE": clients.sqs.create_queue(QueueName=name)["QueueUrl"] for name in _QUEUES},
                **{
                    f"TANDEM_{name}_DEAD_LETTERS": clients.sqs.create_queue(QueueName=f"{name}-DEAD")["QueueUrl"]
                    for name in _DEAD_LETTERS
                },
                **{f"TANDEM_{name}_FUNCTION": name.lower() for name in _FUNCTIONS},
                "TANDEM_EVENT_BUS": bus,
                "TANDEM_STOCK_TOPIC": clients.sns.create_topic(Name="stock")["TopicArn"],
                "TANDEM_PLAN_FUNCTION": "PlanChanges",
                "TANDEM_API_TRUST": "operate=;admin=user/ann",
                "TANDEM_TOKEN_KEY": clients.kms.create_key()["KeyMetadata"]["KeyId"],
                "TANDEM_SECRET_PREFIX": "tandem",
                "TANDEM_INTEGRATION": integration,
                "POWERTOOLS_SERVICE_NAME": "tandem",
                "POWERTOOLS_METRICS_NAMESPACE": "Tandem",
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
        )
        forget()
