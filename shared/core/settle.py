"""settle: what follows from a record as it stands, recomputed by every write; there is no other bookkeeping.

One due time, one parked-since, one waits-for per record; which link they are about is read from the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from shared.core.owed import is_spared, owed_digests, still_held
from shared.core.records import EMPTY, Link, LinkState, Record
from shared.core.replacing import replace
from shared.core.retry import after_grace
from shared.core.rules import EntityRules, SystemRules
from shared.core.stopping import is_set_aside
from shared.core.values import Digest


def settle(record: Record, rules: EntityRules, now: datetime) -> Record:
    """Return the record with held fields, parked links, due times and index values as they follow from the rest."""
    links = {name: _settled(record, name, link, rules, now) for name, link in record.links.items()}
    for name in [each for each in rules.systems if each not in record.links]:
        link = _settled(record, name, EMPTY, rules, now)
        if link.due_at is not None:
            links[name] = link
    return replace(
        record,
        links=links,
        due_at=min([link.due_at for link in links.values() if link.due_at], default=None),
        parked_since=min([since for link in links.values() for since in _since(link)], default=None),
        waits_for=min([link.waits_for for link in links.values() if link.waits_for], default=None),
        failing_since=min([first for link in links.values() for first in _failing(link)], default=None),
    )


def _settled(record: Record, system: str, link: Link, rules: EntityRules, now: datetime) -> Link:
    if link.held or link.skipped:
        link = _still_so(record, link)
    looked_at = record if link is record.link(system) else record.with_link(system, link)
    digests = owed_digests(looked_at, system, rules)
    is_free = link.parked is not None and dict(link.parked.owed) != digests
    if is_free and not _is_still_asked(link, rules.systems.get(system)):
        link = replace(link, parked=None, attempts=0, backoffs=0, due_at=None, failure=None)
    if link.failure is not None and not digests and link.parked is None and link.intent is None:
        link = replace(link, failure=None)
    due = _due(link, digests, now)
    waits = link.parked.parent if link.parked else link.waits_for if digests else None
    if (due, waits) == (link.due_at, link.waits_for):
        return link
    return replace(link, due_at=due, waits_for=waits)


def _is_still_asked(link: Link, able: SystemRules | None) -> bool:
    """Tell whether a person is asked which of several rows a create of ours made, where a clone shows our reference
    too: no other value, and no end of the record's life, tells that, and whichever row is read next would be taken for
    the record's, or for a new one."""
    asked = link.parked is not None and len(link.parked.candidates) > 1
    return asked and able is not None and able.carries_reference and bool(link.echoes)


def _still_so(record: Record, link: Link) -> Link:
    """Return the link without wishes that are none any more, and without what was spared and is not so any more."""
    stands = link.state is LinkState.LIVE and record.tombstone is None
    held = {path: h for path, h in link.held.items() if stands and still_held(record, link, path, h)}
    link = link if len(held) == len(link.held) else replace(link, held=held)
    spared = {path: known for path, known in link.skipped.items() if is_spared(record, link, path, known)}
    return link if len(spared) == len(link.skipped) else replace(link, skipped=spared)


def _due(link: Link, digests: Mapping[str, Digest], now: datetime) -> datetime | None:
    """An intent is due at the end of its lease, a failure at its back-off, what is newly owed after the grace.

    What is set aside until a resume stays so, whatever happens to the record meanwhile.
    """
    if link.parked is not None:
        return None
    if link.intent is not None:
        return link.due_at if is_set_aside(link.due_at) else link.intent.until
    if not digests:
        return None
    return link.due_at or after_grace(now)


def _since(link: Link) -> list[datetime]:
    parked = [link.parked.since] if link.parked else []
    return parked + [held.since for held in link.held.values()]


def _failing(link: Link) -> list[datetime]:
    return [link.failure.first] if link.failure is not None and link.parked is None else []
