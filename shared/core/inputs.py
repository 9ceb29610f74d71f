"""Inputs: what a decision was made from, beside the record before it and the rules, so that it can be made again.

Most of what a system shows is what the record holds already, so an observation is not copied: `told` keeps the values
that differ and says which of the known fields were carried; `retold` puts it together again from the record before.
What is put together decides the same, digest for digest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from shared.core.observations import Accepted, Observation, Refused, Revision, Source, Stored, Trouble
from shared.core.paths import element_of, element_path
from shared.core.records import Link, LinkState, Parked, Record
from shared.core.replacing import replace
from shared.core.values import Value, digest

if TYPE_CHECKING:
    from shared.core.decisions import Cause


class Step(StrEnum):
    """One verb of the core; a write is made by one or more of them, in order."""

    ABSORB = "absorb"
    CONFIRM = "confirm"
    CLEAR = "clear"  # the intent ends; what was sent will not land any more
    CLEAR_LATE = "clear late"  # the intent ends after a look; what was sent may still land
    DISOWN = "disown"  # the row is one that people entered: what was sent has not made it
    COUNT = "count"  # a look showed nothing of a write that ended without an answer
    COUNT_ADDED = "count added"  # a read after a write did not show the new elements that it sent
    INTEND = "intend"  # plan the delivery and note the intent
    RENEW = "renew"  # the lease begins anew
    HOLD_BACK = "hold back"  # plan the delivery and wait for a parent, or park with it
    PARK = "park"
    PARK_OPEN = "park open"  # the intent stays
    POSTPONE = "postpone"  # due times move, because systems may not be called
    PROMISE = "promise"  # Tandem's own fields are set to the cause's values
    LIST = "list"  # nothing changes: something is listed for a person


class Answered(StrEnum):
    """What kind of answer a write had."""

    STORED = "stored"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Observed:
    """What an observation was, beside the values that the cause holds.

    `carried` are the known fields that were shown as the record holds them; it is nothing where the cause's
    `not_carried` says it with fewer words.
    """

    revision: Revision | None = None
    collections: frozenset[str] = frozenset()
    complete: bool = True
    source: Source = Source.FETCHED
    deleted: bool = False
    carried: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent that holds a delivery back, as its link was then; `exists` is false where it had no record."""

    record_id: str
    exists: bool = True
    state: LinkState = LinkState.EMPTY
    parked: str = ""

    @property
    def link(self) -> Link | None:
        """Return as much of the parent's link as a plan asks for."""
        if not self.exists:
            return None
        external_id = "there" if self.state is LinkState.LIVE else None
        return Link(self.state, external_id, parked=Parked(self.parked, _LONG_AGO) if self.parked else None)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The steps of one write, and what each of them was given.

    `withheld` are the patterns that a plan left out because they drift there (`core.schema_drift`).
    """

    steps: tuple[Step, ...]
    observed: Observed | None = None
    answered: Answered | None = None
    revision: Revision | None = None
    trouble: Trouble | None = None
    jitter: float = 0.0
    parked: Parked | None = None
    parent: Parent | None = None
    until: Mapping[str, datetime] = field(default_factory=dict)
    keys_left: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()


Heard: TypeAlias = Stored | Accepted | Refused
"""An answer that says what became of a write."""


@dataclass(frozen=True, slots=True)
class Told:
    """An observation told against a record: the values that differ, known fields that are missing, and the rest."""

    values: Mapping[str, Value]
    not_carried: tuple[str, ...]
    observed: Observed


def told(record: Record, observation: Observation) -> Told:
    """Tell an observation against the record that it is about to meet."""
    link = record.link(observation.system)
    known = _known(link)
    values = {
        path: value
        for path, value in observation.fields.items()
        if path not in known or _is_news(record, link, known[path], value)
    }
    missing = sorted(known.keys() - observation.fields.keys())
    carried = sorted(known.keys() & observation.fields.keys() - values.keys())
    observed = Observed(
        observation.revision,
        observation.collections,
        observation.complete,
        observation.source,
        observation.deleted,
        tuple(carried) if len(carried) < len(missing) else None,
    )
    return Told(values, () if observed.carried is not None else tuple(missing), observed)


def retold(record: Record, cause: Cause, observed: Observed) -> Observation:
    """Return an observation as it was told against this record."""
    known = _known(record.link(cause.system))
    carried = known.keys() - set(cause.not_carried) if observed.carried is None else set(observed.carried)
    fields = {path: record.value(known[path]) for path in carried - cause.values.keys() if path in known}
    return Observation(
        system=cause.system,
        entity=record.entity,
        external_id=cause.external_id,
        fields={**fields, **cause.values},
        revision=observed.revision,
        modified_at=cause.modified_at,
        collections=observed.collections,
        complete=observed.complete,
        source=observed.source,
        deleted=observed.deleted,
    )


def with_answer(cause: Cause, record: Record, answer: Heard, jitter: float) -> Cause:
    """Return the cause of a confirm with the answer that it is made of."""
    if isinstance(answer, Refused):
        inputs = Inputs((Step.CONFIRM,), answered=Answered.REFUSED, trouble=answer.trouble, jitter=jitter)
        return replace(cause, inputs=inputs)
    named = replace(cause, external_id=answer.external_id)
    if isinstance(answer, Accepted):
        inputs = Inputs((Step.CONFIRM,), answered=Answered.ACCEPTED, revision=answer.revision)
        return replace(named, inputs=inputs)
    inputs = Inputs((Step.CONFIRM,), answered=Answered.STORED)
    return with_shown(replace(named, inputs=inputs), record, answer.shown)


def with_shown(cause: Cause, record: Record, observation: Observation) -> Cause:
    """Return the cause with an observation that met this record."""
    shown = told(record, observation)
    inputs = cause.inputs or Inputs(())
    return replace(
        cause,
        revision=observation.revision.token if observation.revision else "",
        modified_at=observation.modified_at,
        values=shown.values,
        not_carried=shown.not_carried,
        inputs=replace(inputs, observed=shown.observed),
    )


def answer_of(record: Record, cause: Cause, inputs: Inputs) -> Heard:
    """Return the answer that these inputs were made of."""
    if inputs.trouble is not None:
        return Refused(inputs.trouble)
    if inputs.answered is Answered.STORED and inputs.observed is not None:
        return Stored(cause.external_id, retold(record, cause, inputs.observed))
    return Accepted(cause.external_id, inputs.revision)


def and_then(cause: Cause, *steps: Step) -> Cause:
    """Return the cause with further steps of the same write."""
    inputs = cause.inputs or Inputs(())
    return replace(cause, inputs=replace(inputs, steps=inputs.steps + steps))


def begun_by(cause: Cause, step: Step) -> Cause:
    """Return the cause with a step before those of the same write."""
    inputs = cause.inputs or Inputs(())
    return replace(cause, inputs=replace(inputs, steps=(step, *inputs.steps)))


def withholding(cause: Cause, withheld: frozenset[str]) -> Cause:
    """Return the cause of a write whose plan leaves out what drifts there."""
    inputs = cause.inputs or Inputs(())
    return replace(cause, inputs=replace(inputs, withheld=withheld))


def seen_parent(record_id: str, link: Link | None) -> Parent:
    """Return what a plan saw of a parent; nothing where it had no record."""
    if link is None:
        return Parent(record_id, exists=False)
    return Parent(record_id, True, link.state, link.parked.reason if link.parked else "")


def leaving_keys(cause: Cause, keys: frozenset[str]) -> Cause:
    """Return the cause of a write whose record goes on without match keys that another record holds."""
    return cause if cause.inputs is None else replace(cause, inputs=replace(cause.inputs, keys_left=keys))


def _known(link: Link) -> dict[str, str]:
    """Return the paths that a link or its intent knows, by the partner's element ids: theirs → ours."""
    sent: Collection[str] = () if link.intent is None else link.intent.sent
    pairs = ((_their_path(path, link.elements), path) for path in (*link.fields, *sent))
    return {theirs: ours for theirs, ours in pairs if theirs is not None}


def _their_path(path: str, elements: Mapping[str, str]) -> str | None:
    element = element_of(path)
    if element is None:
        return path
    return element_path(element.collection, elements[element.key], element.field) if element.key in elements else None


def _is_news(record: Record, link: Link, path: str, value: Value) -> bool:
    """Tell whether a value is not simply what the record holds and the link has seen, or was about to be sent."""
    shown, ours = digest(value), digest(record.value(path))
    if link.intent is not None and path in link.intent.sent:
        return shown != ours
    seen = link.fields.get(path)
    return seen is None or not shown == ours == seen.seen == seen.stands


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
