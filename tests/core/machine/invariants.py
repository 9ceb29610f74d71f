"""What must hold after every step, and what must hold at the end of a history of the core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.core.decisions import Verdict
from shared.core.forms import is_own_form
from shared.core.keys import id_key, match_keys
from shared.core.owed import owed_digests, still_held
from shared.core.paths import element_of, element_path, listed
from shared.core.records import Link, LinkState, Record
from shared.core.settle import settle
from shared.core.values import Reference, Value, digest
from tests.core.machine.office import LATER, Office
from tests.core.machine.partners import Place, Row

_BETWEEN_TWO = frozenset({Verdict.WON, Verdict.LOST, Verdict.PASSED, Verdict.REFUSED})


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person did to one field of a row: the value (a token that nobody else writes) and the one it replaced."""

    place: Place
    path: str
    value: Value
    saw: Value


# -- after every step ------------------------------------------------------------------------------------------------


def broken_now(office: Office) -> Iterator[str]:
    """Yield what does not hold between two steps."""
    yield from office.broken
    for partner in office.partners.values():
        yield from (f"no blind overwrite: {each}" for each in partner.blind)
    for record in office.records.values():
        if office.checked.get(record.id) is record:
            continue
        office.checked[record.id] = record
        rules = office.rules[record.entity]
        for moment in (office.now, office.now + LATER):
            if settle(record, rules, moment) != record:
                yield f"settle is idempotent: {record.id[:4]} at {moment}"
        if record.due_at != min((each.due_at for each in record.links.values() if each.due_at), default=None):
            yield f"a record is due when its first link is: {record.id[:4]}"
        for system in rules.systems:
            yield from _link(office, record, system, record.link(system))
        yield from _keys(office, record)
    yield from _created_once(office)


def _link(office: Office, record: Record, system: str, link: Link) -> Iterator[str]:
    name = f"{record.entity} {record.id[:4]} in {system}"
    owes = owed_digests(record, system, office.rules[record.entity])
    must_be_due = link.parked is None and (link.intent is not None or bool(owes))
    if must_be_due is not (link.due_at is not None):
        yield f"due exactly when something is owed or open: {name} owes {sorted(owes)}, due {link.due_at}"
    if link.intent is not None and link.parked is None and link.due_at != link.intent.until:
        yield f"an intent is due at the end of its lease: {name}"
    if link.parked is not None and not link.parked.reason:
        yield f"parked with a reason: {name}"
    if link.parked is not None and dict(link.parked.owed) != dict(owes):
        yield f"a change of what is owed wakes what is parked: {name}"
    if len({*link.elements.values()}) != len(link.elements):
        yield f"one element, one key: {name} {link.elements}"
    for path, held in link.held.items():
        if path in owes or not still_held(record, link, path, held):
            yield f"a held field is not owed: {name} {path}"
    for path, known in link.fields.items():
        if path in owes and known.stands == digest(record.value(path)):
            yield f"what the link stands for is not owed: {name} {path}"


def _keys(office: Office, record: Record) -> Iterator[str]:
    held = {key for key, holder in office.holding.items() if holder == record.id and key.startswith("key/")}
    due = match_keys(record, office.rules[record.entity])
    if held != due:
        yield f"a record holds its keys and no other: {record.id[:4]} holds {sorted(held)}, not {sorted(due)}"
    for system, link in record.links.items():
        if link.is_live and office.holding.get(id_key(system, record.entity, str(link.external_id))) != record.id:
            yield f"a live link holds its external id: {record.id[:4]} {link.external_id}"


def _created_once(office: Office) -> Iterator[str]:
    for partner in office.partners.values():
        made = [row.made_for for row in partner.rows.values() if row.made_for and not row.is_deleted]
        for each in set(made):
            if made.count(each) > 1:
                yield f"at most one create: {each[:4]} stands {made.count(each)} times in {partner.name}"


# -- at the end ------------------------------------------------------------------------------------------------------


def broken_at_last(office: Office, edits: list[Edit]) -> Iterator[str]:
    """Yield what does not hold once everything is delivered."""
    for record in office.records.values():
        if record.due_at is not None:
            yield f"nothing is owed for ever: {record.entity} {record.id[:4]} is due"
        for system in office.rules[record.entity].systems:
            yield from _agrees(office, record, system, record.link(system))
    for partner in office.partners.values():
        for (entity, name), row in partner.rows.items():
            yield from _is_known(office, partner.name, entity, name, row)
    yield from _invented(office, edits)
    for number, edit in enumerate(edits):
        if not _is_accounted_for(office, edits, number):
            yield f"no edit is lost: {edit}"


