"""Batches and the stream: what fails is reported, and takes nothing else with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.aws.batches import Batch, Message, read_batch
from shared.aws.message_format import hints_of
from shared.aws.record_format import record_item
from shared.aws.settings import Settings
from shared.aws.stream import carry, read_stream
from shared.aws.telemetry import PowertoolsTelemetry
from shared.core.errors import BadSettings, TryAgain
from shared.flows.fan_out import Image
from tests.kit.builders import a_cause, a_record

whys: dict[str, str] = {}


def note_why(message_id: str, function: str, why: str) -> None:
    whys[message_id] = f"{function}: {why}"


TELEMETRY = PowertoolsTelemetry(
    Settings(
        "f",
        powertools_service_name="tandem",
        powertools_metrics_namespace="Tandem",
        powertools_log_level="INFO",
    )
)


def failures(*ids: str) -> dict[str, list[dict[str, str]]]:
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in ids]}


def batch_of(**messages: Sequence[str]) -> Batch[str]:
    return Batch([Message(id_, things) for id_, things in messages.items()], [], "t")


class Work:
    """Notes what it is given; raises for things that it does not like."""

    def __init__(self, dislikes: str = "", error: Exception | None = None) -> None:
        self.calls: list[list[str]] = []
        self._dislikes, self._error = dislikes, error or ZeroDivisionError("broken")

    def __call__(self, things: Sequence[str]) -> None:
        self.calls.append(list(things))
        if self._dislikes and self._dislikes in things:
            raise self._error


def test_a_batch_that_goes_well_is_done_in_one_call() -> None:
    work = Work()

    assert batch_of(m1="ab", m2="c").through(work, TELEMETRY, note_why) == failures()

    assert work.calls == [["a", "b", "c"]]


def test_one_that_breaks_is_found_by_doing_each_alone() -> None:
    work = Work(dislikes="b")

    assert batch_of(m1="a", m2="b", m3="c").through(work, TELEMETRY, note_why) == failures("m2")

    assert work.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]


def test_a_single_message_that_breaks_is_not_done_twice(capsys: pytest.CaptureFixture[str]) -> None:
    work = Work(dislikes="a")

    assert batch_of(m1="a").through(work, TELEMETRY, note_why) == failures("m1")

    assert work.calls == [["a"]]
    assert '"UnknownErrors"' in capsys.readouterr().out


def test_a_hiccup_is_no_unknown_error(capsys: pytest.CaptureFixture[str]) -> None:
    work = Work(dislikes="a", error=TryAgain("the queue is full"))

    assert batch_of(m1="a").through(work, TELEMETRY, note_why) == failures("m1")

    printed = capsys.readouterr().out
    assert "UnknownErrors" not in printed
    assert "the queue is full" in printed


def test_bad_settings_fail_the_whole_invocation() -> None:
    work = Work(dislikes="a", error=BadSettings("a name is wrong"))

    with pytest.raises(BadSettings):
        batch_of(m1="a", m2="b").through(work, TELEMETRY, note_why)


def test_unreadable_messages_are_reported_and_the_others_done() -> None:
    good = {
        "format": 1,
        "kind": "changes",
        "system": "crm",
        "entity": "order",
        "trace": "t1",
        "ids": ["1"],
        "states": [],
    }
    bodies = [json.dumps(good), "no JSON", json.dumps({**good, "ids": None}), json.dumps({**good, "trace": "t2"})]
    event = {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}

    batch = read_batch(event, hints_of)
    done: list[Any] = []

    assert batch.through(done.extend, TELEMETRY, note_why) == failures("m1", "m2")
    assert [hint.external_id for hint in done] == ["1", "1"]
    assert batch.trace == "t1,t2"


# ── the stream ──


def stream_of(*versions: int, newer: int | None = None) -> dict[str, Any]:
    """Return a stream event of writes of one record, one of them in a newer format."""
    records = []
    for version in versions:
        item = record_item(replace(a_record(), version=version), replace(a_cause(), trace=f"t{version}"))
        if version == newer:
            item["format"] = {"N": "99"}
        records.append({"eventName": "MODIFY", "dynamodb": {"SequenceNumber": str(version), "NewImage": item}})
    return {"Records": records}


class Carried:
    """Notes versions; raises at one of them."""

    def __init__(self, breaks_at: int = 0) -> None:
        self.calls: list[list[int]] = []
        self._breaks_at = breaks_at

    def __call__(self, images: Sequence[Image]) -> None:
        self.calls.append([image.after.version for image in images])
        if self._breaks_at in self.calls[-1]:
            raise TryAgain("no")


def test_a_stream_is_carried_in_one_call_with_the_traces_of_its_writes() -> None:
    work, batch = Carried(), read_stream(stream_of(1, 2, 3))

    assert carry(batch, work, TELEMETRY, note_why) == failures()

    assert work.calls == [[1, 2, 3]]
    assert batch.trace == "t1,t2,t3"


def test_the_first_write_that_fails_is_reported_and_nothing_after_it_is_done() -> None:
    work = Carried(breaks_at=2)

    assert carry(read_stream(stream_of(1, 2, 3)), work, TELEMETRY, note_why) == failures("2")

    assert work.calls == [[1, 2, 3], [1], [2]]


def test_a_batch_that_fails_but_whose_writes_go_well_alone_is_done() -> None:
    class Once(Carried):
        def __call__(self, images: Sequence[Image]) -> None:
            super().__call__(images)
            if len(images) > 1:
                raise TryAgain("too much at once")

    work = Once()

    assert carry(read_stream(stream_of(1, 2)), work, TELEMETRY, note_why) == failures()
    assert work.calls == [[1, 2], [1], [2]]


def test_what_nobody_can_read_stops_the_stream_after_what_came_before() -> None:
    work = Carried()

    assert carry(read_stream(stream_of(1, 2, 3, newer=2)), work, TELEMETRY, note_why) == failures("2")

    assert work.calls == [[1]]


def test_a_failure_before_the_unreadable_one_is_reported_first() -> None:
    work = Carried(breaks_at=1)

    assert carry(read_stream(stream_of(1, 2, newer=2)), work, TELEMETRY, note_why) == failures("1")


def test_an_image_shows_what_was_before() -> None:
    event = stream_of(1, 2)
    event["Records"][1]["dynamodb"]["OldImage"] = event["Records"][0]["dynamodb"]["NewImage"]

    images = [message.things[0] for message in read_stream(event).messages]

    assert [image.before and image.before.version for image in images] == [None, 1]
    assert [image.cause.trace for image in images] == ["t1", "t2"]


def test_deleted_items_are_passed_over() -> None:
    event = {"Records": [{"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "1", "OldImage": {}}}]}

    assert carry(read_stream(event), Carried(), TELEMETRY, note_why) == failures()


def test_why_each_message_failed_is_noted() -> None:
    whys.clear()
    nobody_can_read: Batch[str] = Batch([], ["m1"], "t")

    nobody_can_read.through(Work(), TELEMETRY, note_why)
    batch_of(m3="a", m4="b").through(Work("b", TryAgain("the queue is full")), TELEMETRY, note_why)
    batch_of(m5="a").through(Work("a"), TELEMETRY, note_why)

    assert set(whys) == {"m1", "m4", "m5"}
    assert whys["m1"] == "f: no code here can read it"
    assert whys["m4"] == "f: the queue is full"
    assert whys["m5"].startswith("f: ZeroDivisionError at test_batches.py:")
    assert "broken" not in whys["m5"]


def test_a_message_is_reported_even_if_its_failure_cannot_be_noted(capsys: pytest.CaptureFixture[str]) -> None:
    def note(message_id: str, function: str, why: str) -> None:
        raise TryAgain(f"{message_id} {function} {why}")

    assert batch_of(m1="a").through(Work("a"), TELEMETRY, note) == failures("m1")
    assert "failure not noted" in capsys.readouterr().out
