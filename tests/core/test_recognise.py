"""The last row of the intent's table: is one of a partner's records what a lost create made?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.observations import Observation
from shared.core.recognise import CreateAgain, Doubtful, Ours, Recognised, may_be, recognise
from shared.core.records import Record
from tests.kit.merging import NOW, agreed, sending, shown
from tests.kit.rules import rules_of

ORDER = {"number": "7", "customer": "r-ada", "total": None, "lines[a]": True, "lines[a].product": "p-tea"}
RULES = rules_of("order", erp={"carries_reference": False, "keys": frozenset[str]()})


def creating() -> Record:
    return sending(agreed(ORDER, entity="order", systems=("crm",)), "erp", RULES)


def there(external_id: str, **fields: Any) -> Observation:
    """A record of the erp that no record of ours is linked to."""
    return shown("erp", {**ORDER, **fields}, entity="order", external_id=external_id)


def asked(*unlinked: Observation, **erp: Any) -> Recognised:
    rules = rules_of("order", erp={"carries_reference": False, **erp}) if erp else RULES
    return recognise(creating(), "erp", unlinked, rules)


def test_the_only_one_that_equals_all_that_was_sent_is_ours() -> None:
    ours = there("9")

    assert asked(there("8", number="8"), ours) == Ours(ours)


def test_two_that_equal_it_are_a_persons_to_decide() -> None:
    assert asked(there("9"), there("8")) == Doubtful(("8", "9"))


def test_what_shows_more_of_what_another_create_sent_is_left_to_that_one() -> None:
    """Seed 207749: an e-mail was handed on, and both who had it were being created, the first with nothing but it. The
    first took the row of the second, which was created once more."""
    rules = rules_of(erp={"carries_reference": False, "keys": frozenset[str]()})
    fields = {"email": "ada@example.org"}
    first = sending(agreed(fields, systems=("crm",)), "erp", rules)
    second = replace(sending(agreed({**fields, "name": "Ada"}, systems=("crm",)), "erp", rules), id="r-second")
    row = shown("erp", {**fields, "name": "Ada"}, external_id="9")
    parked = agreed({**fields, "name": "Ada"}, systems=("crm",))

    assert recognise(first, "erp", [row], rules, [second]) == Doubtful(("9",))
    assert recognise(second, "erp", [row], rules, [first]) == Ours(row)
    assert recognise(first, "erp", [row], rules, [replace(first, id="r-twin"), parked]) == Ours(row)
    bobs = replace(sending(agreed({**fields, "name": "Bob"}, systems=("crm",)), "erp", rules), id="r-bob")
    assert recognise(first, "erp", [row], rules, [bobs]) == Ours(row)


def test_where_nothing_could_be_it_it_is_created_again() -> None:
    assert asked() == CreateAgain()
    assert asked(there("8", customer="r-bob")) == CreateAgain()


def test_an_unknown_record_of_the_same_parent_may_be_it() -> None:
    """Somebody may have changed it since: never create again beside it."""
    assert asked(there("8", number="8")) == Doubtful(("8",))


@pytest.mark.parametrize(("minutes", "verdict"), [(-16, CreateAgain()), (-5, Doubtful(("8",))), (1, Doubtful(("8",)))])
def test_what_was_there_before_the_create_is_not_it(minutes: int, verdict: Recognised) -> None:
    when = NOW + timedelta(minutes=minutes)
    changed = shown("erp", {**ORDER, "number": "8"}, entity="order", external_id="8", modified_at=when)

    assert asked(changed) == verdict


def test_a_listing_that_may_lag_proves_nothing() -> None:
    assert asked(consistent_listing=False) == Doubtful(())


def test_a_record_that_shows_only_part_of_itself_equals_nothing() -> None:
    partial = Observation("erp", "order", "8", {"number": "7", "customer": "r-ada"}, complete=False)

    assert asked(partial) == Doubtful(("8",))


def test_a_record_that_shows_nothing_that_was_sent_equals_nothing() -> None:
    assert asked(Observation("erp", "order", "8", {})) == CreateAgain()


def test_a_record_without_a_line_that_was_sent_does_not_equal_it_unless_lines_are_not_shown() -> None:
    bare = {"number": "7", "customer": "r-ada", "total": None}
    without = shown("erp", bare, entity="order", external_id="8")
    not_shown = shown("erp", bare, entity="order", external_id="8", collections=frozenset())

    assert asked(without) == Doubtful(("8",))
    assert asked(not_shown) == Ours(not_shown)


def test_any_unknown_record_of_an_entity_without_parents_may_be_it() -> None:
    rules = rules_of(erp={"carries_reference": False})
    record = sending(agreed(systems=("crm",)), "erp", rules)

    assert recognise(record, "erp", [shown("erp", {"name": "Bob"}, external_id="8")], rules) == Doubtful(("8",))


def test_without_an_open_intent_nothing_may_be_it() -> None:
    assert not may_be(agreed(ORDER, entity="order"), there("8"))
