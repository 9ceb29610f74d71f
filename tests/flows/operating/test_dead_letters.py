"""dead letters: listed with what went wrong, brought back once, thrown away on request."""

from __future__ import annotations

import pytest

from shared.core.errors import TryAgain
from shared.flows.operating.dead_letters import UNKNOWN, Ended, dead_letters, discard, move, redrive
from shared.ports.dead_letters import DeadLetter
from tests.kit.clock import START
from tests.kit.world import World

CHANGES, STREAM = "ChangesDeadLetters", "StreamDeadLetters"


def a_letter(id_: str, queue: str = CHANGES, **about: str) -> DeadLetter:
    return DeadLetter(queue, id_, f"receipt-{id_}", "{}", START, 1, about)


def a_world(*letters: DeadLetter) -> World:
    world = World()
    for letter in letters:
        world.dead_letters.queues[letter.queue].append(letter)
    return world


def ended(outcomes: object) -> list[tuple[str, Ended]]:
    assert isinstance(outcomes, tuple)
    return [(outcome.id, outcome.ended) for outcome in outcomes]


def test_each_letter_is_listed_with_how_it_failed_the_last_time() -> None:
    world = a_world(a_letter("1"), a_letter("2", error="no permission"), a_letter("3"))
    world.parts.message_failures.note("1", "absorb_changes", "it is no JSON")
    world.parts.message_failures.note("1", "absorb_changes", "it is no JSON object")

    found = dead_letters(world.parts, None, 10)

    assert [each.why for each in found.items] == ["it is no JSON object", "no permission", UNKNOWN]
    failure = found.items[0].failure
    assert failure is not None
    assert (failure.function, failure.times) == ("absorb_changes", 2)
    assert found.waiting == {CHANGES: 3, STREAM: 0}


def test_a_change_of_the_stream_failed_by_its_place_there() -> None:
    world = a_world(a_letter("1", STREAM, place="4711"))
    world.parts.message_failures.note("4711", "fan_out", "the ledger is away")

    assert [each.why for each in dead_letters(world.parts, STREAM, 10).items] == ["the ledger is away"]


def test_looking_takes_nothing_away_and_is_bounded() -> None:
    world = a_world(a_letter("1"), a_letter("2"), a_letter("3", STREAM))

    first = dead_letters(world.parts, None, 2)
    second = dead_letters(world.parts, None, 5)

    assert [each.letter.id for each in first.items] == ["1", "2"]
    assert [each.letter.id for each in second.items] == ["1", "2", "3"]


def test_letters_are_sent_where_they_were_going_and_deleted() -> None:
    world = a_world(a_letter("1"), a_letter("2"))

    outcomes = redrive(world.parts, CHANGES, None)

    assert ended(outcomes) == [("1", Ended.SENT), ("2", Ended.SENT)]
    assert [letter.id for letter in world.dead_letters.sent] == ["1", "2"]
    assert world.dead_letters.queues[CHANGES] == []


def test_only_the_named_ones_are_brought_back_and_the_others_can_be_seen_again() -> None:
    world = a_world(a_letter("1"), a_letter("2"))

    outcomes = redrive(world.parts, CHANGES, ["2", "9"])

    assert ended(outcomes) == [("2", Ended.SENT), ("9", Ended.NOT_THERE)]
    assert [letter.id for letter in world.parts.dead_letters.take(CHANGES, 5)] == ["1"]


def test_what_cannot_be_sent_stays_and_says_why() -> None:
    world = a_world(a_letter("1", STREAM))
    world.dead_letters.stays["1"] = "the changes are gone"

    (outcome,) = redrive(world.parts, STREAM, None)

    assert (outcome.ended, outcome.why) == (Ended.STAYS, "the changes are gone")
    assert [letter.id for letter in world.parts.dead_letters.take(STREAM, 5)] == ["1"]


def test_a_letter_that_was_sent_but_not_deleted_is_not_sent_twice() -> None:
    world = a_world(a_letter("1"))
    world.dead_letters.delete_fails = TryAgain("the queue is away")
    with pytest.raises(TryAgain):
        redrive(world.parts, CHANGES, None)
    world.dead_letters.hidden.clear()

    outcomes = redrive(world.parts, CHANGES, None)

    assert ended(outcomes) == [("1", Ended.SENT_BEFORE)]
    assert len(world.dead_letters.sent) == 1
    assert world.dead_letters.queues[CHANGES] == []


def test_what_is_thrown_away_is_gone_but_told() -> None:
    world = a_world(a_letter("1", system="crm", entity="customer", error="secret words"), a_letter("2"))

    outcomes = discard(world.parts, CHANGES, ["1"])

    assert ended(outcomes) == [("1", Ended.DISCARDED)]
    assert [letter.id for letter in world.dead_letters.queues[CHANGES]] == ["2"]
    assert world.dead_letters.sent == []


def test_the_queue_service_moves_only_what_came_from_a_queue() -> None:
    world = World()

    assert move(world.parts, CHANGES)
    assert not move(world.parts, STREAM)
    assert world.dead_letters.moved == [CHANGES]
