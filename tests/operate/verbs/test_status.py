"""`tandem status` as a person sees it."""

from __future__ import annotations

from typing import Any

import pytest

from operate.verbs.status import looks, show

ANSWER: dict[str, Any] = {
    "items": [
        {
            "system": "crm",
            "side": "crm",
            "status": "tripped",
            "until": "2999-01-01T00:00:00Z",
            "why": "login refused",
            "calls": {"read": 30, "write": 4},
            "calls_today": {"read": 3, "write": 1},
            "entities": [
                {
                    "entity": "customer",
                    "status": "tripped",
                    "last_observation": "2020-01-01T00:00:00Z",
                    "next_poll": None,
                    "owed": 2,
                    "lag_seconds": 185.0,
                    "parked": 1,
                }
            ],
        }
    ],
    "queued": {"ChangesQueue": 0},
    "owed": 2,
    "parked": 1,
    "conflicts": 0,
    "counted_all": True,
    "drifting": [],
}


def test_each_system_and_entity_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(ANSWER)

    text = capsys.readouterr().out
    assert "login" in text
    assert "refused" in text
    assert "3 min" in text
    assert "ago" in text
    assert "1,000" not in text


def test_a_count_that_is_not_whole_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show(ANSWER | {"counted_all": False}, anew=True)

    assert "1,000 oldest records" in capsys.readouterr().out


def test_one_look_is_enough_unless_it_is_watched() -> None:
    slept: list[float] = []

    assert list(looks(lambda: "seen", None, slept.append)) == ["seen"]
    assert slept == []


def test_watching_ends_with_control_c() -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    assert list(looks(lambda: "seen", 2.0, sleep)) == ["seen"] * 3
    assert slept == [2.0] * 3


def test_a_field_that_drifts_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    drifts = {
        "system": "crm",
        "entity": "order",
        "field": "total",
        "what": "vanished",
        "seen": "no total",
        "since": None,
    }

    show(ANSWER | {"drifting": [drifts]})

    assert "vanished" in capsys.readouterr().out
