"""Any history of writes ends the same in memory and in DynamoDB, answer by answer and in all that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from shared.aws.clients import Clients
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_actions import Tables
from shared.aws.dynamodb_identities import DynamoIdentities
from shared.aws.dynamodb_records import DynamoRecords
from shared.core.decisions import Decision, Verdict
from shared.core.keys import id_key
from shared.core.records import Link, LinkState, Record
from shared.ports.stores import Change, Identities, Note, NoteKind, Records, Saved
from tests.kit.builders import a_cause, a_record, an_intent
from tests.kit.clock import START
from tests.kit.dynamodb import local_data_plane
from tests.kit.memory import Memory
from tests.kit.session import fresh_clients
from tests.kit.tables import create_tables

NAMES = ("1", "2", "3")
ID_KEYS = [id_key("crm", "customer", name) for name in NAMES]
KEYS = [*ID_KEYS, "key/customer/email/a", "key/customer/email/b"]
MOMENTS = [None, *(START + timedelta(minutes=minute) for minute in range(3))]

some_keys = st.frozensets(st.sampled_from(KEYS), max_size=3)
moments = st.sampled_from(MOMENTS)


@dataclass(frozen=True)
class Write:
    """A write of one record; `behind` says how stale the version is that its worker has read."""

    name: str
    behind: int
    taken: frozenset[str]
    given_back: frozenset[str]
    forgets: frozenset[str]
    verdicts: tuple[Verdict, ...]
    opens: bool
    closes: bool
    due: int
    parked: int
    waits: str | None


@dataclass(frozen=True)
class Noted:
    """A note put at an id key, or dropped there."""

    key: str
    kind: NoteKind | None
    due: int


writes = st.builds(
    Write,
    st.sampled_from(NAMES),
    st.sampled_from([0, 0, 0, 1]),
    some_keys,
    some_keys,
    st.frozensets(st.sampled_from(ID_KEYS), max_size=2),
    st.lists(st.sampled_from([Verdict.TAKEN, Verdict.LOST, Verdict.PERSON]), max_size=2).map(tuple),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([None, "parent"]),
)
noteds = st.builds(Noted, st.sampled_from(ID_KEYS), st.sampled_from([None, *NoteKind]), st.integers(1, 3))


@dataclass
class Store:
    """The two stores that one transaction covers."""

    records: Records
    identities: Identities


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    """Clients of a moto that has the tables; each history gets items of its own."""
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        patched.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        made = fresh_clients()
        create_tables(made.dynamodb)
        yield made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.one_of(writes, writes, noteds), max_size=12))
def test_any_history_ends_the_same_in_memory_and_in_dynamodb(clients: Clients, history: list[Write | Noted]) -> None:
    with local_data_plane():
        dynamo, memory = Dynamo(clients), Memory()
        tables = Tables("RecordsTable", "IdentitiesTable", "ConflictsTable")
        stores = [
            Store(memory.records, memory.identities),
            Store(DynamoRecords(dynamo, tables), DynamoIdentities(dynamo, "IdentitiesTable")),
        ]
        versions = dict.fromkeys(NAMES, 0)

        for step in history:
            answers = [_do(step, store, versions) for store in stores]
            assert answers[0] == answers[1]
            if isinstance(step, Write) and answers[0] == Saved():
                versions[step.name] += 1

        assert _all_of(stores[0]) == _all_of(stores[1])


def _do(step: Write | Noted, store: Store, versions: dict[str, int]) -> object:
    if isinstance(step, Write):
        return store.records.save(_change(step, versions[step.name] + 1 - step.behind))
    if step.kind is None:
        store.identities.forget([step.key])
        return None
    external_id = step.key.rsplit("/", 1)[1]
    due_at = MOMENTS[step.due] if step.kind is NoteKind.WAITING else None
    store.identities.note(step.key, Note(step.kind, "crm", "customer", external_id, "why", START, due_at))
    return None


def _change(step: Write, version: int) -> Change:
    record = replace(
        a_record(step.name, links={"erp": Link(LinkState.EMPTY, intent=an_intent())}),
        version=version,
        due_at=MOMENTS[step.due],
        parked_since=MOMENTS[step.parked],
        waits_for=step.waits,
    )
    return Change(
        record,
        a_cause(external_id=step.name),
        step.taken,
        step.given_back,
        tuple(Decision(verdict, "crm", "name") for verdict in step.verdicts),
        frozenset({"erp"} if step.opens else ()),
        frozenset({"erp"} if step.closes else ()),
        step.forgets,
    )


def _all_of(store: Store) -> dict[str, object]:
    """Return everything that the ports show."""
    late = START + timedelta(days=1)
    ids = [_id(name) for name in NAMES]
    found: dict[str, Record] = dict(store.records.get(ids))
    return {
        "records": found,
        "due": sorted(store.records.due(late, 10)),
        "parked": sorted(store.records.parked(10)),
        "waiting": store.records.waiting_for("parent"),
        "holders": store.identities.holders(KEYS),
        "linked": store.identities.linked("crm", "customer", None, 10),
        "open creates": store.identities.open_creates("erp", "customer"),
        "notes due": sorted(store.identities.due(late, 10), key=lambda note: note.external_id),
        "notes parked": sorted(store.identities.parked(10), key=lambda note: note.external_id),
    }


def _id(name: str) -> str:
    return a_record(name).id
