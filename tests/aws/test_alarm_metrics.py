"""Every metric of ours that an alarm watches is really put by the code, in that namespace and with those dimensions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.aws.batches import Batch, Message
from shared.aws.settings import Settings
from shared.aws.telemetry import PowertoolsTelemetry
from shared.core.observations import Next, Trouble
from shared.flows.fan_out import Image, fan_out
from shared.flows.sweep_overdue import sweep_overdue
from shared.flows.troubles import heed
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step
from tests.template.deployment import functions
from tests.template.test_alarms import alarms, watched

Puts = dict[str, set[tuple[str, tuple[tuple[str, str], ...]]]]


def deployed_telemetry() -> PowertoolsTelemetry:
    """Telemetry with the names that the template gives to the functions."""
    variables = functions()["SweepOverdue"]["Environment"]["Variables"]
    return PowertoolsTelemetry(
        Settings(
            function="sweep_overdue",
            powertools_service_name=variables["POWERTOOLS_SERVICE_NAME"],
            powertools_metrics_namespace=variables["POWERTOOLS_METRICS_NAMESPACE"],
            powertools_log_level="INFO",
        )
    )


def told_world(**rules: Any) -> World:
    """An installation whose flows tell as deployed functions do."""
    integration = integration_of(rules_of(**rules))
    world = World(replace(integration, quotas={"erp": 10}))
    world.parts = replace(world.parts, telemetry=deployed_telemetry())
    return world


def a_sweep() -> None:
    sweep_overdue(told_world().parts)


def a_refused_login() -> None:
    heed(told_world().parts, "erp", Trouble(Next.AUTH, "401"))


def a_busy_partner() -> None:
    heed(told_world().parts, "erp", Trouble(Next.THROTTLED, "429"))


def a_run_beyond_the_bound() -> None:
    in_step(told_world(max_creates_per_run=0))


def a_field_that_vanishes() -> None:
    world = in_step(told_world())
    world.poll()
    world.erp.narrow = {"name"}
    world.hint("erp", "customer", world.erp.ids("customer")[0]).settle()


def a_conflict() -> None:
    world = in_step(told_world())
    for partner, name in ((world.crm, "A"), (world.erp, "B")):
        partner.edit("customer", partner.ids("customer")[0], {"name": name})
    world.poll()


def a_lost_batch_of_the_stream() -> None:
    world = in_step(told_world())
    record, later = world.record(), replace(world.record(), version=world.record().version + 5)
    fan_out(world.parts, [Image(record, later, world.memory.ledger.entries[record.id, 1].cause)])


def a_message_that_breaks_the_code() -> None:
    def work(_: object) -> None:
        raise ZeroDivisionError

    Batch([Message("m1", ["a"])], [], "t").through(work, deployed_telemetry(), lambda *_: None)


STORIES: Mapping[str, Callable[[], None]] = {
    "RecordsParked": a_sweep,
    "OldestOwedSeconds": a_sweep,
    "SalesLagSeconds": a_sweep,
    "SupplyChainLagSeconds": a_sweep,
    "SystemsStopped": a_sweep,
    "QuotaUsedPercent": a_sweep,
    "SystemTripped": a_refused_login,
    "PartnerThrottled": a_busy_partner,
    "WritesStopped": a_run_beyond_the_bound,
    "SchemaDrift": a_field_that_vanishes,
    "ConflictsDecided": a_conflict,
    "ChangesAbsorbed": a_conflict,
    "UnknownErrors": a_message_that_breaks_the_code,
    "LedgerGaps": a_lost_batch_of_the_stream,
}


def puts(printed: str) -> Puts:
    """Per metric the namespaces and dimensions that it was put with."""
    found: Puts = {}
    for line in map(json.loads, filter(lambda text: '"_aws"' in text, printed.splitlines())):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple((name, line[name]) for name in names)
                for metric in directive["Metrics"]:
                    found.setdefault(metric["Name"], set()).add((directive["Namespace"], dimensions))
    return found


@pytest.mark.parametrize("name", alarms())
def test_what_an_alarm_watches_is_really_put(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for metric in watched()[name]:
        if metric["Namespace"] != "Tandem":
            continue
        STORIES[metric["MetricName"]]()

        put = puts(capsys.readouterr().out)
        dimensions = tuple((each["Name"], each["Value"]) for each in metric["Dimensions"])
        assert (metric["Namespace"], dimensions) in put[metric["MetricName"]]
