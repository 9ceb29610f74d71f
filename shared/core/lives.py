"""The life of a record: deletes, tombstones, what lifts them (SYNC §2.8).

A delete by the owner of the record's life makes a tombstone; anywhere else it only detaches the link. A delete that
meets an edit which was not delivered yet is a conflict, and the edit is kept. Only a real, fetched change lifts a
tombstone.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.decisions import Decision, Verdict
from shared.core.deliver import late_echoes
from shared.core.observations import Observation
from shared.core.owed import owed
from shared.core.paths import listed
from shared.core.records import Link, LinkState, Parked, Record, Tombstone, Verb
from shared.core.replacing import replace
from shared.core.rules import EntityRules, OnDelete
from shared.core.values import digest

DELETED = "deleted"
"""The code of a link that is parked because the owner of the record's life ended it."""


def end_life(record: Record, system: str, rules: EntityRules, now: datetime) -> tuple[Record, list[Decision]]:
    """Return the record after it was found deleted in a system, and what was decided.

    What our own archive left behind of a record that lives again is created again.
    """
    link = record.link(system)
    if not link.is_live:
        return record, []
    if record.tombstone is not None:
        return record.with_link(system, _ended(link, LinkState.ARCHIVED)), []
    if link.intent is not None and link.intent.verb is Verb.ARCHIVE:
        return record.with_link(system, Link(absorbs=link.absorbs)), []
    if system != rules.owner:
        decision = Decision(Verdict.DETACHED, system, because="deleted where the record's life is not owned")
        return record.with_link(system, _ended(link, LinkState.DETACHED)), [decision]
    kept = sorted(owed(record, system, rules))
    if kept:
        decision = Decision(
            Verdict.EDIT_KEPT, system, kept[0], None, record.value(kept[0]), record.version, "an edit was on its way"
        )
        return record.with_link(system, Link(absorbs=link.absorbs)), [decision]
    decision = Decision(Verdict.TOMBSTONED, system, because="deleted by the owner of its life")
    dead = replace(record, tombstone=Tombstone(system, now)).with_link(system, _ended(link, LinkState.ARCHIVED))
    return _pass_on(dead, system, rules, now), [decision, *_never_shown(record, system, rules)]


def revive(record: Record, observation: Observation, real_change: bool) -> Record | None:
    """Return the record with its tombstone lifted, or nothing if this observation does not lift it.

    The owner showing the record alive again is a change; elsewhere only an edit is. Links that we archived become
    empty, links that people detached stay detached.
    """
    stone = record.tombstone
    if stone is None or not (real_change or observation.system == stone.by):
        return None
    return replace(record, tombstone=None, links={name: _revived(link) for name, link in record.links.items()})


def stay_archived(record: Record, observation: Observation, rules: EntityRules) -> Record:
    """Return the record with its link ended, where what is shown is only what an archive leaves there."""
    link, left = record.link(observation.system), rules.systems[observation.system].archived_as
    is_left = bool(left) and all(digest(observation.fields.get(path)) == digest(value) for path, value in left.items())
    if record.tombstone is None or link.intent is not None or not is_left:
        return record
    return record.with_link(observation.system, _ended(link, LinkState.ARCHIVED))


def revival(observation: Observation, rules: EntityRules) -> Decision:
    """Return the decision that a lifted tombstone is logged as."""
    verdict = Verdict.REVIVED if observation.system == rules.owner else Verdict.EDIT_KEPT
    return Decision(verdict, observation.system, because="shown with a change after it was deleted")


def _never_shown(record: Record, system: str, rules: EntityRules) -> list[Decision]:
    """Return a decision for each value of others that goes with a record, and that its owner, which never showed the
    field, was never sent."""
    link, able = record.link(system), rules.systems[system]
    because = "it was deleted before it showed the field"
    return [
        Decision(Verdict.PASSED, system, path, None, held.value, held.version, because)
        for path, held in sorted(record.fields.items())
        if held.by != system
        and held.value not in (None, False)
        and path not in link.fields
        and listed(able.takes, path)
    ]


def _revived(link: Link) -> Link:
    if link.state is LinkState.ARCHIVED:
        return Link(absorbs=link.absorbs)
    return replace(link, parked=None) if link.parked is not None and link.parked.code == DELETED else link


def _pass_on(record: Record, owner: str, rules: EntityRules, now: datetime) -> Record:
    """Carry the rule for the other systems out where it needs no call: detach, or park."""
    if rules.on_delete is OnDelete.ARCHIVE:
        return record
    for name, link in record.links.items():
        if name != owner and link.is_live and rules.on_delete is OnDelete.DETACH:
            record = record.with_link(name, _ended(link, LinkState.DETACHED))
        elif name != owner and link.is_live:
            record = record.with_link(name, replace(link, parked=Parked(f"deleted in {owner}", now, code=DELETED)))
    return record


def _ended(link: Link, state: LinkState) -> Link:
    """Return the link without what was still to be done there; what was on its way is our echo if the row comes back
    (seed 353368)."""
    ended = replace(link, state=state, intent=None, parked=None, due_at=None, waits_for=None, failure=None)
    return replace(ended, held={}, unsure={}, echoes=late_echoes(link))
