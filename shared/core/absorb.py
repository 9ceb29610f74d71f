"""absorb: an observation meets the record (SYNC §2).

The flow has read the record, then fetched, and will write only if nobody else wrote meanwhile, so what is absorbed
here is newer than what the link holds, whatever its revision says. Elements are translated first, then the status is
merged, because ownership is that of the resulting status, then every other carried field.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from shared.core.decisions import Cause, Decision, Verdict
from shared.core.elements import Adopted, adopt
from shared.core.inputs import Inputs, Step, with_shown
from shared.core.keys import id_key, match_keys
from shared.core.lives import end_life, revival, revive, stay_archived
from shared.core.merge import Merge, Witness
from shared.core.observations import Gone, Observation, Shown
from shared.core.observe import observe, observe_come_back
from shared.core.paths import element_of, element_path
from shared.core.records import UNREADABLE, Link, LinkState, Record
from shared.core.replacing import replace
from shared.core.retry import back_off
from shared.core.rules import EntityRules
from shared.core.settle import settle
from shared.core.status import has_order
from shared.core.values import Reference, Value, digest

_CHANGES = frozenset({Verdict.TAKEN, Verdict.WON, Verdict.PASSED})
"""What lifts a tombstone: an edit that the record takes, as it would keep a record from being deleted."""

_ABSORBED = Inputs((Step.ABSORB,))


@dataclass(frozen=True, slots=True)
class Absorbed:
    """The record after an observation, what was decided, and which identity keys change hands.

    `changed` is false where nothing needs to be written: an echo of what was known.
    """

    record: Record
    decisions: tuple[Decision, ...]
    keys_taken: frozenset[str]
    keys_given_back: frozenset[str]
    cause: Cause
    changed: bool


def absorb(record: Record, observation: Observation, rules: EntityRules, now: datetime) -> Absorbed:
    """Merge an observation into the record; references in it are resolved to our record ids as far as they are known.

    A reference that is not resolved counts as not carried. A second live record of one system is never merged in: it
    is decided as a suspected duplicate and changes nothing.
    """
    link = record.link(observation.system)
    cause = cause_of(record, observation, rules, now)
    if link.is_live and link.external_id != observation.external_id:
        twin = Decision(Verdict.DUPLICATE, observation.system, because=f"stands there as {link.external_id} too")
        said = () if observation.deleted else (twin,)
        return Absorbed(record, said, frozenset(), frozenset(), cause, changed=False)
    if record.tombstone is not None and link.state is LinkState.DETACHED:
        return Absorbed(record, (), frozenset(), frozenset(), cause, changed=False)
    if observation.deleted:
        after, decisions = end_life(record, observation.system, rules, now)
    else:
        after, decisions = _merged(record, _known(link, observation), carried(observation), rules, now)
    return finish(record, after, observation.system, rules, decisions, cause, now)


def is_echo(record: Record, observation: Observation, rules: EntityRules) -> bool:
    """Tell whether a state that came with a message shows only what was seen, and ends without a call (SYNC §2.2).

    What stands in a field's only writer is no echo while the record says otherwise: the record takes it (SYNC §2.5).
    """
    link = record.link(observation.system)
    whole = observation.complete and not observation.deleted and not observation.references()
    if not whole or not link.is_live or link.external_id != observation.external_id:
        return False
    if link.unsure or link.ambiguous or _is_unreadable(link):
        return False
    adopted = adopt(record, link, observation, first=False)
    if (
        not adopted.is_told
        or adopted.missing
        or adopted.elements != link.elements
        or adopted.ambiguous != link.ambiguous
    ):
        return False
    if not all(p in link.fields and link.fields[p].seen == digest(v) for p, v in adopted.fields.items()):
        return False
    return not any(_has_the_say(record, observation.system, path, rules) for path in adopted.fields)


def _has_the_say(record: Record, system: str, path: str, rules: EntityRules) -> bool:
    """Tell whether the record holds something else than a field's only writer was last seen to stand for."""
    if record.link(system).fields[path].stands == digest(record.value(path)):
        return False  # first, because most fields are in step
    status = record.value("status")
    is_status = path == "status" and has_order(record.entity)
    return not is_status and rules.writers(path, status) == {system}


