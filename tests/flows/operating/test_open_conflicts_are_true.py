"""Open conflicts are true: after any history, what is listed as open is what the records ask, once each."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.core.decisions import Decision, Verdict
from shared.core.records import Record
from shared.flows.operating.failures import Wanted, list_failures
from tests.simulation.history import History

ASKED = {Verdict.PERSON: "held", Verdict.HELD: "held", Verdict.PARKED: "parked", Verdict.AMBIGUOUS: "ambiguous"}


def asked(record: Record) -> Counter[tuple[str, str, str, str]]:
    """Return what a record asks a person, but for suspected doubles: they ask nothing that a record holds."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for system, link in record.links.items():
        found.update((record.id, system, "held", path) for path in link.held)
        found.update(
            (record.id, system, "ambiguous", f"{sign.partition('/')[0]}[{theirs}]")
            for theirs, sign in link.ambiguous.items()
        )
        if link.parked is not None and link.parked.parent is None:
            found[record.id, system, "parked", ""] += 1
    return found


def told(record_id: str, decision: Decision) -> tuple[str, str, str, str]:
    about = ASKED[decision.verdict]
    return record_id, decision.system, about, "" if about == "parked" else decision.path


@pytest.mark.parametrize("seed", range(40, 64))
def test_what_is_open_after_a_simulated_history_is_what_the_records_ask(seed: int) -> None:
    history = History(seed).run()

    open_ = [each for each in history.memory.conflicts.kept if each.is_open and each.decision.verdict in ASKED]

    wanted = sum((asked(record) for record in history.records()), Counter[tuple[str, str, str, str]]())
    assert Counter(told(each.record_id, each.decision) for each in open_) == wanted


@pytest.mark.parametrize("seed", range(40, 64))
def test_every_case_of_a_simulated_history_is_listed_once_and_can_be_named(seed: int) -> None:
    history = History(seed).run()
    history.stage.current = None

    cases = [listed.case for listed in list_failures(history.parts, Wanted(), None, 1000).items]

    parked = {record.id for record in history.records() if record.parked_since is not None}
    assert len({case.id for case in cases}) == len(cases)
    assert {case.record_id for case in cases if case.record_id} >= parked
