"""A plan as JSON: totals count everything, entries are kept as far as they fit."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.aws import plan_format
from shared.aws.plan_format import plan_json, text_of, wanted_of
from shared.core.decisions import Decision, Verdict
from shared.core.records import Verb
from shared.core.values import Reference, Value
from shared.flows.operating.planned import (
    Beyond,
    Plan,
    PlannedConflict,
    PlannedField,
    PlannedParking,
    PlannedWrite,
    Unread,
)
from tests.kit.clock import START


def a_plan(writes: int = 1) -> Plan:
    """Return a plan with one of everything, and so many updates."""
    field = PlannedField("name", "Ada", True, "Ada L.")
    lost = Decision(Verdict.LOST, "erp", "name", "B", "A", 3, "rule owner")
    return Plan(
        writes=tuple(PlannedWrite("erp", "customer", Verb.UPDATE, f"r{n}", "e1", (field,)) for n in range(writes)),
        conflicts=(PlannedConflict("r1", "customer", lost),),
        parked=(PlannedParking("crm", "order", "", "7", "several may be meant"),),
        unread=(Unread("erp", "order", "503"),),
        beyond=(Beyond("erp", "customer", Verb.UPDATE, 1, 0),),
        new_records=1,
        changed_records=2,
        waiting=3,
        made_at=START,
        rules="v1",
    )


def test_totals_have_a_line_per_system_and_entity() -> None:
    found = plan_json(a_plan())

    assert found["totals"] == [
        {"system": "crm", "entity": "order", "create": 0, "update": 0, "archive": 0, "conflicts": 0, "parked": 1},
        {"system": "erp", "entity": "customer", "create": 0, "update": 1, "archive": 0, "conflicts": 1, "parked": 0},
    ]
    assert (found["ok"], found["is_empty"], found["left_out"], found["waiting"]) == (False, False, 0, 3)
    assert found["beyond"] == [{"system": "erp", "entity": "customer", "verb": "update", "writes": 1, "bound": 0}]
    assert found["made_at"] == START.isoformat()


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    many = plan_json(a_plan(writes=40_000))

    assert 10_000 < len(many["items"]) < 40_000
    assert many["left_out"] == 40_000 + 2 - len(many["items"])
    assert many["totals"][1]["update"] == 40_000
    assert len(json.dumps(json.dumps(many))) < 6_000_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("Ada", "Ada"),
        (True, "true"),
        (Decimal("10.50"), "10.50"),
        (START + timedelta(seconds=1), "2026-03-02T09:00:01+00:00"),
        (Reference("erp", "customer", "17"), "erp:17"),
    ],
)
def test_values_are_told_as_text(value: Value, text: str | None) -> None:
    assert text_of(value) == text


def test_another_configuration_is_always_compared_with_whole_systems() -> None:
    assert wanted_of({}) == plan_format.Wanted(frozenset(), False, None)
    assert wanted_of({"config": "x"}).reconcile
    assert wanted_of({"entities": ["order"], "reconcile": True}) == plan_format.Wanted(frozenset({"order"}), True, None)
