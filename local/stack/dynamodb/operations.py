"""The requests on items: one method per operation of the API, all under one lock.

Requests and answers are the JSON of the wire. Every request notes what it costs, refused ones too.
"""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.stack.dynamodb import reading, stream_reading, writing
from local.stack.dynamodb.errors import Refused, validation
from local.stack.dynamodb.requests import Request
from local.stack.dynamodb.tables import Table
from local.stack.dynamodb.transactions import transact_get, transact_write
from local.stack.dynamodb.units import Meter
from local.stack.names import ACCOUNT, REGION

Json = dict[str, Any]


class ItemStore:
    """All tables of the account. `serve` answers one request of the data plane."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.meter = Meter()
        self.tokens: dict[str, str] = {}
        self._tables: dict[str, Table] = {}

    def serve(self, operation: str, body: Mapping[str, Any]) -> Json:
        """The answer to an operation; raises Refused as AWS would refuse."""
        with self.lock:
            answer = OPERATIONS[operation](Request(self, dict(body)))
            self.changed.notify_all()
        return answer

    def serve_stream(self, operation: str, body: Json) -> Json:
        """The answer to an operation on a table's stream."""
        with self.lock:
            return stream_reading.OPERATIONS[operation](self, body)

    def table(self, name: str) -> Table:
        """The table with this name or ARN, as moto has it declared."""
        declared = dynamodb_backends[ACCOUNT][REGION].tables.get(name.rsplit("/", 1)[-1])
        if declared is None:
            raise Refused("ResourceNotFoundException", "Requested resource not found")
        known = self._tables.get(declared.name)
        if known is None:
            known = self._tables[declared.name] = Table(declared)
        return known

    def clear(self, name: str) -> None:
        """Forgets every item of a table, as if deleted one by one but without a stream."""
        with self.lock:
            self._tables.pop(self.table(name).name)

    def remembered(self, token: str, body: Json) -> bool:
        """Whether a transaction with this client request token was carried out; another body under it is refused."""
        text = json.dumps({**body, "ClientRequestToken": ""}, sort_keys=True)
        if token in self.tokens and self.tokens[token] != text:
            raise Refused(
                "IdempotentParameterMismatchException",
                "The provided client token is already in use, but different parameters are provided",
            )
        return token in self.tokens

    def remember(self, token: str, body: Json) -> None:
        """Notes that the transaction with this token was carried out."""
        self.tokens[token] = json.dumps({**body, "ClientRequestToken": ""}, sort_keys=True)


def _not_here(request: Request) -> Json:
    known = ", ".join(sorted(request.body))
    raise validation(f"PartiQL is not part of the local stack (asked with {known})")


OPERATIONS: Mapping[str, Callable[[Request], Json]] = {
    "GetItem": reading.get_item,
    "BatchGetItem": reading.batch_get_item,
    "Query": reading.query,
    "Scan": reading.scan,
    "PutItem": writing.put_item,
    "UpdateItem": writing.update_item,
    "DeleteItem": writing.delete_item,
    "BatchWriteItem": writing.batch_write_item,
    "TransactGetItems": transact_get,
    "TransactWriteItems": transact_write,
    "ExecuteStatement": _not_here,
    "BatchExecuteStatement": _not_here,
    "ExecuteTransaction": _not_here,
}
