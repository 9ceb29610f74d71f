"""A batch of queue messages: read one by one, done together, and only what failed is reported back.

A message that nobody can read is reported at once, so that it ends in the dead letters; its neighbours go on. If the
work on a batch fails, each message is done by itself: one that breaks the code takes no other with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from shared.aws.message_format import opened, trace_in
from shared.aws.telemetry import PowertoolsTelemetry
from shared.aws.trace import joined
from shared.core.errors import BadSettings, NeedsAPerson, TryAgain

Thing = TypeVar("Thing")
Event: TypeAlias = Mapping[str, Any]
Reported: TypeAlias = dict[str, list[dict[str, str]]]
Note: TypeAlias = Callable[[str, str, str], None]
"""Keeps why a message failed: its id, the function, the reason."""

UNREADABLE = "no code here can read it"


@dataclass(frozen=True, slots=True)
class Message(Generic[Thing]):
    """One message: its id in the queue, and what it says."""

    id: str
    things: Sequence[Thing]


@dataclass(frozen=True, slots=True)
class Batch(Generic[Thing]):
    """The messages of one invocation, the ids of those that nobody can read, and the trace of all."""

    messages: Sequence[Message[Thing]]
    unreadable: Sequence[str]
    trace: str

    def through(
        self, work: Callable[[Sequence[Thing]], object], telemetry: PowertoolsTelemetry, note: Note
    ) -> Reported:
        """Do the work on all messages; return which failed, as Lambda reads it, and note why."""
        failed = dict.fromkeys(self.unreadable, UNREADABLE)
        for message_id in self.unreadable:
            telemetry.tell("unreadable message", message_id=message_id)
        together = tried(work, self.messages, telemetry)
        if together:
            alone = self.messages if len(self.messages) > 1 else []
            whys = {each.id: tried(work, [each], telemetry) if alone else together for each in self.messages}
            failed |= {message_id: why for message_id, why in whys.items() if why}
        noted(failed, telemetry, note)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def is_batch(event: Event) -> bool:
    """Tell whether an event brings messages of a queue, rather than a schedule's tick or an operator's call."""
    return "Records" in event


def read_batch(event: Event, read: Callable[[Mapping[str, Any]], Sequence[Thing]]) -> Batch[Thing]:
    """Return the messages of an SQS event."""
    messages: list[Message[Thing]] = []
    unreadable: list[str] = []
    traces: list[str] = []
    for record in event["Records"]:
        try:
            body = opened(record["body"])
            messages.append(Message(record["messageId"], read(body)))
            traces.append(trace_in(body))
        except (NeedsAPerson, AttributeError, KeyError, TypeError, ValueError):
            unreadable.append(record["messageId"])
    return Batch(messages, unreadable, joined(traces))


def tried(
    work: Callable[[Sequence[Thing]], object], messages: Sequence[Message[Thing]], telemetry: PowertoolsTelemetry
) -> str:
    """Do the work on messages; return why it failed, or nothing. Bad settings concern all messages and are raised."""
    try:
        work([thing for message in messages for thing in message.things])
    except BadSettings:
        raise
    except (TryAgain, NeedsAPerson) as error:
        telemetry.tell("not done", why=str(error), messages=len(messages))
        return str(error)
    except Exception as error:  # the batch border: whatever one message breaks is reported, and its neighbours go on
        telemetry.count("UnknownErrors")
        return telemetry.fail("batch failed", error, messages=len(messages))
    return ""


def noted(failed: Mapping[str, str], telemetry: PowertoolsTelemetry, note: Note) -> None:
    """Note why messages failed, for whoever finds them among the dead letters. Where that fails too, the messages are
    still reported: the log then has what the note lacks."""
    for message_id, why in failed.items():
        try:
            note(message_id, telemetry.function, why)
        except TryAgain as error:
            telemetry.tell("failure not noted", message_id=message_id, why=str(error))
