"""Six faults, made on purpose and repaired as a person would: by typing `tandem …`.

A scenario breaks something, looks at it through the command, repairs it through the command, and then reads both
systems by the demo's own reader. It raises `NotRepaired` with what is wrong; all is well otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local.demo.faults.ambiguous_customer import ambiguous_customer
from local.demo.faults.conflict import conflict_left_to_a_person
from local.demo.faults.ending import nothing_left_over
from local.demo.faults.partner_down import partner_down
from local.demo.faults.poison import poison_message
from local.demo.faults.refused import refused_record
from local.demo.faults.stage import NotRepaired, Stage
from local.demo.faults.wrong_password import wrong_password
from local.demo.systems import DemoFailed

SCENARIOS: Mapping[str, Callable[[Stage], None]] = {
    each.__name__: each
    for each in (
        wrong_password,
        partner_down,
        refused_record,
        ambiguous_customer,
        conflict_left_to_a_person,
        poison_message,
        nothing_left_over,
    )
}
"""By name, in the order in which they are played; the last one looks at what the others left behind."""


def run_faults(stage: Stage, scenarios: Mapping[str, Callable[[Stage], None]] = SCENARIOS) -> dict[str, str]:
    """Play the scenarios one after the other; per name "ok", or what is wrong."""
    results: dict[str, str] = {}
    for name, play in scenarios.items():
        stage.say(f"── {name.replace('_', ' ')}")
        try:
            play(stage)
            results[name] = "ok"
        except (NotRepaired, DemoFailed) as wrong:
            results[name] = str(wrong) or "it could not be told what is wrong"
        stage.say(f"   {results[name]}")
    return results
