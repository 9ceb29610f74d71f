"""Dead letters on the deployed template: each kind is told with its error by the command, and comes back by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.simple.running import SimpleSystem
from operate.command import main
from operate.failures import DONE, FAILED, NOT_SETTLED
from tests.whole.describing import simplest, written
from tests.whole.running import Whole, running

pytestmark = pytest.mark.whole_stack


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[SimpleSystem, SimpleSystem]]:
    with SimpleSystem() as shop, SimpleSystem() as warehouse:
        yield shop, warehouse


@pytest.fixture
def between(servers: tuple[SimpleSystem, SimpleSystem], tmp_path: Path) -> Iterator[Whole]:
    for server in servers:
        with server.client() as client:
            client.reset(forget="records")
    shop, warehouse = servers
    config = written(tmp_path, simplest("shop", "crm", shop.url), simplest("warehouse", "supply_chain", warehouse.url))
    with running(config, {}) as whole:
        yield whole


def tandem(whole: Whole, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main(["--target", whole.target, *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def enter(server: SimpleSystem, name: str = "Ann") -> None:
    with server.client() as client:
        client.send("POST", "/api/v1/customers", {"name": name, "email": f"{name}@x.example", "phone": "1"})


@contextmanager
def broken(whole: Whole, function: str) -> Iterator[None]:
    """The function lacks a variable until the block ends, as after a wrong deployment."""
    variables = whole.stack.function(function).variables
    missing = variables.pop("TANDEM_STATE_TABLE")
    try:
        yield
    finally:
        variables["TANDEM_STATE_TABLE"] = missing


def die(whole: Whole, queue: str) -> None:
    """Let what is in the queues be tried until it is dead."""
    for _ in range(12):
        assert whole.stack.drain(but_hidden=True)
        if whole.stack.messages(queue):
            return
        whole.stack.hurry()
    raise AssertionError(f"nothing reached {queue}: {whole.stack.queue_counts()}")


def only(answer: Any) -> Any:
    (item,) = answer["items"]
    return item


def test_a_poison_message_is_told_with_its_error_comes_back_if_sent_again_and_can_be_thrown_away(
    between: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    between.stack.client("sqs").send_message(QueueUrl=between.physical("ChangesQueue"), MessageBody="no message")
    die(between, "ChangesDeadLetters")

    code, answer = tandem(between, capsys, "dead-letters")

    letter = only(answer)
    assert (code, letter["queue"], letter["body"]) == (DONE, "ChangesDeadLetters", "no message")
    assert (letter["function"], letter["why"], letter["times"]) == ("absorb_changes", "no code here can read it", 5)
    assert answer["waiting"]["ChangesDeadLetters"] == 1

    assert main(["--target", between.target, "dead-letters"]) == DONE
    told = " ".join(capsys.readouterr().out.split())
    assert f"{letter['queue']} {letter['id']} failed in absorb_changes" in told
    assert "body no message" in told
    assert tandem(between, capsys, "redrive", letter["queue"], letter["id"])[0] == NOT_SETTLED
    code, answer = tandem(between, capsys, "redrive", letter["queue"], letter["id"], "--yes")
    assert (code, only(answer)["ended"]) == (DONE, "sent")
    die(between, "ChangesDeadLetters")

    again = only(tandem(between, capsys, "dead-letters")[1])
    code, answer = tandem(between, capsys, "discard", again["queue"], again["id"], "--yes")
    assert (code, only(answer)["ended"]) == (DONE, "discarded")
    assert tandem(between, capsys, "dead-letters")[1]["items"] == []
    assert tandem(between, capsys, "discard", again["queue"], again["id"], "--yes")[0] == FAILED


@pytest.mark.parametrize("options", [["--all"], ["--all", "--by-queue-service"]])
def test_polls_that_failed_on_a_wrong_deployment_are_done_after_it_is_put_right(
    between: Whole,
    servers: tuple[SimpleSystem, SimpleSystem],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
) -> None:
    enter(servers[0])
    assert not between.stack.invoke("PollChanges", {"now": True}).failed
    with broken(between, "PollChanges"):
        die(between, "PollsDeadLetters")
    listed = tandem(between, capsys, "dead-letters", "--queue", "PollsDeadLetters")[1]["items"]

    code, answer = tandem(between, capsys, "redrive", "PollsDeadLetters", *options, "--yes")

    assert {(each["about"]["system"], each["about"]["entity"]) for each in listed} <= set(between.integration.pairs())
    assert (code, answer["ok"]) == (DONE, True)
    between.settle()
    assert [row["name"] for row in servers[1].rows("customers")] == ["Ann"]
    assert between.stack.messages("PollsDeadLetters") == []


def test_a_nightly_tick_that_failed_is_started_again(
    between: Whole, servers: tuple[SimpleSystem, SimpleSystem], capsys: pytest.CaptureFixture[str]
) -> None:
    enter(servers[0])
    with broken(between, "Reconcile"):
        between.stack.fire("Reconcile")
        assert between.stack.drain(but_hidden=True)
    letter = only(tandem(between, capsys, "dead-letters")[1])

    code, _ = tandem(between, capsys, "redrive", "ScheduleDeadLetters", letter["id"], "--yes")

    assert letter["about"]["function"] == "reconcile"
    assert "TANDEM_STATE_TABLE is not set" in letter["why"]
    assert code == DONE
    between.rest()
    assert [row["name"] for row in servers[1].rows("customers")] == ["Ann"]


def test_changes_that_fan_out_gave_up_on_become_history_after_all(
    between: Whole, servers: tuple[SimpleSystem, SimpleSystem], capsys: pytest.CaptureFixture[str]
) -> None:
    enter(servers[0])
    with broken(between, "FanOut"):
        between.poll()
        die(between, "StreamDeadLetters")
    letters = tandem(between, capsys, "dead-letters", "--queue", "StreamDeadLetters")[1]["items"]

    code, answer = tandem(between, capsys, "redrive", "StreamDeadLetters", "--all", "--yes")

    assert all(letter["about"]["changes"] for letter in letters)
    assert (code, {each["ended"] for each in answer["items"]}) == (DONE, {"sent"})
    between.rest()
    versions = {item["sk"]["S"] for item in between.items("LedgerTable")}
    assert "0000000001" in versions
    assert between.stack.messages("StreamDeadLetters") == []


def test_changes_that_fail_again_stay(between: Whole, capsys: pytest.CaptureFixture[str]) -> None:
    nonsense = {"id": {"S": "nonsense"}, "format": {"N": "0"}}
    between.stack.client("dynamodb").put_item(TableName=between.physical("RecordsTable"), Item=nonsense)
    die(between, "StreamDeadLetters")
    listed = only(tandem(between, capsys, "dead-letters")[1])

    code, answer = tandem(between, capsys, "redrive", "StreamDeadLetters", "--all", "--yes")

    assert (listed["function"], listed["why"]) == ("fan_out", "no code here can read it")
    assert (code, only(answer)["ended"]) == (FAILED, "stays")
    assert "failed on it again" in only(answer)["why"]
    assert len(between.stack.messages("StreamDeadLetters")) == 1


def test_an_event_that_could_not_be_queued_is_a_hint_after_all(
    between: Whole, servers: tuple[SimpleSystem, SimpleSystem], capsys: pytest.CaptureFixture[str]
) -> None:
    enter(servers[0])
    event = {"detail-type": "record.changed", "detail": {"system": "shop", "entity": "customer", "ids": ["1"]}}
    attributes = {"ERROR_MESSAGE": {"DataType": "String", "StringValue": "AccessDenied"}}
    between.stack.client("sqs").send_message(
        QueueUrl=between.physical("HintDeadLetters"), MessageBody=json.dumps(event), MessageAttributes=attributes
    )
    letter = only(tandem(between, capsys, "dead-letters")[1])

    tandem(between, capsys, "redrive", "HintDeadLetters", letter["id"], "--yes")

    assert (letter["why"], letter["about"]["system"], letter["about"]["records"]) == ("AccessDenied", "shop", "1")
    between.rest()
    assert [row["name"] for row in servers[1].rows("customers")] == ["Ann"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["redrive", "ChangesDeadLetters"],
        ["redrive", "ChangesDeadLetters", "x", "--all"],
        ["redrive", "ChangesDeadLetters", "x", "--by-queue-service"],
    ],
)
def test_what_is_meant_has_to_be_said(arguments: list[str]) -> None:
    assert main(arguments) == 2
