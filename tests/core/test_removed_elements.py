"""Three systems and one contact: one removes it, others edit it; what stands is the same in any order of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from shared.core.decisions import Verdict
from shared.core.observations import Observation
from shared.core.records import Record
from tests.kit.clock import START
from tests.kit.merging import agreed, seen_in, shown
from tests.kit.rules import rules_of

SYSTEMS = ("crm", "erp", "shop")
CONTACT = {"contacts[k]": True, "contacts[k].name": "k0", "contacts[k].phone": None}
RULES = rules_of(systems=SYSTEMS)
GONE: Mapping[str, Any] = {}


def told(system: str, fields: Mapping[str, Any], seconds: int) -> Observation:
    """Return what a system shows after somebody worked there, so many seconds after the start."""
    return shown(system, fields, modified_at=START + timedelta(seconds=seconds))


def contact_of(record: Record) -> Mapping[str, Any]:
    """Return what stands of the contact; nothing if it was removed."""
    values = {path: held.value for path, held in record.fields.items()}
    return values if values["contacts[k]"] else {}


def written(record: Record, observation: Observation) -> Record:
    """Return the record as it is written after an observation."""
    return replace(seen_in(record, observation, RULES).record, version=record.version + 1)


REMOVED_BY_SHOP = (
    told("erp", {**CONTACT, "contacts[k].phone": "v100"}, 1),
    told("crm", {**CONTACT, "contacts[k].name": "v101"}, 2),
    told("shop", GONE, 3),
)
REMOVED_TWICE = (told("crm", GONE, 1), told("erp", GONE, 2), told("shop", {**CONTACT, "contacts[k].phone": "v103"}, 3))


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (REMOVED_BY_SHOP, {**CONTACT, "contacts[k].name": "v101", "contacts[k].phone": "v100"}),
        (REMOVED_TWICE, {}),
    ],
    ids=["seed 313284", "seed 300499"],
)
def test_the_order_of_messages_does_not_decide_what_stands_of_a_contact(
    news: tuple[Observation, ...], expected: Mapping[str, Any], order: tuple[int, ...]
) -> None:
    record = agreed(CONTACT, systems=SYSTEMS)

    for each in order:
        record = written(record, news[each])

    assert contact_of(record) == expected


def test_an_edit_that_loses_against_the_removal_is_logged_and_stays_in_what_is_left() -> None:
    removed = seen_in(agreed(CONTACT, systems=SYSTEMS), REMOVED_BY_SHOP[2], RULES).record

    made = seen_in(removed, REMOVED_BY_SHOP[0], RULES)

    assert [(each.verdict, each.path, each.theirs) for each in made.decisions] == [
        (Verdict.LOST, "contacts[k].phone", "v100")
    ]
    assert contact_of(made.record) == {}
    assert made.record.value("contacts[k].phone") == "v100"


def test_the_owner_brings_a_contact_back_with_the_very_value_that_lost_against_its_removal() -> None:
    removed = written(agreed(CONTACT, systems=SYSTEMS), REMOVED_BY_SHOP[2])
    kept = written(removed, REMOVED_BY_SHOP[0])

    back = written(kept, told("crm", {**CONTACT, "contacts[k].phone": "v100"}, 4))

    assert contact_of(back) == {**CONTACT, "contacts[k].phone": "v100"}


def test_who_came_to_a_value_second_is_named_only_where_the_rule_prefers_him() -> None:
    record = agreed(CONTACT, systems=SYSTEMS)

    by_owner = seen_in(seen_in(record, REMOVED_TWICE[1], RULES).record, REMOVED_TWICE[0], RULES).record
    by_other = seen_in(seen_in(record, REMOVED_TWICE[0], RULES).record, REMOVED_TWICE[1], RULES).record

    assert by_owner.fields["contacts[k]"].by == by_other.fields["contacts[k]"].by == "crm"