def _agrees(office: Office, record: Record, system: str, link: Link) -> Iterator[str]:
    if link.parked is not None:
        return
    name = f"{record.entity} {record.id[:4]}"
    if link.state is LinkState.EMPTY and record.tombstone is None and record.fields:
        yield f"convergence: {name} never came to {system}"
    if not link.is_live:
        return
    row = office.partners[system].rows[record.entity, str(link.external_id)]
    if row.is_deleted or record.tombstone is not None:
        yield f"convergence: {name} and {link.external_id} in {system} are not deleted alike"
        return
    shown = _under_our_keys(office, link, row)
    for path in sorted(shown.keys() | record.fields.keys()):
        if path in link.held or not listed(office.rules[record.entity].systems[system].carries, path):
            continue
        ours, theirs = record.value(path), shown.get(path)
        if not _is_open(record, link, path) and not _same(ours, theirs):
            yield f"convergence: {name} {path} is {ours!r}, in {system} {theirs!r}"


def _under_our_keys(office: Office, link: Link, row: Row) -> dict[str, Value]:
    names = {theirs: ours for ours, theirs in link.elements.items()}
    found: dict[str, Value] = {}
    for path, value in row.fields.items():
        element = element_of(path)
        own = path if element is None else element_path(element.collection, names.get(element.key, "?"), element.field)
        found[own] = _ours(office, value)
    return found


def _ours(office: Office, value: Value) -> Value:
    if isinstance(value, Reference):
        return office.holding.get(id_key(value.system, value.entity, value.external_id), "?")
    return value


def _is_open(record: Record, link: Link, path: str) -> bool:
    """Tell whether an element is not to be compared: held, ambiguous there, or gone on both sides."""
    element = element_of(path)
    if element is None:
        return False
    presence = element_path(element.collection, element.key)
    return presence in link.held or bool(link.ambiguous) or (bool(element.field) and not record.value(presence))


def _same(ours: Value, theirs: Value) -> bool:
    if ours in (None, False) and theirs in (None, False):
        return True
    return digest(ours) == digest(theirs) or (isinstance(ours, str) and is_own_form(ours, theirs))


def _is_known(office: Office, system: str, entity: str, name: str, row: Row) -> Iterator[str]:
    key = id_key(system, entity, name)
    holder = office.holding.get(key)
    if row.is_deleted or key in office.parked or system not in office.rules[entity].systems:
        return
    if holder is None:
        yield f"convergence: nobody knows {entity} {name}"
        return
    link = office.records[holder].link(system)
    if link.external_id != name or link.state is LinkState.EMPTY:
        yield f"convergence: {name} is {holder[:4]}'s, whose link there is {link.state.value} {link.external_id}"


def _invented(office: Office, edits: list[Edit]) -> Iterator[str]:
    """Yield conflicts about a value that nobody ever typed there: our own echo was taken for an edit."""
    respells = {name for name, each in office.partners.items() if each.kind.shouts and not each.kind.declares}
    typed = {(edit.place[0], digest(edit.value)) for edit in edits}
    for _, each in office.decisions:
        is_text = isinstance(each.theirs, str) and each.theirs.lower().startswith("token")
        if each.system in respells:
            continue  # what cannot be promised: an undeclared spelling and a lost answer give a false, logged conflict
        if each.verdict in _BETWEEN_TWO and is_text and (each.system, digest(each.theirs)) not in typed:
            yield f"a conflict has two sides: {each}"


def _is_accounted_for(office: Office, edits: list[Edit], number: int) -> bool:
    """Tell whether an edit stands, is logged, was overwritten by a person who saw it, or went with its record."""
    edit = edits[number]
    system, entity, name = edit.place
    row = office.partners[system].rows[entity, name]
    holder = office.holding.get(id_key(system, entity, name))
    if row.is_deleted or holder is None or edit.path == "status" or not isinstance(edit.value, str):
        return True
    record = office.records[holder]
    link = record.link(system)
    if record.tombstone is not None or link.external_id != name or not link.is_live:
        return True
    if any(_same(later.saw, edit.value) for later in edits[number + 1 :]):
        return True
    names = {theirs: ours for ours, theirs in link.elements.items()}
    element = element_of(edit.path)
    path = edit.path
    if element is not None:
        presence = element_path(element.collection, names.get(element.key, "?"))
        path = f"{presence}.{element.field}"
        if record.value(presence) is not True:
            return True
    if _same(record.value(path), edit.value):
        return True
    logged = [each for of, each in office.decisions if of == record.id]
    if any(_same(edit.value, each) for decision in logged for each in (decision.theirs, decision.ours)):
        return True
    still = _same(row.fields.get(edit.path), edit.value)
    return still and (path in link.held or link.parked is not None or bool(link.ambiguous))
