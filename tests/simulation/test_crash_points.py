"""Where a worker can die is read from the ports: none of them, and none of their verbs, can be forgotten."""

from __future__ import annotations

import inspect

from tests.kit.ports import ports
from tests.simulation import connector, queues, stores, stores_stopping
from tests.simulation.crash_points import APART, NEVER_REACHED, NOT_EFFECTS, PORTS, SYSTEM_VERBS, sites

STAGED = "\n".join(inspect.getsource(each) for each in (connector, queues, stores, stores_stopping))


def test_every_port_is_cut_or_says_why_it_is_not() -> None:
    assert APART.keys() <= ports().keys()
    assert all(APART.values())
    assert {"records", "identities", "states", "messages"} <= PORTS


def test_every_verb_of_every_port_that_is_cut_is_an_effect_on_the_stage() -> None:
    wanted = {f"{port}.{verb}" for port in PORTS for verb in ports()[port]} - NOT_EFFECTS
    wanted |= {f"system.{verb}" for verb in SYSTEM_VERBS}

    assert {each for each in wanted if f'"{each}"' not in STAGED} == set()


def test_what_is_no_effect_or_never_reached_is_named_as_it_is_in_the_code() -> None:
    assert {tuple(each.split(".")) for each in NOT_EFFECTS} <= {
        (port, verb) for port in PORTS for verb in ports()[port]
    }
    assert set(sites()) >= NEVER_REACHED
