"""A partner's quota is used to the full and never exceeded: eight workers, one clock shared with the partner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.quota import HUBSPOT, LEAST_USED, TRIALS, Run, Trial
from shared.core.quota import Quota, Window

FULL = Trial("HubSpot", HUBSPOT, seconds=45.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_hubspots_190_calls_in_ten_seconds_are_used_and_none_is_refused(seed: int) -> None:
    found = Run(replace(FULL, seed=seed)).figures()

    assert found.refused == 0
    assert found.used >= LEAST_USED


def test_orders_overtake_a_load_that_fills_the_queue() -> None:
    found = Run(replace(FULL, seconds=60.0)).figures()

    assert found.order_seconds_median <= 3.0
    assert found.load_seconds_median >= 8 * found.order_seconds_median


@pytest.mark.parametrize(("limit", "workers"), [(5, 8), (25, 32)])
def test_salesforces_concurrent_calls_are_used_and_none_is_refused(limit: int, workers: int) -> None:
    trial = Trial("Salesforce", Quota(concurrent=limit), workers, 1.0, 6.0, 90.0, 15.0, 10)

    found = Run(trial).figures()

    assert found.refused == 0
    assert found.used >= LEAST_USED


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "quota",
    [HUBSPOT, Quota((Window(30, 3.0),)), Quota((Window(100, 5.0, fixed=True),)), Quota((Window(60, 10.0),), 3, 2.0)],
    ids=["rolling", "small", "fixed", "both"],
)
def test_workers_that_die_with_blocks_in_hand_never_make_the_others_exceed(quota: Quota, seed: int) -> None:
    found = Run(Trial("deaths", quota, seconds=25.0, dying=0.03, seed=seed)).figures()

    assert found.died > 0
    assert found.refused == 0


def test_a_full_quota_costs_less_than_a_write_unit_a_call_and_one_with_room_a_fraction_of_it() -> None:
    full = Run(FULL).figures()
    (little,) = [trial for trial in TRIALS if trial.name == "HubSpot: little to do"]
    idle = Run(replace(little, seconds=40.0)).figures()

    assert full.write_units_a_call <= 0.75
    assert idle.write_units_a_call <= 0.4
    assert max(full.item_bytes, idle.item_bytes) <= 1024
    assert idle.order_seconds_p99 <= 2.5


def test_the_partner_of_these_trials_refuses_what_nobody_holds_back() -> None:
    """The same load with a quota twice as large as the partner's: the trial can fail."""
    run = Run(FULL)
    run.trial = replace(FULL, quota=Quota((Window(380, 10.0),)))

    assert run.figures().refused > 0
