"""Every built function answers every event file that it has, as the file beside it says."""

import json
import time
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from local.stack.stack import LocalStack
from local.stack.template import Template
from shared.connectors.webhooks import signature
from tests.smoke.conftest import BUILD, SECRET
from tests.smoke.emulator import PROJECT, Function

EVENTS = PROJECT / "tests" / "events"
_EXPECTED = ".expected.json"
_CASES = sorted(file for file in EVENTS.glob("*/*.json") if not file.name.endswith(_EXPECTED))


def _logical_id(event: Path) -> str:
    return "".join(word.capitalize() for word in event.parent.name.split("_"))


def _difference(expected: Any, answer: Any, where: str = "answer") -> str:
    """Where the answer is not as expected; keys that nobody expects are free, JSON inside text is read."""
    if isinstance(expected, dict) and isinstance(answer, str):
        answer = json.loads(answer)
    if isinstance(expected, dict) and isinstance(answer, dict):
        parts = (_difference(expected[key], answer.get(key), f"{where}.{key}") for key in expected)
        return "; ".join(part for part in parts if part)
    return "" if expected == answer else f"{where} is {answer!r}, not {expected!r}"


def test_every_built_function_has_an_event(built: Template) -> None:
    functions = {name for name, each in built["Resources"].items() if each["Type"] == "AWS::Serverless::Function"}

    assert functions == {_logical_id(case) for case in _CASES}


def test_every_module_comes_with_bytecode_that_is_taken_as_it_is(built: Template) -> None:
    unchecked = (1).to_bytes(4, "little")  # PEP 552: by hash, never checked against the source
    packages = [name for name, each in built["Resources"].items() if each.get("Metadata", {}).get("BuildMethod")]
    modules = [file for name in packages for file in (BUILD / name).rglob("*.py")]

    assert modules
    for module in modules:
        assert Path(cache_from_source(str(module))).read_bytes()[4:8] == unchecked


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_a_built_function_answers_as_expected(case: Path, function: Callable[[str], Function]) -> None:
    expected = json.loads(case.with_name(case.stem + _EXPECTED).read_text(encoding="utf-8"))

    answer = function(_logical_id(case)).invoke(json.loads(case.read_text(encoding="utf-8")))

    assert "errorMessage" not in answer, answer
    assert not _difference(expected, answer), answer


def test_a_webhook_signed_now_reaches_the_queue(function: Callable[[str], Function], stand_in: LocalStack) -> None:
    event = json.loads((EVENTS / "receive_webhook" / "stale.json").read_text(encoding="utf-8"))
    before, now = len(stand_in.messages("ChangesQueue")), str(int(time.time()))
    sign = signature(SECRET["webhook_secret"], "smoke", now, event["body"].encode())
    event["headers"] |= {"webhook-id": "smoke", "webhook-timestamp": now, "webhook-signature": sign}

    answers = [function("ReceiveWebhook").invoke(event)["statusCode"] for _ in range(2)]

    assert answers == [200, 200]
    assert len(stand_in.messages("ChangesQueue")) == before + 1
