"""Builders: values with everything filled in, so that a test shows only what matters to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from shared.core.decisions import Cause, Decision
from shared.core.observations import Observation, Revision, Source
from shared.core.records import Field, Intent, Link, LinkState, Record, Seen, Sent, Verb, record_id
from shared.core.values import Value, digest
from shared.ports.stores import Change
from tests.kit.clock import START

LATER = START + timedelta(minutes=5)


def a_record(
    external_id: str = "1",
    *,
    entity: str = "customer",
    system: str = "crm",
    version: int = 1,
    fields: Mapping[str, Value] | None = None,
    links: Mapping[str, Link] | None = None,
    due_at: datetime | None = None,
    parked_since: datetime | None = None,
    waits_for: str | None = None,
    generation: int = 0,
) -> Record:
    """Return a record first seen in `system` under `external_id`."""
    values = {"name": "Ada Lovelace"} if fields is None else fields
    return Record(
        record_id(entity, system, external_id, generation),
        entity,
        version,
        generation,
        {path: Field(value, system, START, version) for path, value in values.items()},
        {system: a_link(external_id, values)} if links is None else links,
        due_at=due_at,
        parked_since=parked_since,
        waits_for=waits_for,
    )


def a_link(external_id: str | None = "1", values: Mapping[str, Value] | None = None) -> Link:
    """Return a live link in which these values were seen."""
    seen = {path: Seen(digest(value), digest(value)) for path, value in (values or {}).items()}
    return Link(LinkState.LIVE, external_id, seen)


def an_intent(verb: Verb = Verb.CREATE, *, id_: str = "i1", until: datetime = LATER, **sent: Value) -> Intent:
    """Return an intent that sends these fields."""
    entries = {path: Sent(digest(value), digest(value), None) for path, value in sent.items()}
    return Intent(id_, verb, until, START, entries)


def a_change(record: Record, *, keys: frozenset[str] = frozenset(), decisions: tuple[Decision, ...] = ()) -> Change:
    """Return the change that writes a record."""
    return Change(record, a_cause(), keys_taken=keys, decisions=decisions)


def a_cause(operation: str = "absorb", system: str = "crm", external_id: str = "1") -> Cause:
    """Return what a write was."""
    return Cause(operation, system, external_id, START, rules="r1")


def an_observation(
    external_id: str = "1",
    *,
    system: str = "crm",
    entity: str = "customer",
    fields: Mapping[str, Value] | None = None,
    revision: Revision | None = None,
    source: Source = Source.FETCHED,
    deleted: bool = False,
) -> Observation:
    """Return what a system shows."""
    shown = {"name": "Ada Lovelace"} if fields is None else fields
    return Observation(system, entity, external_id, shown, revision, START, source=source, deleted=deleted)


def money(text: str) -> Decimal:
    """Return an amount."""
    return Decimal(text)


def moment(text: str) -> datetime:
    """Return a moment of `2026-03-02T09:00`, taken as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
