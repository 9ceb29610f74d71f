"""Every function answers its sample events as the file beside each says; the built functions answer the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.aws.settings import NEEDS
from tests.functions.conftest import Invoke

EVENTS = Path(__file__).parents[1] / "events"
CASES = sorted(file for file in EVENTS.glob("*/*.json") if not file.name.endswith(".expected.json"))


def test_every_function_has_events_and_every_event_its_answer() -> None:
    assert {case.parent.name for case in CASES} == set(NEEDS)
    assert all(case.with_name(f"{case.stem}.expected.json").exists() for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_a_function_answers_as_expected(case: Path, invoke: Invoke) -> None:
    expected = json.loads(case.with_name(f"{case.stem}.expected.json").read_text())

    answer = json.loads(json.dumps(invoke(case.parent.name, json.loads(case.read_text()))))

    assert_shows(answer, expected)


def assert_shows(answer: Any, expected: Any) -> None:
    """Everything expected is there; JSON in a text is read, further keys are free."""
    if isinstance(expected, dict):
        found = json.loads(answer) if isinstance(answer, str) else answer
        for key, part in expected.items():
            assert_shows(found[key], part)
    else:
        assert answer == expected
