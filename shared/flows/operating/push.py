"""push: a partner that tells by itself what a record of its own looks like; the record is taken as an observation.

What is pushed travels like any hint that carries a state: it is believed where its revision proves that it is newer
than all that was seen, else the system is asked (SYNC §2.2). So a push that comes late, twice or out of order changes
nothing, and `Idempotency-Key` only has to spare the work and to find a key that is used for something else.

A partner that cannot be asked at all (connector `push`) is believed: what it pushed last, by its revision or else by
arrival, is kept in the mailbox, and that is what a look at it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from shared.core.entities import referred
from shared.core.observations import Observation, Revision, Source
from shared.core.paths import ELEMENTS, listed, pattern
from shared.core.repair import Impossible, value_of
from shared.core.rules import SystemRules
from shared.core.values import Reference, Value
from shared.flows.parts import Parts
from shared.ports.system import Hint


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it came: the record's place, its fields as text by our paths, and what proves how new it is.

    `revision` is a number that grows with each change of the record there; `content` is what a repeated key is
    compared by.
    """

    system: str
    entity: str
    external_id: str
    fields: Mapping[str, str | None]
    revision: int | None = None
    modified_at: datetime | None = None
    deleted: bool = False
    content: str = ""


class Taken(StrEnum):
    """What became of a push."""

    QUEUED = "queued"
    KNOWN = "known"
    OLDER = "older"
    KEY_USED = "key used"
    NOT_SHARED = "not shared"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Fields that cannot be taken: path and what is wrong."""

    mistakes: tuple[tuple[str, str], ...]


def push(parts: Parts, pushed: Push, key: str | None) -> Taken | Unreadable:
    """Queue what is pushed, once per key."""
    if (pushed.system, pushed.entity) not in parts.integration.pairs():
        return Taken.NOT_SHARED
    able = parts.integration.rules(pushed.entity).systems[pushed.system]
    fields, mistakes = _read(pushed, able)
    if mistakes:
        return Unreadable(tuple(mistakes))
    marks = _marks(pushed, key)
    if marks and parts.idempotency.is_known(marks[1]):
        return Taken.KNOWN
    if marks and parts.idempotency.is_known(marks[0]):
        return Taken.KEY_USED
    observation = _observation(pushed, fields, able)
    hint = Hint(pushed.system, pushed.entity, pushed.external_id, observation)
    if parts.integration.strand(pushed.system, pushed.entity).capture == "push":
        if not parts.mailbox.put(observation):
            return Taken.OLDER
        hint = replace(hint, observation=None)
    parts.messages.changes([hint])
    for mark in marks:
        parts.idempotency.remember(mark)
    return Taken.QUEUED


def _read(pushed: Push, able: SystemRules) -> tuple[dict[str, Value], list[tuple[str, str]]]:
    fields: dict[str, Value] = {}
    mistakes: list[tuple[str, str]] = []
    for path, text in pushed.fields.items():
        value = _value(pushed, able, path, text)
        if isinstance(value, Impossible):
            mistakes.append((path, f"{value.why}: {value.do}"))
        else:
            fields[path] = value
    return fields, mistakes


def _value(pushed: Push, able: SystemRules, path: str, text: str | None) -> Value | Impossible:
    if not listed(able.carries, path):
        return Impossible(f"{pushed.system} does not show this field", "map it in integration.toml, or leave it out")
    target = referred(pushed.entity, path)
    if target is not None and text:
        return Reference(pushed.system, target, text)
    return value_of(pushed.entity, path, text)


def _observation(pushed: Push, fields: Mapping[str, Value], able: SystemRules) -> Observation:
    shown = {pattern(path) for path in fields}
    plain = {each for each in able.carries if "[" not in each}
    is_whole = pushed.deleted or plain <= shown
    revision = None if pushed.revision is None else Revision(str(pushed.revision), pushed.revision, exact=True)
    return Observation(
        pushed.system,
        pushed.entity,
        pushed.external_id,
        fields,
        revision,
        pushed.modified_at,
        _collections(able) if is_whole and not pushed.deleted else frozenset(),
        is_whole,
        source=Source.MESSAGE,
        deleted=pushed.deleted,
    )


def _collections(able: SystemRules) -> frozenset[str]:
    """Return the element collections that the system shows: a whole record shows them whole."""
    return frozenset(each for each in ELEMENTS if any(path.startswith(f"{each}[]") for path in able.carries))


def _marks(pushed: Push, key: str | None) -> tuple[str, ...]:
    """Return what is remembered of a key: that it was used, and for which content."""
    if key is None:
        return ()
    place = f"{pushed.system}/{pushed.entity}/{pushed.external_id}\n{key}"
    texts = (place, f"{place}\n{pushed.content}")
    return tuple(f"push/{blake2b(text.encode(), digest_size=20).hexdigest()}" for text in texts)
