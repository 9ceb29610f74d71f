"""The rules as data: writers under a status, deciders, creators."""

from __future__ import annotations

import pytest

from shared.core.rules import Decider, FieldRule
from tests.kit.rules import CRM, ERP, rules_of

BOTH = CRM | ERP


@pytest.mark.parametrize(
    ("path", "status", "writers"),
    [
        ("status", "placed", BOTH),
        ("status", "confirmed", ERP),
        ("status", "cancelled", BOTH),
        ("lines[a].quantity", "placed", BOTH),
        ("lines[a].quantity", "confirmed", ERP),
        ("lines[a].quantity", "shipped", ERP),
        ("lines[a].quantity", "cancelled", BOTH),
        ("lines[a].quantity", None, BOTH),
        ("lines[a].shipped", "placed", ERP),
        ("number", "shipped", BOTH),
    ],
)
def test_who_may_write_is_a_matter_of_field_and_status(path: str, status: str | None, writers: frozenset[str]) -> None:
    assert rules_of("order").writers(path, status) == writers


def test_the_last_milestone_reached_decides() -> None:
    rules = rules_of("order", fields={"number": FieldRule(CRM, writers_from={"placed": BOTH, "confirmed": ERP})})

    assert [rules.writers("number", each) for each in ("draft", "placed", "shipped")] == [CRM, BOTH, ERP]


def test_writers_that_take_no_part_do_not_count() -> None:
    rules = rules_of(fields={"name": FieldRule(frozenset({"crm", "gone"}))})

    assert rules.writers("name", None) == CRM


def test_an_entity_without_an_order_of_statuses_has_no_milestones() -> None:
    rules = rules_of(fields={"status": FieldRule(CRM, writers_of={"x": ERP}, writers_from={"x": ERP})})

    assert rules.writers("status", "x") == CRM


def test_a_rule_for_any_role_is_that_of_each_and_an_own_one_goes_before_it() -> None:
    rules = rules_of(fields={"addresses[].city": FieldRule(CRM), "addresses[billing].city": FieldRule(ERP)})

    assert rules.writers("addresses[shipping].city", None) == CRM
    assert rules.writers("addresses[billing].city", None) == ERP
    assert rules.writers("addresses[billing].street", None) == BOTH


def test_a_conflict_is_decided_by_the_fields_rule_and_owner_else_by_the_entitys() -> None:
    rules = rules_of("order", fields={"number": FieldRule(decider=Decider.LATEST, owner="erp")})

    assert rules.decider("number") == (Decider.LATEST, "erp")
    assert rules.decider("total") == (Decider.OWNER, "crm")
    assert rules.decider("status") == (Decider.STATUS, "crm")


def test_without_named_creators_every_system_creates() -> None:
    assert rules_of().may_create("erp")
    assert not rules_of(creators=CRM).may_create("erp")
