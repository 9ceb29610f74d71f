"""Which stack is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operate.failures import FAILED, USAGE, Failed
from operate.target import LOCAL_STACK, target_of


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    file = tmp_path / "local.json"
    state = {"api": "http://127.0.0.1:8080", "aws": "http://127.0.0.1:9009", "pid": 7, "stack": "tandem-demo"}
    file.write_text(json.dumps(state))
    return file


@pytest.mark.parametrize("text", [None, "local", "local:8080", "local:9009"])
def test_the_stack_that_was_last_started_is_meant(state_file: Path, text: str | None) -> None:
    target = target_of(text, state_file)

    assert (target.stack, target.endpoint) == ("tandem-demo", "http://127.0.0.1:9009")
    assert target.is_local


def test_another_port_is_the_aws_port_of_another_stack(state_file: Path) -> None:
    target = target_of("local:7007", state_file)

    assert (target.stack, target.endpoint) == (LOCAL_STACK, "http://127.0.0.1:7007")


def test_a_port_needs_no_state_file(tmp_path: Path) -> None:
    assert target_of("local:7007", tmp_path / "none.json").endpoint == "http://127.0.0.1:7007"


def test_a_stack_in_aws_is_meant_by_its_name(state_file: Path) -> None:
    target = target_of("stack:tandem-prod", state_file)

    assert (target.stack, target.endpoint, target.is_local) == ("tandem-prod", None, False)


def test_without_a_started_stack_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed) as raised:
        target_of(None, tmp_path / "none.json")

    assert "make up" in raised.value.remedy
    assert raised.value.code == FAILED


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_state_file_that_says_nothing_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "local.json").write_text(content)

    with pytest.raises(Failed, match="make up"):
        target_of("local", tmp_path / "local.json")


@pytest.mark.parametrize("text", ["prod", "stack:", "local:abc", "local:-1"])
def test_a_target_that_cannot_be_is_wrong_usage(state_file: Path, text: str) -> None:
    with pytest.raises(Failed) as raised:
        target_of(text, state_file)

    assert raised.value.code == USAGE
