"""The whole API under requests that nobody would send: no server error, no answer that the description does not know.

schemathesis makes the requests from docs/openapi.json, right ones and wrong ones; they go over HTTP to the deployed
template on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from local.simple.running import SimpleSystem
from tests.docs.made_from_code import OPENAPI
from tests.whole.describing import simplest, written
from tests.whole.running import Whole, running

pytestmark = pytest.mark.whole_stack

SCHEMA = schemathesis.openapi.from_dict(json.loads(OPENAPI.read_text(encoding="utf-8")))
OPERATIONS: list[Any] = [cast(Any, each).ok() for each in SCHEMA.get_all_operations()]
EXAMPLES = 25
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A stack with a few records in it."""
    with SimpleSystem() as shop, SimpleSystem() as warehouse:
        parts = simplest("shop", "crm", shop.url), simplest("warehouse", "supply_chain", warehouse.url)
        with running(written(tmp_path_factory.mktemp("fuzzed"), *parts), {}) as made:
            with shop.client() as client:
                client.send("POST", "/api/v1/customers", {"name": "Ann", "email": "ann@x.example", "phone": "1"})
            made.settle()
            yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_every_request_gets_an_answer_that_is_described(operation: Any, whole: Whole) -> None:
    headers = {"authorization": f"Bearer {whole.stack.token}"}
    modes = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(*modes) if operation.body or operation.query or operation.path_parameters else modes[0])
    def answers(case: Any) -> None:
        response = case.call(base_url=whole.stack.api, headers=headers, timeout=20)
        case.validate_response(response, checks=CHECKS)

    answers()


def test_every_operation_is_tried() -> None:
    described = json.loads(OPENAPI.read_text(encoding="utf-8"))

    assert len(OPERATIONS) == sum(len(methods) for methods in described["paths"].values())
