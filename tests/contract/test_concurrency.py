"""Many workers at once: exactly one of those that want the same thing gets it, and nothing is done by halves.

moto's transactions fail under threads, so DynamoDB is played by the local stack here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest

from shared.core.keys import id_key
from shared.core.records import Record
from shared.ports.stores import Identities, KeysHeld, Lost, Records, Saved, States, SystemState, SystemStatus
from shared.ports.tokens import Tokens
from tests.kit.builders import a_change, a_record
from tests.kit.clock import START, FakeClock
from tests.kit.dynamodb import dynamo_stores
from tests.kit.memory import Memory

MAIL = "key/customer/email/ada@example.org"
WORKERS = 8
Result = TypeVar("Result")


@dataclass
class Stores:
    """What the workers share."""

    records: Records
    identities: Identities


@pytest.fixture(params=["memory", "local stack"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Empty stores that may be used by many threads."""
    if request.param == "memory":
        memory = Memory()
        yield Stores(memory.records, memory.identities)
        return
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with dynamo_stores(FakeClock(), on_local_stack=True) as made:
        yield Stores(made.records, made.identities)


@pytest.fixture
def shared_states(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[States, Tokens]]:
    """States and tokens that may be used by many threads."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with dynamo_stores(FakeClock(), on_local_stack=True) as made:
        yield made.states, made.tokens


def at_once(work: Callable[[int], Result]) -> Sequence[Result]:
    """Let all workers begin together; return what each got."""
    begin = Barrier(WORKERS)

    def begun(number: int) -> Result:
        begin.wait(timeout=10)
        return work(number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(begun, range(WORKERS)))


def test_of_many_workers_on_one_version_one_writes(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record))

    def write(number: int) -> object:
        return stores.records.save(a_change(replace(record, version=2, waits_for=str(number))))

    results = at_once(write)

    assert sorted(map(str, results)) == sorted(["Saved()"] + ["Lost()"] * (WORKERS - 1))
    kept = stores.records.get([record.id])[record.id]
    assert results[int(kept.waits_for or "-1")] == Saved()


def test_of_many_workers_that_meet_the_same_new_customer_one_makes_it(stores: Stores) -> None:
    def make(number: int) -> object:
        key = id_key(f"s{number}", "customer", "1")
        return stores.records.save(a_change(_seen_in(number), keys=frozenset({MAIL, key})))

    results = at_once(make)

    (winner,) = [number for number, result in enumerate(results) if result == Saved()]
    holder = KeysHeld({MAIL: _seen_in(winner).id})
    assert all(result in (Lost(), holder) for number, result in enumerate(results) if number != winner)
    keys = [id_key(f"s{number}", "customer", "1") for number in range(WORKERS)]
    assert set(stores.identities.holders(keys)) == {keys[winner]}
    assert set(stores.records.get([_seen_in(number).id for number in range(WORKERS)])) == {_seen_in(winner).id}


def test_counting_up_by_read_and_conditional_write_loses_no_count(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record))

    def count_up(_: int) -> None:
        for _ in range(5):
            while stores.records.save(a_change(_next(stores.records.get([record.id])[record.id]))) != Saved():
                pass

    at_once(count_up)

    assert stores.records.get([record.id])[record.id].generation == WORKERS * 5


def test_a_key_wanders_between_records_and_is_never_held_twice(stores: Stores) -> None:
    records = [_seen_in(number) for number in range(WORKERS)]
    for record in records:
        stores.records.save(a_change(record))

    def take_and_give_back(number: int) -> int:
        taken, version = 0, 1
        for _ in range(10):
            version += 1
            if (
                stores.records.save(a_change(replace(records[number], version=version), keys=frozenset({MAIL})))
                != Saved()
            ):
                version -= 1
                continue
            taken += 1
            assert stores.identities.holders([MAIL])[MAIL].record_id == records[number].id
            version += 1
            given = replace(a_change(replace(records[number], version=version)), keys_given_back=frozenset({MAIL}))
            assert stores.records.save(given) == Saved()
        return taken

    assert sum(at_once(take_and_give_back)) > 0
    assert stores.identities.holders([MAIL]) == {}


def test_of_many_callers_one_logs_in_and_one_trips(shared_states: tuple[States, Tokens]) -> None:
    states, tokens = shared_states
    tripped = SystemState(SystemStatus.TRIPPED, START + timedelta(minutes=5), "401")

    assert sum(at_once(lambda _: tokens.begin_login("erp", 30))) == 1
    assert sum(at_once(lambda _: states.set_state("crm", tripped))) == 1


def _seen_in(number: int) -> Record:
    return a_record("1", system=f"s{number}")


def _next(record: Record) -> Record:
    return replace(record, version=record.version + 1, generation=record.generation + 1)
