"""dead letters: messages that no code could process, listed with what went wrong, brought back, or thrown away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.flows.parts import Parts
from shared.ports.dead_letters import DeadLetter, Failure

UNKNOWN = "no error was noted: the function ran out of time or memory, or was never started"
LOOKED_AT = 500
"""How many letters of a queue are looked at to find those that are meant."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One dead letter and how it failed the last time."""

    letter: DeadLetter
    why: str
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Found:
    """Dead letters, and how many each queue holds."""

    items: tuple[Listed, ...]
    waiting: Mapping[str, int]


class Ended(StrEnum):
    """What became of a letter."""

    SENT = "sent"
    SENT_BEFORE = "sent before"
    DISCARDED = "discarded"
    STAYS = "stays"
    NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one letter, and why it stays."""

    queue: str
    id: str
    ended: Ended
    why: str = field(default="")


def dead_letters(parts: Parts, queue: str | None, limit: int) -> Found:
    """Return dead letters of one queue, or of all that are not empty; whoever else looks just now may see fewer."""
    waiting = parts.dead_letters.waiting()
    letters: list[DeadLetter] = []
    for name in [queue] if queue else [name for name, count in sorted(waiting.items()) if count]:
        letters += parts.dead_letters.take(name, limit - len(letters)) if limit > len(letters) else []
    parts.dead_letters.release(letters)
    failures = parts.message_failures.of([_failed_as(letter) for letter in letters])
    return Found(tuple(_listed(letter, failures.get(_failed_as(letter))) for letter in letters), waiting)


def redrive(parts: Parts, queue: str, ids: Collection[str] | None) -> tuple[Outcome, ...]:
    """Bring letters back, all where no ids are named: each is sent where it was going, then deleted.

    A letter that was sent but not deleted is only deleted the next time.
    """
    return _each(parts, queue, ids, _bring_back)


def discard(parts: Parts, queue: str, ids: Collection[str]) -> tuple[Outcome, ...]:
    """Throw letters away that nobody needs any more."""
    return _each(parts, queue, ids, _throw_away)


def move(parts: Parts, queue: str) -> bool:
    """Let the queue service bring all letters back by itself, however many; tell whether it can for this queue."""
    can = parts.dead_letters.move(queue)
    if can:
        parts.telemetry.tell("dead letters moved", queue=queue)
    return can


def _each(
    parts: Parts, queue: str, ids: Collection[str] | None, act: Callable[[Parts, DeadLetter], Outcome]
) -> tuple[Outcome, ...]:
    letters = parts.dead_letters.take(queue, LOOKED_AT)
    meant = [letter for letter in letters if ids is None or letter.id in ids]
    outcomes = [act(parts, letter) for letter in meant]
    stay = {outcome.id for outcome in outcomes if outcome.ended is Ended.STAYS}
    parts.dead_letters.release([each for each in letters if each not in meant or each.id in stay])
    missing = [] if ids is None else [each for each in ids if each not in {letter.id for letter in letters}]
    return (*outcomes, *(Outcome(queue, each, Ended.NOT_THERE) for each in missing))


def _bring_back(parts: Parts, letter: DeadLetter) -> Outcome:
    key = f"redriven/{letter.queue}/{letter.id}"
    was_sent = parts.idempotency.is_known(key)
    why = "" if was_sent else parts.dead_letters.resend(letter)
    if why:
        return Outcome(letter.queue, letter.id, Ended.STAYS, why)
    if not was_sent:
        parts.idempotency.remember(key)
    parts.dead_letters.delete(letter)
    parts.telemetry.tell("dead letter sent again", queue=letter.queue, message_id=letter.id)
    return Outcome(letter.queue, letter.id, Ended.SENT_BEFORE if was_sent else Ended.SENT)


def _throw_away(parts: Parts, letter: DeadLetter) -> Outcome:
    parts.dead_letters.delete(letter)
    parts.telemetry.tell("dead letter discarded", queue=letter.queue, message_id=letter.id, **_facts(letter))
    return Outcome(letter.queue, letter.id, Ended.DISCARDED)


def _failed_as(letter: DeadLetter) -> str:
    """Return the id under which a failure was noted: a change in the stream failed by its place there."""
    return letter.about.get("place", letter.id)


def _listed(letter: DeadLetter, failure: Failure | None) -> Listed:
    return Listed(letter, failure.why if failure else letter.about.get("error", UNKNOWN), failure)


def _facts(letter: DeadLetter) -> dict[str, str]:
    return {name: text for name, text in letter.about.items() if name in ("system", "entity", "records", "changes")}
