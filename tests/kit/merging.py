"""Builders for the merge: records that two systems agree on, what a system shows, and what is said of a write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.core.absorb import Absorbed, absorb
from shared.core.commands import Command
from shared.core.confirm import Said, confirm
from shared.core.decisions import Decision, Verdict
from shared.core.deliver import note_intent, parents_of, plan_delivery
from shared.core.observations import Answer, Observation, Revision, Stored
from shared.core.owed import owed
from shared.core.paths import element_of, element_path
from shared.core.records import Field, Link, LinkState, Record, Seen, record_id
from shared.core.rules import EntityRules
from shared.core.values import Value, digest
from tests.kit.clock import START
from tests.kit.rules import COLLECTIONS, rules_of

NOW = START + timedelta(minutes=1)
FAR = START + timedelta(days=1)
IDS = {"crm": "c1", "erp": "e1", "shop": "s1"}


def agreed(
    fields: Mapping[str, Any] | None = None,
    *,
    entity: str = "customer",
    by: str = "crm",
    systems: tuple[str, ...] = ("crm", "erp"),
    version: int = 5,
) -> Record:
    """Return a record that stands in these systems, all of which show its values (`by` set them)."""
    values = dict(fields or {"name": "Ada", "email": "ada@example.org"})
    return Record(
        record_id(entity, "crm", "c1"),
        entity,
        version,
        fields={path: Field(value, by, START, version) for path, value in values.items()},
        links={system: agreed_link(system, values) for system in systems},
    )


def agreed_link(system: str, values: Mapping[str, Value], revision: int = 1) -> Link:
    """Return a live link that has seen these values, at an exact revision."""
    keys = {element.key for path in values if (element := element_of(path)) is not None}
    return Link(
        LinkState.LIVE,
        IDS[system],
        {path: Seen(digest(value), digest(value)) for path, value in values.items()},
        elements={key: their_id(system, key) for key in keys},
        revision=at(revision),
        floor=revision,
    )


def at(revision: int) -> Revision:
    """Return an exact revision."""
    return Revision(str(revision), revision, exact=True)


def their_id(system: str, key: str) -> str:
    """Return the id that a system gives an element of ours in these tests."""
    return f"{system}-{key}"


def shown(
    system: str,
    fields: Mapping[str, Any],
    *,
    entity: str = "customer",
    revision: int | None = 2,
    **more: Any,
) -> Observation:
    """Return a fetched observation, written under our element keys, turned into the system's own ids."""
    full = Observation(
        system,
        entity,
        IDS[system],
        {_theirs(system, path): value for path, value in fields.items()},
        None if revision is None else at(revision),
        collections=COLLECTIONS[entity],
    )
    return replace(full, **more)


def values_of(record: Record) -> dict[str, Value]:
    """Return the record's values."""
    return {path: held.value for path, held in record.fields.items()}


def seen_in(
    record: Record, observation: Observation, rules: EntityRules | None = None, now: datetime = NOW
) -> Absorbed:
    """Absorb, by the plain rules of the record's entity."""
    return absorb(record, observation, rules or rules_of(record.entity), now)


def edited(record: Record, system: str, fields: Mapping[str, Any], rules: EntityRules | None = None) -> Record:
    """Return the record after a person changed fields in a system (nothing else was carried)."""
    return seen_in(
        record, shown(system, fields, entity=record.entity, complete=False, collections=frozenset()), rules
    ).record


def planned(
    record: Record,
    system: str,
    rules: EntityRules | None = None,
    now: datetime = NOW,
    parents: Mapping[str, Link | None] | None = None,
) -> Any:
    """Return the plan for a system; whoever asks knows which plan it must be."""
    rules = rules or rules_of(record.entity)
    everybody = parents_of(record.entity, owed(record, system, rules))
    there: dict[str, Link | None] = {each: Link(LinkState.LIVE, f"{each}-there") for each in everybody}
    return plan_delivery(record, system, {**there, **(parents or {})}, rules, now)


def sending(
    record: Record, system: str, rules: EntityRules | None = None, now: datetime = NOW, intent_id: str = "i1"
) -> Record:
    """Return the record with the intent noted for everything that the system is owed."""
    rules = rules or rules_of(record.entity)
    command: Command = planned(record, system, rules, now)
    return note_intent(record, system, command, intent_id, rules, now)


def answered(
    record: Record,
    system: str,
    answer: Answer,
    rules: EntityRules | None = None,
    now: datetime = NOW,
    intent_id: str = "i1",
) -> Absorbed:
    """Confirm an answer."""
    return confirm(record, system, Said(intent_id, answer), rules or rules_of(record.entity), now)


def stored(system: str, fields: Mapping[str, Any], **more: Any) -> Stored:
    """Return a full answer that shows these fields."""
    return Stored(IDS[system], shown(system, fields, **more))


def verdicts(decisions: tuple[Decision, ...]) -> list[tuple[Verdict, str]]:
    """Return verdict and path of each decision."""
    return [(each.verdict, each.path) for each in decisions]


def _theirs(system: str, path: str) -> str:
    element = element_of(path)
    if element is None:
        return path
    return element_path(element.collection, their_id(system, element.key), element.field)
