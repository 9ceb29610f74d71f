"""What is put off because a partner's quota is used for now: it goes back to its queue and comes again later.

That is no trouble of the partner's and no attempt: no record, note or state is written for it. The message that it came
with is sent anew before it succeeds, so that nothing is lost that the queue would not have lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from shared.core.observations import NO_BUDGET, Answer, Refused, Trouble
from shared.core.records import Record
from shared.core.turns import Turn, turn_of
from shared.flows.noting import LONGEST_DELAY_SECONDS
from shared.flows.parts import Parts
from shared.flows.round import Round, Sending
from shared.ports.messages import Delivery


def is_no_budget(trouble: Trouble) -> bool:
    """Tell whether a call was not made because there was no room for it."""
    return trouble.code == NO_BUDGET


def delay_of(wait_seconds: float | None) -> int:
    """Return for how many seconds a message is to stay hidden; a queue counts in whole ones."""
    return min(LONGEST_DELAY_SECONDS, ceil(wait_seconds or 1.0))


def counted_delay(parts: Parts, trouble: Trouble, calls: int = 1) -> int:
    """Count what is put off, and return for how many seconds."""
    parts.telemetry.count("CallsPutOff", calls)
    return delay_of(trouble.wait_seconds)


def with_room(round_: Round, records: Iterable[Record]) -> list[Record]:
    """Return the records for whose calls there is room now, by class; the others are put off."""
    by_turn: dict[Turn, list[Record]] = {}
    for record in records:
        is_there = record.link(round_.system).is_live
        by_turn.setdefault(turn_of(round_.entity, is_there=is_there), []).append(record)
    ready: list[Record] = []
    for turn in sorted(by_turn):
        wait = round_.parts.allowance.wait(round_.system, round_.entity, turn)
        if wait > 0:
            put_off_deliveries(round_.parts, round_.system, by_turn[turn], wait)
        else:
            ready += by_turn[turn]
    return ready


def within_room(parts: Parts, deliveries: Sequence[Delivery], records: Mapping[str, Record]) -> list[Delivery]:
    """Return the deliveries for whose calls there is room; the others stand in the queue already, or the next sweep
    takes them: what is put off is never queued twice."""
    room: dict[tuple[str, Turn], bool] = {}
    ready = []
    for each in deliveries:
        asked = (each.system, turn_of(each.entity, is_there=records[each.record_id].link(each.system).is_live))
        if asked not in room:
            room[asked] = parts.allowance.has_room(*asked)
        if room[asked]:
            ready.append(each)
    return ready


def put_off_deliveries(parts: Parts, system: str, records: Sequence[Record], wait_seconds: float | None) -> None:
    """Send deliveries again, to be tried when there is room."""
    parts.telemetry.count("CallsPutOff", len(records))
    parts.messages.deliveries([Delivery(system, each.entity, each.id) for each in records], delay_of(wait_seconds))


def put_off_refused(round_: Round, sendings: Sequence[Sending], answers: Sequence[Answer]) -> None:
    """Send again what was to be written but for which there was no room any more."""
    late = [
        (sending.record, answer.trouble)
        for sending, answer in zip(sendings, answers, strict=True)
        if isinstance(answer, Refused) and is_no_budget(answer.trouble)
    ]
    if late:
        wait = max(trouble.wait_seconds or 1.0 for _, trouble in late)
        put_off_deliveries(round_.parts, round_.system, [record for record, _ in late], wait)
