"""Every connector in the simulation, over the fake of its partner's API; and what is planted in one is found."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from shared.connectors.catalog import CONNECTORS
from shared.core.commands import Command, Create, Update
from shared.core.observations import Answer, Observation, Shown, Trouble, Unknown
from shared.ports.system import Key, Listing, Page, System
from tests.connectors.fakes.base import Given
from tests.simulation.connectors.binding import Binding, Surroundings
from tests.simulation.connectors.catalog import BINDINGS
from tests.simulation.connectors.espocrm import ESPOCRM
from tests.simulation.connectors.hubspot import HUBSPOT
from tests.simulation.connectors.reached import Reached
from tests.simulation.connectors.rest import REST
from tests.simulation.connectors.running import history_of, run_connector, unseen
from tests.simulation.connectors.salesforce import SALESFORCE
from tests.simulation.connectors.tryton import TRYTON
from tests.simulation.properties import violations
from tests.simulation.stage import Worker

SEEDS = 20
RARE = 10
"""How many of the things that two hundred histories must have met twenty may lack."""


@pytest.mark.simulation
@pytest.mark.parametrize("name", BINDINGS)
def test_twenty_hostile_histories_of_a_connector_break_nothing(name: str) -> None:
    outcome = run_connector(name, 0, SEEDS)

    assert outcome.found == {}
    assert len(unseen(name, outcome.counts)) <= RARE


def test_every_connector_that_calls_its_partner_is_bound() -> None:
    assert set(CONNECTORS) - set(BINDINGS) == {"push"}


@pytest.mark.simulation
def test_a_seed_of_a_connector_is_the_same_history_whatever_the_hash_order() -> None:
    told = {_told_under(hash_seed) for hash_seed in ("1", "2")}

    assert len(told) == 1


class Faulty:
    """A connector that hands everything through; a planted fault differs in one verb."""

    def __init__(self, inner: System) -> None:
        self.name, self.inner = inner.name, inner

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        return self.inner.changed_since(entity, cursor)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        return self.inner.list(entity, cursor)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        return self.inner.fetch(entity, ids)

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation, ...]] | Trouble:
        return self.inner.find(entity, keys)  # type: ignore[return-value]  # what cannot be read goes through too

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        return self.inner.write(entity, commands)


class Blind(Faulty):
    """Finds nothing."""

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation, ...]] | Trouble:
        found = self.inner.find(entity, keys)
        return found if isinstance(found, Trouble) else dict.fromkeys(keys, ())


class Retrying(Faulty):
    """Tries a create again at once when nobody knows whether it was carried out, under another name."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        answers = self.inner.write(entity, commands)
        unsure = any(isinstance(each, Unknown) for each in answers)
        again = [_under_another_name(each) for each in commands if isinstance(each, Create)]
        return self.inner.write(entity, again) if unsure and len(again) == len(commands) else answers


class Forceful(Faulty):
    """Leaves every precondition out."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        forced = [replace(each, precondition=None) if isinstance(each, Update) else each for each in commands]
        return self.inner.write(entity, forced)


class Unmarked(Faulty):
    """Does not leave our reference at what it creates."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        return self.inner.write(entity, [_under_another_name(each) for each in commands])


class Confused(Faulty):
    """Answers for the last command first."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        return self.inner.write(entity, commands)[::-1]


class Forgetting(Faulty):
    """Keeps to itself what a poll shows."""

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        page = self.inner.changed_since(entity, cursor)
        return page if isinstance(page, Trouble) else replace(page, observations=(), ids=())


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("binding", "fault", "property_"),
    [
        (REST, Blind, "5 "),
        (HUBSPOT, Retrying, "5 "),
        (REST, Forceful, "3 "),
        (TRYTON, Forgetting, "14 "),
        (SALESFORCE, Unmarked, "5 "),
        (ESPOCRM, Confused, "5 "),
    ],
)
def test_a_fault_that_is_planted_in_a_connector_is_found(binding: Binding, fault: type[Faulty], property_: str) -> None:
    def connect(around: Surroundings) -> System:
        return fault(binding.connect(around))

    faulty = replace(binding, connect=connect)

    assert any(_is_found(faulty, seed, property_) for seed in range(60))


def test_a_fetch_of_several_calls_has_read_a_row_with_the_first_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """HubSpot, seed 66: a phone was typed between the call that showed a customer and the one that named its contacts,
    and overwritten by what came next: that was told as a loss, as if the worker had known it."""
    history = history_of(HUBSPOT, 0)
    stage, connector = history.stage, history.connectors["crm"]
    assert isinstance(connector, Reached)
    reached: Reached = connector
    name = reached.house.enter("customer", {"name": "n", "email": "a@x.org"}, "ada")
    stage.chance.rates = {}
    stage.current = worker = Worker("deliver_changes", 1, 0.0, 0.0, 99.0, lambda _: None)

    class InTwoCalls(Faulty):
        def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
            del entity
            for seconds in (1.0, 2.0):
                stage.seconds = seconds
                reached.note_reads(Given(body={"results": [{"id": each} for each in ids]}))
            return {}

    monkeypatch.setattr(reached, "_system", lambda: InTwoCalls(reached))
    monkeypatch.setattr(reached, "_called", lambda _entity, _verb, action: action())
    reached.fetch("customer", [name])
    first = dict(worker.reads)
    stage.seconds = 3.0
    reached.note_reads(Given(body={"id": name}))

    assert [*first.values(), *worker.reads.values()] == [1.0, 3.0]


def _under_another_name(command: Command) -> Command:
    return replace(command, record_id=command.record_id[::-1]) if isinstance(command, Create) else command


def _is_found(binding: Binding, seed: int, property_: str) -> bool:
    return any(each.startswith(property_) for each in violations(history_of(binding, seed).run()))


def _told_under(hash_seed: str) -> str:
    script = (
        "from tests.simulation.connectors.catalog import BINDINGS\n"
        "from tests.simulation.connectors.running import history_of\n"
        "lines = []\n"
        "for each in BINDINGS.values():\n"
        "    for seed in range(2): history_of(each, seed, tell=lines.append).run()\n"
        "print(len(lines), *lines, sep='\\n')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout
