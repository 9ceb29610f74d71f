"""Plans asked for from the function that may write nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from shared.aws.clients import Clients
from shared.aws.lambda_planner import LambdaPlanner
from shared.core.errors import BadSettings, NeedsAPerson
from tests.kit.session import fresh_clients


class Answering(Clients):
    """Clients whose Lambda answers what a test says."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.client, self.waits = client, list[float]()

    def functions_within(self, seconds: float) -> Any:
        self.waits.append(seconds)
        return self.client


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return boto3.client("lambda", aws_access_key_id="a", aws_secret_access_key="b")


def answering(client: Any, content: object, **more: Any) -> Stubber:
    body = json.dumps(content).encode()
    stub = Stubber(client)
    stub.add_response("invoke", {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more})
    return stub


def test_a_plan_is_what_the_function_answers(client: Any) -> None:
    clients = Answering(client)
    with answering(client, {"items": []}):
        assert LambdaPlanner(clients, "PlanChanges").make({"reconcile": True}, 7.0) == {"items": []}

    assert clients.waits == [7.0]


def test_a_function_that_failed_is_told_with_its_error(client: Any) -> None:
    with (
        answering(client, {"errorMessage": "no memory"}, FunctionError="Unhandled"),
        pytest.raises(NeedsAPerson, match="no memory"),
    ):
        LambdaPlanner(Answering(client), "PlanChanges").make({}, 7.0)


def test_a_missing_right_is_told_as_such(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("invoke", "AccessDeniedException")
        with pytest.raises(BadSettings, match="role"):
            LambdaPlanner(Answering(client), "PlanChanges").make({}, 7.0)


def test_no_answer_in_time_is_no_plan() -> None:
    class Slow:
        def invoke(self, **_: Any) -> Any:
            raise ReadTimeoutError(endpoint_url="x")

    assert LambdaPlanner(Answering(Slow()), "PlanChanges").make({}, 0.1) is None


def test_the_client_has_the_time_out_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    made: Any = fresh_clients().functions_within(3)

    assert made.meta.config.read_timeout == 3
