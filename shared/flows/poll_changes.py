"""poll_changes: ask what changed since the cursor, queue it, then move the cursor (SYNC §7.7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.core.observations import Observation, Trouble
from shared.core.retry import GRACE_SECONDS
from shared.core.stopping import SystemStatus, holding
from shared.flows.parts import Parts
from shared.flows.putting_off import counted_delay, is_no_budget
from shared.flows.troubles import heed, may_poll, recovered
from shared.ports.messages import Poll
from shared.ports.system import Hint, Page

PAGES_PER_RUN = 200
"""How many pages one run takes before it queues itself again, well within the function's time."""


def start_polls(parts: Parts, *, now_all: bool = False) -> int:
    """Queue a poll for every system and entity whose time has come (or for all); return how many.

    What is paused is not polled. Of a tripped system one poll goes whatever its time: it is the probe.
    """
    now = parts.clock.now()
    stops = {system: parts.states.stops(system) for system in parts.integration.systems}
    due = [
        Poll(system, entity)
        for system, entity in parts.integration.pairs()
        if (state := holding(stops[system], entity)).status is not SystemStatus.PAUSED
        and (now_all or state.may_probe(now) or _is_due(parts.states.cursor(system, entity)[1], now))
    ]
    if due:
        parts.messages.polls(due)
    return len(due)


def poll_changes(parts: Parts, poll: Poll) -> int:
    """Queue what changed in one system and entity since its cursor; return how many hints were queued.

    The first poll reads a system whole by the rules of now, unless something is linked already: that may have been read
    by older ones, and its hint may be lost.
    """
    if not parts.integration.takes_part(poll.system, poll.entity):
        return 0
    cursor, _ = parts.states.cursor(poll.system, poll.entity)
    is_first = cursor is None and not parts.identities.linked(poll.system, poll.entity, None, 1)
    if not may_poll(parts, poll.system, poll.entity):
        _move(parts, poll, cursor, 0)
        return 0
    queued = 0
    for page_number in range(PAGES_PER_RUN):
        page = parts.systems.system(poll.system).changed_since(poll.entity, cursor)
        if isinstance(page, Trouble):
            heed(parts, poll.system, page)
            _again(parts, poll, cursor, page)
            return queued
        if page_number == 0:
            recovered(parts, poll.system, poll.entity)
        hints = list(hints_of(poll.system, poll.entity, page))
        if hints:
            parts.messages.changes(hints)
        queued += len(hints)
        cursor = page.next_cursor
        _move(parts, poll, cursor, parts.integration.strand(poll.system, poll.entity).every_seconds)
        if not page.more:
            if is_first:
                parts.states.note_read(poll.system, poll.entity, parts.integration.rules(poll.entity).version)
            return queued
    parts.messages.polls([poll])
    return queued


def hints_of(system: str, entity: str, page: Page) -> Iterable[Hint]:
    """Return a page as hints; what could not be read goes as an id, to be parked when it is fetched."""
    for shown in page.observations:
        if isinstance(shown, Observation):
            yield Hint(system, entity, shown.external_id, shown)
        else:
            yield Hint(system, entity, shown.external_id)
    for external_id in page.ids:
        yield Hint(system, entity, external_id)


def _again(parts: Parts, poll: Poll, cursor: str | None, trouble: Trouble) -> None:
    """Let a poll that failed be due at once; one for which there was no room comes again by itself when there is."""
    if not is_no_budget(trouble):
        _move(parts, poll, cursor, 0)
        return
    delay = counted_delay(parts, trouble)
    parts.messages.polls([poll], delay)
    _move(parts, poll, cursor, delay + GRACE_SECONDS)


def _move(parts: Parts, poll: Poll, cursor: str | None, after_seconds: int) -> None:
    """Keep the cursor and when the next poll is due: at once after one that failed."""
    parts.states.move_cursor(poll.system, poll.entity, cursor, parts.clock.now() + timedelta(seconds=after_seconds))


def _is_due(due_at: datetime | None, now: datetime) -> bool:
    return due_at is None or due_at <= now
