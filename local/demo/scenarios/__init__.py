"""Thirteen things that go on between a CRM and an ERP, done by people on both sides and checked in both systems.

Each scenario is a small story in up to four acts: `prepare`, `act`, and `check`, with the systems settled in between,
so that stories on different records share the waiting. Nothing is returned when all is well, else what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from local.demo.reader import read_crm, read_erp
from local.demo.scenarios import cancelling, editing, roads, shipping, supplying
from local.demo.scenarios.roads import LOST, await_confirmed, lose_a_reply, poll_by_schedule
from local.demo.scenarios.stage import Scenario, Stage
from local.demo.scenarios.supplying import moments

__all__ = ["LOST", "Stage", "await_confirmed", "lose_a_reply", "moments", "poll_by_schedule", "run_scenarios"]


def run_scenarios(stage: Stage, tell: Callable[[str], None]) -> dict[str, str]:
    """Run all scenarios; per name "ok", or what is wrong."""
    results: dict[str, str] = {}
    tell("event_on_bus")
    results["event_on_bus"] = roads.event_on_bus(stage) or "ok"
    together = list(_together())
    for scenario in together:
        scenario.prepare(stage)
    tell("preparing orders and customers")
    stage.systems.settle()
    for scenario in together:
        tell(scenario.name)
        scenario.act(stage)
    tell("waiting until both systems have settled")
    stage.systems.settle()
    crm, erp = read_crm(stage.systems.crm), read_erp(stage.systems.erp)
    for scenario in together:
        results[scenario.name] = scenario.check(stage, crm, erp) or "ok"
    tell("replay_webhooks_shuffled")
    results["replay_webhooks_shuffled"] = roads.replay(stage, crm, erp) or "ok"
    tell("deal_and_supply: a buyer orders, and the goods arrive")
    if results["deal_and_supply"] == "ok":
        results["deal_and_supply"] = supplying.resupply(stage) or "ok"
    return results


def _together() -> Iterator[Scenario]:
    yield Scenario("edit_both_different_fields", editing.edit_different_fields, editing.saw_different_fields)
    yield Scenario("edit_both_same_field", editing.edit_same_field, editing.saw_same_field)
    yield Scenario("edit_different_lines", editing.edit_lines, editing.saw_lines, editing.draft("DEMO-LINES"))
    yield Scenario("ship_in_erp", shipping.ship, shipping.saw_shipped)
    yield Scenario("ship_part_in_erp", shipping.ship_part, shipping.saw_part)
    yield Scenario("cancel_open_order", cancelling.cancel_open, cancelling.saw_cancelled, editing.draft("DEMO-OPEN"))
    yield Scenario("cancel_processed_order", cancelling.cancel_processed, cancelling.saw_wish)
    yield Scenario("stock_change_in_erp", shipping.count_stock, shipping.saw_stock)
    yield Scenario("lost_create_reply", lambda _stage: None, roads.saw_one_party)
    yield Scenario("deal_and_supply", supplying.ship, supplying.saw_low, supplying.open_deal)
