"""The stream of the records table: images read in order, and the first that failed reported back.

Lambda repeats a stream from the reported sequence number on, so everything before it must be done and nothing after it
may count as done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from shared.aws.batches import UNREADABLE, Batch, Event, Message, Note, Reported, noted, tried
from shared.aws.record_format import cause_of, record_of
from shared.aws.telemetry import PowertoolsTelemetry
from shared.aws.trace import joined
from shared.core.errors import NeedsAPerson
from shared.flows.fan_out import Image


def read_stream(event: Event) -> Batch[Image]:
    """Return the images of a stream event up to the first that nobody can read; deletions are nobody's news."""
    messages: list[Message[Image]] = []
    for number, seen in _writes(event):
        try:
            messages.append(Message(number, [_image(seen)]))
        except (NeedsAPerson, AttributeError, KeyError, TypeError, ValueError):
            return Batch(messages, [number], _trace(messages))
    return Batch(messages, [], _trace(messages))


def carry(
    batch: Batch[Image], work: Callable[[Sequence[Image]], object], telemetry: PowertoolsTelemetry, note: Note
) -> Reported:
    """Do the work on all images; if it fails, one after another up to the first that fails alone."""
    failed = dict.fromkeys(batch.unreadable, UNREADABLE)
    together = tried(work, batch.messages, telemetry) if batch.messages else ""
    if together:
        alone = batch.messages if len(batch.messages) > 1 else []
        whys = ((each.id, tried(work, [each], telemetry) if alone else together) for each in batch.messages)
        first = next(((number, why) for number, why in whys if why), None)
        failed = failed if first is None else dict([first])
    noted(failed, telemetry, note)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def _writes(event: Event) -> Iterator[tuple[str, Any]]:
    for record in event["Records"]:
        if "NewImage" in record["dynamodb"]:
            yield record["dynamodb"]["SequenceNumber"], record["dynamodb"]


def _image(seen: Any) -> Image:
    before = record_of(seen["OldImage"]) if "OldImage" in seen else None
    return Image(before, record_of(seen["NewImage"]), cause_of(seen["NewImage"]))


def _trace(messages: Sequence[Message[Image]]) -> str:
    return joined(image.cause.trace for message in messages for image in message.things)
