"""Decisions of the ledger replayed: of one record by version, and of every record of whole simulated histories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.aws.dynamodb_ledger import entry_of, ledger_item
from shared.core.observations import Next, Trouble
from shared.core.replay import CannotReplay, Replayed
from shared.core.rules import FieldRule
from shared.flows.operating.replay import disagreements, replay_entries, replay_record
from tests.kit.partner import CONFLICT, LOST_REPLY
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step
from tests.simulation.history import History
from tests.simulation.setting import draw_setting


def renamed() -> World:
    """Return a world in which a customer was created, then renamed in the crm, and is in step again."""
    world = in_step(World())
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada L."})
    return world.poll()


def test_every_decision_of_a_record_comes_out_the_same() -> None:
    world = renamed()

    found = replay_record(world.parts, world.record().id)

    assert [each.entry.version for each in found] == list(range(1, world.record().version + 1))
    assert all(each.is_same for each in found)
    assert {each.entry.cause.operation for each in found} == {"absorb", "intent", "confirm"}


def test_decisions_are_replayed_a_page_at_a_time() -> None:
    world = renamed()
    whole = replay_record(world.parts, world.record().id)

    pages = [replay_record(world.parts, world.record().id, after=after, limit=2) for after in (0, 2, 4)]

    assert [each for page in pages for each in page] == list(whole[:6])
    assert replay_record(world.parts, world.record().id, after=99) == ()


TROUBLES = [LOST_REPLY, CONFLICT, Trouble(Next.RETRYABLE, "500"), Trouble(Next.PERMANENT, "400")]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_deliveries_that_failed_are_replayed_too(trouble: str | Trouble) -> None:
    world = World()
    world.erp.next_writes.append(trouble)
    in_step(world).later(120)

    found = replay_record(world.parts, world.record().id)

    assert len(found) > 2
    assert all(each.is_same for each in found)


def test_under_other_rules_the_difference_is_shown() -> None:
    world = renamed()
    only_erp = rules_of(fields={"name": FieldRule(writers=frozenset({"erp"}))}, version="r2")
    parts = replace(world.parts, integration=integration_of(only_erp))

    changed = [each for each in replay_record(parts, world.record().id) if not each.is_same]

    assert changed
    whys = [each.replay.because for each in changed if isinstance(each.replay, Replayed)]
    assert whys == ["the rules have changed"] * len(changed)
    assert {each.entry.cause.operation for each in changed} >= {"absorb"}


def test_what_the_ledger_does_not_hold_is_said() -> None:
    world = renamed()
    entries = sorted(world.memory.ledger.entries.values(), key=lambda each: each.version)

    (bare,) = replay_entries([replace(entries[0], record=None)], world.integration)
    (late,) = replay_entries([entries[2]], world.integration)
    (gone,) = replay_entries([entries[0]], integration_of(rules_of("order")))

    whys = [each.replay.why for each in (bare, late, gone) if isinstance(each.replay, CannotReplay)]
    assert whys == [
        "the record as it was written is not in the ledger",
        "version 2 is not in the ledger",
        "customer is no longer kept in step",
    ]
    assert not bare.is_same


@pytest.mark.parametrize("seed", range(12, 24))
def test_every_decision_of_a_simulated_history_comes_out_the_same(seed: int) -> None:
    history = History(seed, setting=replace(draw_setting(seed), change=None)).run()
    entries = [entry_of(ledger_item(each)) for each in history.memory.ledger.entries.values()]

    found = [(each.entry.cause, each.replay) for each in disagreements(entries, history.integration)]

    assert len(entries) > 0
    assert found == []


def test_what_a_person_did_is_no_disagreement_and_anything_else_that_differs_is_one() -> None:
    world = renamed()
    entries = sorted(world.memory.ledger.entries.values(), key=lambda each: each.version)
    by_hand = replace(entries[1], cause=replace(entries[1].cause, operation="operator retry"))
    unnoted = replace(entries[2], cause=replace(entries[2].cause, inputs=None))

    found = list(disagreements([entries[0], by_hand, unnoted], world.integration))

    assert [each.entry for each in found] == [unnoted]
