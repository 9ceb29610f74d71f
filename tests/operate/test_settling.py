"""Settling: when it is quiet, when it asks again, when it gives up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operate.failures import Failed
from operate.settling import AWS, LOCAL, Settled, Settling, pace_of, seconds_of
from shared.aws.counts import InQueues, Waiting

START = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(slots=True)
class FakeStack:
    """A stack in which each poll changes a record until `news` is used up, and each sweep delivers one owed record."""

    news: int = 0
    owing: int = 0
    working: int = 0
    delayed: int = 0
    changed: datetime | None = None
    started: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    read: int = 5
    write: int = 1
    failing: int = 0

    def in_queues(self) -> InQueues:
        self.working = max(0, self.working - 1)
        return InQueues(self.working, self.delayed)

    def waiting(self) -> Waiting | None:
        return Waiting(self.owing, "2026-11-22T00:10:00Z") if self.owing else None

    def owed(self) -> int:
        return self.owing

    def parked(self) -> int:
        return 2

    def conflicts(self) -> int:
        return 1

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        return {"crm": {"read": self.read, "write": self.write}}

    def last_change(self) -> datetime | None:
        return self.changed

    def now(self) -> datetime:
        return START

    def polls_failed_since(self, since: datetime) -> int:
        assert since == START
        self.failing -= bool(self.failing)
        return int(self.failing > 0)

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        self.started.append((function, payload))
        if function == "PollChanges":
            self.read += 1
            self.working = 2
        if function == "PollChanges" and self.news:
            self.news -= 1
            self.changed = (self.changed or START) + timedelta(seconds=1)
        if function == "SweepOverdue":
            self.owing -= 1

    def names(self) -> list[str]:
        return [name for name, _ in self.started]


@dataclass(slots=True)
class Watch:
    """A clock that moves when somebody sleeps."""

    seconds: float = 0.0

    def time(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def settle(stack: FakeStack, timeout: float = 60, reconcile: bool = False) -> Settled:
    watch = Watch()
    return Settling(stack, LOCAL, timeout, watch.time, watch.sleep).run(reconcile)


def test_a_stack_with_nothing_new_is_settled_after_one_round() -> None:
    stack = FakeStack()

    outcome = settle(stack)

    assert outcome.settled
    assert stack.started == [("PollChanges", {"now": True})]


def test_a_round_that_changed_records_is_followed_by_another() -> None:
    stack = FakeStack(news=2)

    assert settle(stack).settled
    assert stack.names() == ["PollChanges"] * 3


def test_a_round_in_which_a_partner_was_written_to_is_followed_by_another() -> None:
    @dataclass(slots=True)
    class Writing(FakeStack):
        def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
            self.write = 2
            self.started.append((function, payload))

    stack = Writing()

    assert settle(stack).settled
    assert stack.names() == ["PollChanges"] * 2


def test_a_system_that_could_not_be_asked_is_asked_again() -> None:
    stack = FakeStack(failing=3)

    assert settle(stack).settled
    assert stack.names() == ["PollChanges"] * 3


def test_a_system_that_never_answers_is_not_settled() -> None:
    stack = FakeStack(failing=1000)

    assert not settle(stack, timeout=5).settled


def test_what_is_owed_while_nothing_is_queued_is_swept() -> None:
    stack = FakeStack(owing=2)

    assert settle(stack).settled
    assert stack.started[1:] == [("SweepOverdue", {"early": True})] * 2


def test_a_delayed_message_behind_which_nothing_is_owed_does_not_keep_it_from_being_settled() -> None:
    outcome = settle(FakeStack(delayed=1))

    assert outcome.settled
    assert "waiting" not in outcome.shown()


def test_what_waits_for_its_next_try_is_not_settled_is_not_hurried_and_is_told() -> None:
    stack = FakeStack(owing=1, delayed=1)

    outcome = settle(stack, timeout=30)

    assert not outcome.settled
    assert stack.names() == ["PollChanges"]
    assert outcome.shown()["waiting"] == {"hints": 1, "until": "2026-11-22T00:10:00Z"}


def test_what_was_waiting_is_settled_once_its_time_has_come() -> None:
    @dataclass(slots=True)
    class Later(FakeStack):
        looks: int = 0

        def in_queues(self) -> InQueues:
            self.looks += 1
            if self.looks == 20:
                self.owing = self.delayed = 0
            return InQueues(0, self.delayed)

    assert settle(Later(owing=1, delayed=1)).settled


def test_a_reconcile_is_started_once() -> None:
    stack = FakeStack(news=1)

    settle(stack, reconcile=True)

    assert stack.names() == ["PollChanges", "Reconcile", "PollChanges"]


def test_what_stays_owed_is_not_settled_when_the_time_is_over() -> None:
    stack = FakeStack(owing=10_000)

    outcome = settle(stack, timeout=3)

    assert not outcome.settled
    assert 3 <= outcome.seconds < 4
    assert outcome.owed > 0


def test_queues_that_never_empty_are_not_settled() -> None:
    assert not settle(FakeStack(news=10_000), timeout=3).settled


def test_the_outcome_counts_what_needs_a_person_and_the_calls_made_meanwhile() -> None:
    outcome = settle(FakeStack(news=1))

    assert (outcome.parked, outcome.conflicts) == (2, 1)
    assert outcome.partner_calls == {"crm": {"read": 2, "write": 0}}


def test_a_system_that_was_never_called_before_counts_from_nothing() -> None:
    @dataclass(slots=True)
    class New(FakeStack):
        def calls(self) -> Mapping[str, Mapping[str, int]]:
            return {"erp": {"read": 3, "write": 4}} if self.started else {}

    assert settle(New()).partner_calls == {"erp": {"read": 3, "write": 4}}


def test_progress_is_told() -> None:
    said: list[str] = []
    watch = Watch()

    Settling(FakeStack(owing=1), LOCAL, 60, watch.time, watch.sleep, said.append).run()

    assert said[0] == "round 1: asking every system what changed"
    assert "round 1: 0 queued, 1 owed" in said


def test_real_queues_are_looked_at_more_patiently() -> None:
    assert pace_of(is_local=True) is LOCAL
    assert pace_of(is_local=False) is AWS
    assert AWS.seconds * AWS.looks > LOCAL.seconds * LOCAL.looks


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_out_must_be_a_time(timeout: float) -> None:
    with pytest.raises(Failed) as raised:
        seconds_of(timeout)

    assert raised.value.code == 2
