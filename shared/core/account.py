"""account: why a field has its value, what each system shows of it, and what is owed and why it was not sent yet.

A link knows digests only. What a system shows instead of the record's value is found among the values that the
record's history has seen; one that never came by is shown as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.decisions import Cause
from shared.core.owed import owed_digests, unsupported
from shared.core.records import Field, Link, LinkState, Record
from shared.core.rules import EntityRules
from shared.core.values import Digest, Value, digest


class Shows(StrEnum):
    """What a system shows of a field, held against the record."""

    SAME = "the same"
    OWN_FORM = "the same, spelled its own way"
    OTHER = "something else"
    NEVER = "nothing that was ever seen"


@dataclass(frozen=True, slots=True)
class At:
    """One system's side of a field: what it shows (`value` where `is_known`), whether it is owed, and what holds it."""

    system: str
    shows: Shows
    value: Value
    is_known: bool
    is_owed: bool
    holds: str


@dataclass(frozen=True, slots=True)
class Account:
    """One field: its value, who set it, when and at which version, and the systems' sides."""

    path: str
    value: Value
    by: str
    at: datetime
    version: int
    systems: tuple[At, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record stands in one system."""

    system: str
    state: LinkState
    external_id: str | None
    owes: tuple[str, ...]
    holds: str
    unsupported: tuple[str, ...]


def account(
    record: Record, path: str, held: Field, rules: EntityRules, known: Mapping[Digest, Value], now: datetime
) -> Account:
    """Return the account of one field; `known` are the values that history has seen, by digest."""
    systems = tuple(_at(record, path, held.value, name, rules, known, now) for name in rules.systems)
    return Account(path, held.value, held.by, held.at, held.version, systems)


def standings(record: Record, rules: EntityRules, now: datetime) -> tuple[Standing, ...]:
    """Return how a record stands in every system that takes part."""
    return tuple(_standing(record, name, rules, now) for name in rules.systems)


def known_values(records: Iterable[Record], causes: Iterable[Cause]) -> dict[Digest, Value]:
    """Return every value that a history has seen, by digest."""
    held = (each.value for record in records for each in record.fields.values())
    shown = (value for cause in causes for value in cause.values.values())
    return {digest(value): value for some in (held, shown) for value in some}


def _at(
    record: Record,
    path: str,
    value: Value,
    system: str,
    rules: EntityRules,
    known: Mapping[Digest, Value],
    now: datetime,
) -> At:
    link = record.link(system)
    is_owed = path in owed_digests(record, system, rules)
    seen = link.fields.get(path)
    if seen is None:
        return At(system, Shows.NEVER, None, False, is_owed, _holds(link, path, is_owed, now))
    shows = (
        Shows.SAME if seen.seen == digest(value) else Shows.OWN_FORM if seen.stands == digest(value) else Shows.OTHER
    )
    is_known = shows is Shows.SAME or seen.seen in known
    shown = value if shows is Shows.SAME else known.get(seen.seen)
    return At(system, shows, shown, is_known, is_owed, _holds(link, path, is_owed, now))


def _standing(record: Record, system: str, rules: EntityRules, now: datetime) -> Standing:
    link = record.link(system)
    owes = tuple(sorted(owed_digests(record, system, rules)))
    shown = tuple(path or "archive" for path in owes)
    holds = _holds(link, "", bool(owes), now)
    return Standing(system, link.state, link.external_id, shown, holds, unsupported(record, system, rules))


def _holds(link: Link, path: str, is_owed: bool, now: datetime) -> str:
    """Return what holds a delivery back, in words; nothing where nothing does."""
    held = link.held.get(path)
    if held is not None:
        return f"held since {held.since:%Y-%m-%d %H:%M:%S}: {held.reason}"
    if link.parked is not None:
        return f"parked since {link.parked.since:%Y-%m-%d %H:%M:%S}: {link.parked.reason}"
    if link.intent is not None and (not path or path in link.intent.sent):
        return f"being sent, until {link.intent.until:%Y-%m-%d %H:%M:%S} at most"
    if not is_owed:
        return ""
    if link.waits_for is not None:
        return f"waits for {link.waits_for} to stand there"
    if link.due_at is None:
        return ""
    when = "due" if link.due_at <= now else f"due on {link.due_at:%Y-%m-%d %H:%M:%S}"
    return f"{when}, after {link.attempts} failed attempts" if link.attempts else when
