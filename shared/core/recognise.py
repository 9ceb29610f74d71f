"""After a create that ended without an answer, at a partner that cannot be asked: is one of its records ours?

The last row of SYNC §5: after lag and lease a complete listing is read. One record without a link that equals
everything that was sent is ours. If there is none, and nothing else there could be it, it is created again.
Otherwise a person decides, and the intent stays, so that what appears later is known for what it may be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from shared.core.absorb import carried
from shared.core.elements import adopt
from shared.core.entities import referred
from shared.core.observations import Observation
from shared.core.paths import element_of
from shared.core.records import Record, Sent
from shared.core.rules import EntityRules
from shared.core.values import Value, digest

CLOCKS = timedelta(minutes=15)
"""How far a partner's clock may be from ours: only what it changed longer ago is surely not what we just sent."""


@dataclass(frozen=True, slots=True)
class Ours:
    """This one is what we created."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class CreateAgain:
    """Surely not created."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One of these may be it; a person must say."""

    candidates: tuple[str, ...]


Recognised: TypeAlias = Ours | CreateAgain | Doubtful


def recognise(
    record: Record, system: str, unlinked: Sequence[Observation], rules: EntityRules, others: Sequence[Record] = ()
) -> Recognised:
    """Decide which of a system's records without a link, if any, is the one that an open create made.

    `others` are the records of other creates that are open there: what equals more of what one of them sent is left
    to that one.
    """
    intent = record.link(system).intent
    assert intent is not None
    equal = [each for each in unlinked if equals_sent(record, each) and not _is_rather_of(others, record, each)]
    if len(equal) == 1:
        return Ours(equal[0])
    since = [each for each in unlinked if each.modified_at is None or each.modified_at >= intent.made_at - CLOCKS]
    related = equal or [each for each in since if may_be(record, each)]
    if related or not rules.systems[system].consistent_listing:
        return Doubtful(tuple(sorted(each.external_id for each in related)))
    return CreateAgain()


def may_be(record: Record, observation: Observation) -> bool:
    """Tell whether an unknown record may be what an open create made: it has the parents that were sent."""
    intent = record.link(observation.system).intent
    if intent is None:
        return False
    parents = [path for path in intent.sent if referred(record.entity, path) is not None and "[" not in path]
    return all(_is_sent(intent.sent[path], observation.fields.get(path)) for path in parents)


def equals_sent(record: Record, observation: Observation) -> bool:
    """Tell whether an unknown record shows everything that an open create sent, as far as it shows it.

    Of a collection that it shows no element may be missing: a row that has our e-mail but not the contacts that were
    sent with it may well be somebody else's.
    """
    link = record.link(observation.system)
    assert link.intent is not None
    shown, sent = adopt(record, link, carried(observation), first=False).fields, link.intent.sent
    if not observation.complete or _lacks_an_element(sent, shown, observation):
        return False
    known = sent.keys() & shown.keys()
    return bool(known) and all(_is_sent(sent[path], shown[path]) for path in known)


def _is_rather_of(others: Sequence[Record], record: Record, observation: Observation) -> bool:
    """Tell whether an unknown record shows more fields as they were sent for another record than for this one."""
    mine = len(_shown_of_sent(record, observation))
    closer = (each for each in others if len(_shown_of_sent(each, observation)) > mine)
    return any(equals_sent(each, observation) for each in closer)


def _shown_of_sent(record: Record, observation: Observation) -> frozenset[str]:
    """Return the paths that an open create sent and an unknown record shows, in the record's own names."""
    link = record.link(observation.system)
    sent = link.intent.sent if link.intent is not None else {}
    return frozenset(sent.keys() & adopt(record, link, carried(observation), first=False).fields.keys())


def _lacks_an_element(sent: Mapping[str, Sent], shown: Mapping[str, Value], observation: Observation) -> bool:
    """Tell whether an element was sent that does not stand there as it was sent."""
    elements = (element_of(path) for path in sent.keys() - shown.keys())
    return any(e is not None and not e.field and e.collection in observation.collections for e in elements)


def _is_sent(sent: Sent, value: Value) -> bool:
    return digest(value) in (sent.value, sent.form)
