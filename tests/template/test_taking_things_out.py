"""Everything in the template is needed: take it out of a copy, and the small scenario that needs it fails.

The scenarios run on the deployed template between two simple systems; each passes with the whole template.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.simple.running import SimpleSystem
from tests.template.deployment import raw
from tests.template.taking_things_out.scenarios import ALL, Scenario, needed_by
from tests.template.taking_things_out.things import Thing, takeable, without
from tests.template.taking_things_out.world import TOKEN, world

pytestmark = [pytest.mark.whole_stack]

KINDS = {
    "route",
    "mapping",
    "rule",
    "schedule",
    "environment variable",
    "ReportBatchItemFailures",
    "redrive policy",
}


@pytest.fixture(scope="module")
def systems() -> Iterator[tuple[SimpleSystem, SimpleSystem]]:
    with ExitStack() as opened:
        yield opened.enter_context(SimpleSystem(token=TOKEN)), opened.enter_context(SimpleSystem(token=TOKEN))


@pytest.mark.parametrize("scenario", ALL.values(), ids=ALL)
def test_with_the_whole_template_the_scenario_passes(
    scenario: Scenario, systems: tuple[SimpleSystem, SimpleSystem], tmp_path: Path
) -> None:
    with world(raw(), *systems, tmp_path) as whole:
        scenario(whole)


@pytest.mark.parametrize("thing", takeable(raw()), ids=str)
def test_without_the_thing_the_scenario_that_needs_it_fails(
    thing: Thing, systems: tuple[SimpleSystem, SimpleSystem], tmp_path: Path
) -> None:
    scenario = needed_by(thing)

    with world(without(raw(), thing), *systems, tmp_path) as altered, pytest.raises(AssertionError):
        scenario(altered)


def test_things_of_every_kind_are_found() -> None:
    things = takeable(raw())

    assert {thing.kind for thing in things} == KINDS
    assert len({str(thing) + str(thing.path) for thing in things}) == len(things)