def is_believable(record: Record, observation: Observation) -> bool:
    """Tell whether a state that came with a message may be merged without a fetch (SYNC §2.2).

    It must be whole and carry an exact revision strictly greater than everything this system ever showed. Of a record
    whose life has ended only a fetch is believed.
    """
    link, revision = record.link(observation.system), observation.revision
    if not link.is_live or link.external_id != observation.external_id or record.tombstone is not None:
        return False
    if not observation.complete or observation.deleted or link.floor is None:
        return False
    return revision is not None and revision.exact and revision.order is not None and revision.order > link.floor


def is_stale(record: Record, observation: Observation, rules: EntityRules) -> bool:
    """Tell whether a fetch must be thrown away: below the floor of a system declared to read stale (SYNC §2.1)."""
    link, revision = record.link(observation.system), observation.revision
    if not rules.systems[observation.system].stale_reads or revision is None or revision.order is None:
        return False
    return link.external_id == observation.external_id and link.floor is not None and revision.order < link.floor


def may_be_unseen(record: Record, system: str, shown: Shown, rules: EntityRules) -> bool:
    """Tell whether a row that is gone may only not be shown yet: in a system declared to read stale, what was made a
    moment ago is not there, and an absence has no revision to be compared (seed 2036644)."""
    link = record.link(system)
    is_linked = isinstance(shown, Gone) and link.is_live and link.external_id == shown.external_id
    return is_linked and rules.systems[system].stale_reads


def carried(observation: Observation) -> Observation:
    """Return the observation without references that could not be resolved: those fields count as not carried."""
    if not observation.references():
        return observation
    fields = {path: value for path, value in observation.fields.items() if not isinstance(value, Reference)}
    return replace(observation, fields=fields, complete=False)


def cause_of(record: Record, observation: Observation, rules: EntityRules, now: datetime) -> Cause:
    """Return what a replay needs beside the record: the values that differed from what was seen or from the record."""
    cause = Cause(
        operation="delete" if observation.deleted else "absorb",
        system=observation.system,
        external_id=observation.external_id,
        at=now,
        rules=rules.version,
        inputs=_ABSORBED,
    )
    return with_shown(cause, record, observation)


def finish(
    before: Record,
    after: Record,
    system: str,
    rules: EntityRules,
    decisions: list[Decision],
    cause: Cause,
    now: datetime,
) -> Absorbed:
    """Return the settled record with its identity keys, and whether anything is left to write."""
    if after.without_keys:
        shown = match_keys(replace(after, without_keys=frozenset()), rules)
        after = replace(after, without_keys=after.without_keys & shown)
    after = settle(after, rules, now)
    changed = after != before
    if changed and system in after.links:
        link = after.links[system]
        after = after.with_link(system, replace(link, absorbs=before.link(system).absorbs + 1))
    held, holds = match_keys(before, rules), match_keys(after, rules)
    taken = (holds | _id_keys(after)) - held - _id_keys(before)
    return Absorbed(after, tuple(decisions), taken, held - holds, cause, changed)


def observe_all(merge: Merge, adopted: Adopted, leave_out: frozenset[str] = frozenset()) -> None:
    """Merge every adopted field: the status first, then elements that are gone, then the others in order of path.

    An element that an edit of one field has brought back comes with all that it shows. An element of ours that their
    only writer never had goes too: it was not delivered before it had the say (F13).
    """
    shown: dict[str, Value] = {**adopted.fields, **dict.fromkeys(gone_paths(merge.link, adopted), False)}
    for path in _status_first(shown.keys() - leave_out):
        observe(merge, path, shown[path])
    for path in sorted(shown.keys() - leave_out - merge.fields.keys()):
        observe_come_back(merge, path, shown[path])
    for path in sorted(set(adopted.absent) - leave_out):
        if adopted.is_told and merge.is_only_writer(path):
            observe(merge, path, False)


def _status_first(paths: Collection[str]) -> list[str]:
    others = sorted(path for path in paths if path != "status")
    return ["status", *others] if "status" in paths else others


def gone_paths(link: Link, adopted: Adopted) -> list[str]:
    """Return the presence paths of the elements that the system no longer shows."""
    paths = ((path, element_of(path)) for path in link.fields)
    return [path for path, element in paths if element and not element.field and element.key in adopted.missing]


