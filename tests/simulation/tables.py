"""The tables as the store of a history: the real DynamoDB stores, with the stores in memory beside them as witnesses.

Each call goes to both and must be answered the same. The flows get what the tables say, and the stream carries what was
written, read back from the wire; so whatever is judged on memory holds for the tables. moto declares the tables, the
local stack answers: moto's own transactions copy every table and manage fourteen a second.

One fault more than in memory: an answer of DynamoDB is lost and the client sends the same request again by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from moto import mock_aws

from local.stack.backplane import Backplane, activate
from local.stack.deployment import Deployment
from local.stack.dynamodb.errors import Refused
from local.stack.dynamodb.operations import ItemStore
from local.stack.permissions import Permissions
from local.stack.queues.service import QueueService
from shared.aws.clients import Clients
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_actions import Tables
from shared.aws.dynamodb_conflicts import DynamoConflicts
from shared.aws.dynamodb_idempotency import DynamoIdempotency
from shared.aws.dynamodb_identities import DynamoIdentities
from shared.aws.dynamodb_ledger import DynamoLedger
from shared.aws.dynamodb_records import DynamoRecords
from shared.aws.dynamodb_states import DynamoStates
from shared.aws.dynamodb_stopping import DynamoStopping
from shared.aws.stream import read_stream
from shared.core.records import Record
from shared.ports.stores import Change, Note, Saved, SaveResult
from tests.kit.clock import START
from tests.kit.memory import Image, Memory, MemoryRecords
from tests.kit.session import fresh_clients
from tests.kit.tables import create_tables
from tests.simulation.history import Cuts, History
from tests.simulation.outcome import Outcome, outcome_of
from tests.simulation.stage import Stage
from tests.simulation.stores import Stores

DIFFER = "0 the tables answer as memory does"
ANSWERS_LOST = 0.03
REPEATED = frozenset({"PutItem", "TransactWriteItems", "DeleteItem", "BatchWriteItem"})
"""Calls that the client repeats by itself and that must then change nothing more."""

FAR = START + timedelta(days=365)
MANY = 10_000
Port = TypeVar("Port")
Tell = Callable[[str], None]


def run_on_tables(seeds: range) -> Outcome:
    """Run histories one after the other on tables, and compare at the end all that can be read."""
    total = Outcome()
    with table_stores() as tables:
        for seed in seeds:
            total.add(outcome_of(tables.run(seed)))
    return total


class TableStores:
    """The tables of one process; `behind` empties them for one history after the other."""

    def __init__(self, clients: Clients, items: ItemStore) -> None:
        """Declare the tables."""
        self._clients, self._items = clients, items
        self._names = create_tables(clients.dynamodb)
        self._stage: Stage | None = None
        clients.dynamodb.meta.events.register("before-call.dynamodb", self._perhaps_twice)

    def run(self, seed: int, tell: Tell | None = None) -> History:
        """Run one history on the tables, emptied before."""
        history = History(seed, Cuts(), tell, behind=self.behind).run()
        self.compare(history)
        return history

    def behind(self, memory: Memory, stage: Stage) -> Stores:
        """Return the stores on empty tables, with memory as their witness."""
        for name in self._names.values():
            self._items.clear(name)
        self._stage = stage
        tell, clock = _teller(stage), _StageClock(stage)
        dynamo, names = Dynamo(self._clients, sleep=lambda _: None), self._names
        tables = Tables(names["RecordsTable"], names["IdentitiesTable"], names["ConflictsTable"])
        return Stores(
            _Records(DynamoRecords(dynamo, tables), memory.records, self._stream(tables.records), tell),
            _witnessed(DynamoIdentities(dynamo, tables.identities), memory.identities, tell),
            _witnessed(DynamoConflicts(dynamo, tables.conflicts), memory.conflicts, tell),
            _witnessed(DynamoLedger(dynamo, names["LedgerTable"]), memory.ledger, tell),
            _witnessed(DynamoStates(dynamo, names["StateTable"], clock), memory.states, tell),
            _witnessed(DynamoStopping(dynamo, names["StateTable"]), memory.stopping, tell),
            _witnessed(DynamoIdempotency(dynamo, names["IdempotencyTable"], clock), memory.idempotency, tell),
        )

    def compare(self, history: History) -> None:
        """Read at the end everything that the ports and the indexes show, so that what differs is found."""
        records, identities, ledger = history.stores.records, history.stores.identities, history.stores.ledger
        held = sorted(history.memory.records.held)
        records.get(held)
        records.due(FAR, MANY)
        records.parked(MANY)
        records.set_aside(None, MANY)
        for each in held:
            records.waiting_for(each)
        identities.holders([*history.memory.identities.holding, *history.memory.identities.notes])
        identities.due(FAR, MANY)
        identities.parked(MANY)
        for system, entity in history.integration.pairs():
            identities.open_creates(system, entity)
            identities.linked(system, entity, None, MANY)
        ledger.known(list(history.memory.ledger.entries))
        for each in held:
            history.stores.conflicts.of(each)

    def _stream(self, table: str) -> Callable[[], list[Image]]:
        """Return what takes the new images out of the stream, as `fan_out`'s own reader makes them."""

        def take() -> list[Image]:
            stream = self._items.table(table).stream
            batch = read_stream({"Records": list(stream)})
            stream.clear()
            assert not batch.unreadable
            return [Image(each.before, each.after, each.cause) for m in batch.messages for each in m.things]

        return take

    def _perhaps_twice(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        stage = self._stage
        if stage is None or not stage.chance.rates or model.name not in REPEATED:
            return
        if stage.chance.of("answer lost").random() < ANSWERS_LOST:
            stage.chance.note("answer of the tables lost")
            with suppress(Refused):
                self._items.serve(model.name, json.loads(params["body"]))


@contextmanager
def table_stores() -> Iterator[TableStores]:
    """Tables in this process, gone afterwards."""
    with mock_aws():
        items = ItemStore()
        activate(Backplane(items, QueueService(), Permissions(Deployment("none", {}, {}))))
        try:
            yield TableStores(fresh_clients(), items)
        finally:
            activate(None)


class _StageClock:
    """The stage's time; the stores draw no ids and no chance."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def now(self) -> datetime:
        return self._stage.now()

    def new_id(self) -> str:
        raise AssertionError("a store makes no ids")

    def jitter(self) -> float:
        raise AssertionError("a store draws no chance")


class _Records:
    """The records on tables; what the stream carries is what the wire says, and the same as memory's."""

    def __init__(self, real: DynamoRecords, memory: MemoryRecords, take: Callable[[], list[Image]], tell: Tell) -> None:
        self._both, self._memory, self._take, self._tell = _witnessed(real, memory, tell), memory, take, tell
        self.stream: list[Image] = []

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        return self._both.get(ids)

    def save(self, change: Change) -> SaveResult:
        result = self._both.save(change)
        images = self._take()
        if images != self._memory.stream:
            self._tell(f"{DIFFER}: stream of {change.record.id[:4]} v{change.record.version}: {images}")
        if isinstance(result, Saved):
            self.stream += images
        self._memory.stream.clear()
        return result

    def page(self, after: str | None, limit: int) -> Sequence[Record]:
        return self._memory.page(after, limit)

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        return self._both.due(until, limit)

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        return self._both.set_aside(after, limit)

    def waiting_for(self, record_id: str) -> Sequence[str]:
        return self._both.waiting_for(record_id)

    def parked(self, limit: int) -> Sequence[str]:
        return self._both.parked(limit)


class _Witnessed:
    """A store each of whose verbs goes to the real one and to its witness; what the real one says is the answer."""

    def __init__(self, real: object, witness: object, tell: Tell) -> None:
        self._real, self._witness, self._tell = real, witness, tell

    def __getattr__(self, verb: str) -> Callable[..., object]:
        ask, known_by = getattr(self._real, verb), getattr(self._witness, verb)

        def both(*asked: object) -> object:
            told, known = ask(*asked), known_by(*asked)
            if _plain(told) != _plain(known):
                self._tell(f"{DIFFER}: {type(self._real).__name__}.{verb}{asked}: {told} is not {known}")
            return told

        return both


def _witnessed(real: Port, witness: object, tell: Tell) -> Port:
    return cast(Port, _Witnessed(real, witness, tell))


def _plain(answer: object) -> object:
    """Return an answer so that two are equal whatever order notes of one moment come in."""
    if isinstance(answer, Sequence) and answer and isinstance(answer[0], Note):
        return sorted(map(str, answer))
    return list(answer) if isinstance(answer, Sequence) and not isinstance(answer, str) else answer


def _teller(stage: Stage) -> Tell:
    return stage.errors.append