def into_link(link: Link, merge: Merge, adopted: Adopted, observation: Observation) -> Link:
    """Return the link as a merged observation leaves it: live, with what was seen, its elements and its revision."""
    revision = observation.revision
    orders = [n for n in (link.floor, revision.order if revision else None) if n is not None]
    return replace(
        link,
        state=LinkState.LIVE,
        external_id=observation.external_id,
        fields={path: seen for path, seen in merge.seen.items() if not _is_of(path, adopted.missing)},
        elements=adopted.elements,
        ambiguous=adopted.ambiguous,
        revision=revision if observation.complete else None,
        floor=max(orders, default=None),
        held=merge.held,
        tries=merge.tries,
        flips=merge.flips,
        echoes=merge.echoes,
        unsure=merge.unsure,
        due_at=next_try(merge) if _was_tried(link, merge) else link.due_at,
        parked=None if _is_unreadable(link) else link.parked,
    )


def next_try(merge: Merge) -> datetime:
    """Return when a send without effect may be tried again: after the partner's declared apply lag (SYNC §6.3)."""
    able = merge.rules.systems[merge.witness.system]
    return back_off(merge.witness.now, 0, 0.0, float(able.apply_seconds))


def ambiguities(system: str, adopted: Adopted) -> list[Decision]:
    """Return a decision for every element that could not be told from one of ours."""
    return [
        Decision(Verdict.AMBIGUOUS, system, element_path(adopted.ambiguous[theirs].partition("/")[0], theirs))
        for theirs in sorted(adopted.newly_ambiguous)
    ]


def _merged(
    record: Record, link: Link, observation: Observation, rules: EntityRules, now: datetime
) -> tuple[Record, list[Decision]]:
    adopted = adopt(record, link, observation, first=not link.fields)
    merge = Merge.begin(record, link, rules, Witness(observation.system, observation.modified_at or now, now))
    observe_all(merge, adopted)
    decisions = [*ambiguities(observation.system, adopted), *merge.decisions]
    after = replace(record, fields=merge.fields)
    after = after.with_link(observation.system, into_link(link, merge, adopted, observation))
    alive = revive(after, observation, any(_is_change(link, decision) for decision in merge.decisions))
    if alive is None:
        return stay_archived(after, observation, rules), decisions
    return alive, [*decisions, revival(observation, rules)]


def _is_change(link: Link, decision: Decision) -> bool:
    """Tell whether the system changed what the record then took; a field that was empty from the start is none, nor is
    what was seen before, or sent by us, and counts by a new rule only (seed 2096587)."""
    path, shown = decision.path, digest(decision.theirs)
    is_shown = decision.theirs is not None and decision.theirs is not False
    sent = [*link.echoes.get(path, ()), *([link.intent.sent[path]] if link.intent and path in link.intent.sent else ())]
    is_known = path in link.fields and link.fields[path].seen == shown
    is_ours = any(shown in (each.value, each.form) for each in sent)
    return decision.verdict in _CHANGES and not is_known and not is_ours and (is_shown or path in link.fields)


def _known(link: Link, observation: Observation) -> Link:
    """Return what is known of this very record there: nothing if the link was that of another one."""
    return link if link.external_id in (None, observation.external_id) else Link(absorbs=link.absorbs)


def _is_unreadable(link: Link) -> bool:
    """Tell whether a link is parked only because its record could not be read: the next one that can be frees it."""
    return link.parked is not None and link.parked.code == UNREADABLE


def _was_tried(link: Link, merge: Merge) -> bool:
    return any(tries > link.tries.get(path, 0) for path, tries in merge.tries.items())


def _id_keys(record: Record) -> frozenset[str]:
    """Return the id keys of a record's links; once taken they stay its own, whatever becomes of the link."""
    links = record.links.items()
    return frozenset(id_key(name, record.entity, link.external_id) for name, link in links if link.external_id)


def _is_of(path: str, keys: frozenset[str]) -> bool:
    """Tell whether a path is a field of one of these elements (not the element's presence itself)."""
    element = element_of(path)
    return element is not None and bool(element.field) and element.key in keys
