"""Properties 1, 5, 13 and 16: at the end everything agrees, once, or waits for a person with a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from shared.core.entities import referred
from shared.core.forms import is_own_form
from shared.core.keys import id_key
from shared.core.owed import element_fields, match_signatures
from shared.core.paths import element_of, element_path, pattern
from shared.core.records import UNANSWERED, Link, LinkState, Record
from shared.core.values import Reference, Value
from shared.ports.stores import NoteKind
from tests.simulation.history import History
from tests.simulation.landing import KEY_PATHS
from tests.simulation.partner import Partner, Row
from tests.simulation.truth import Place
from tests.simulation.windows import ANOTHERS, ENTERED, OWN_FORM, RENAMED, TWICE


def agreement(history: History) -> Iterator[str]:
    """Yield every way in which the end does not agree."""
    for record in history.records():
        for system in history.integration.rules(record.entity).systems:
            yield from _link_agrees(history, record, system)
    for partner in history.partners.values():
        for entity, name in partner.rows:
            yield from _row_is_known(history, partner, entity, name)


def single(history: History) -> Iterator[str]:
    """Yield every record that stands twice in a system, and every two persons who became one."""
    yield from _doubled(history)
    settled_by_hand = history.truth.chosen | {
        (found.record_id, each[0])
        for each in history.truth.restored
        if (found := history.memory.identities.holding.get(id_key(*each)))
    }
    for place, record_id in history.truth.made_for.items():
        if place in history.truth.restored or (record_id, place[0]) in settled_by_hand:
            continue  # a person brought a row of it back there, or was asked which of several is the record's
        made_for = history.memory.records.held.get(record_id)
        parked = made_for.link(place[0]).parked if made_for is not None else None
        if parked is not None and (parked.candidates or parked.code == UNANSWERED):
            continue  # a person is asked whose it is
        holder = history.memory.identities.holding.get(id_key(*place))
        if holder is None or holder.record_id == record_id:
            continue
        kind = history.kinds[place[0]]
        if not kind.can_be_asked:
            history.opened[ANOTHERS, kind.name] += 1  # nobody can ask: listed as suspected duplicate
        elif _is_renamed_unseen(history, place):
            history.opened[RENAMED, kind.name] += 1
        else:
            yield f"5 what we made stays ours: {place[2]} was made for {record_id[:4]} and is {holder.record_id[:4]}'s"
    yield from _merged(history)


def _is_renamed_unseen(history: History, place: Place) -> bool:
    """Tell whether people changed the key of a row that we made before we knew of it, where it has no reference."""
    linked_at, _ = history.watch.linked_at.get(place, (float("inf"), ""))
    edits = history.truth.by_field.get((place, KEY_PATHS[place[1]]), [])
    return not history.kinds[place[0]].carries_reference and any(edit.at < linked_at for edit in edits)


def waiting(history: History) -> Iterator[str]:
    """Yield everything that still waits for something other than a person."""
    for record in history.records():
        for system, link in record.links.items():
            if link.intent is not None and link.parked is None:
                yield f"16 nothing waits for ever: {_name(record)} still sends to {system}"
            if link.due_at is not None:
                yield f"16 nothing waits for ever: {_name(record)} is still due in {system}"
            if link.parked is not None and not link.parked.reason:
                yield f"16 nothing waits for ever: {_name(record)} is parked in {system} without a reason"
    for each in history.unrepaired:
        yield f"16 what is parked settles after the operator's action: {each}"
    for key, note in history.memory.identities.notes.items():
        if note.kind is NoteKind.WAITING:
            yield f"16 nothing waits for ever: {key} still waits: {note.reason}"


def _has_values(record: Record) -> bool:
    """Tell whether there is anything to make of it: its first system may have shown no value of it (seed 2062605)."""
    return any(held.value not in (None, False) for held in record.fields.values())


def _link_agrees(history: History, record: Record, system: str) -> Iterator[str]:
    link, partner = record.link(system), history.partners[system]
    if link.parked is not None or link.intent is not None:
        return
    if link.state is LinkState.LIVE:
        row = partner.rows.get((record.entity, str(link.external_id)))
        if row is None or row.is_deleted:
            if id_key(system, record.entity, str(link.external_id)) in history.memory.identities.notes:
                return  # deletions beyond the cap wait for a person
            yield f"1 convergence: {_name(record)} stands in {system} as {link.external_id}, which is gone"
        elif record.tombstone is not None:
            yield f"1 convergence: {_name(record)} is deleted, but stands in {system} as {link.external_id}"
        else:
            yield from _fields_agree(history, record, system, link, partner, row)
    elif link.state is LinkState.EMPTY and record.tombstone is None and _has_values(record) and not link.skipped:
        yield f"1 convergence: {_name(record)} never came to {system}"


def _fields_agree(
    history: History, record: Record, system: str, link: Link, partner: Partner, row: Row
) -> Iterator[str]:
    shown = _shown(history, record.entity, link, row)
    if id_key(system, record.entity, str(link.external_id)) in history.memory.identities.notes:
        # a person is asked about what it refers to
        shown = {path: value for path, value in shown.items() if not isinstance(value, Reference)}
    for path in sorted(shown.keys() | record.fields.keys()):
        if (
            path in link.held
            or path in link.skipped
            or (path not in shown and referred(record.entity, path))
            or not history.carries(system, record.entity, path)
        ):
            continue
        element = element_of(path)
        if element is not None and _is_open(record, link, path):
            continue
        ours, theirs = _ours(record, path), shown.get(path)
        if ours == theirs or partner.kind.spelled(pattern(path), ours) == theirs:
            continue
        if not partner.kind.is_honest_about(pattern(path)) and is_own_form(ours, theirs):
            history.opened[OWN_FORM, partner.kind.name] += 1
        else:
            yield f"1 convergence: {_name(record)} {path} is {ours!r}, in {system} {link.external_id} {theirs!r}"


def _is_open(record: Record, link: Link, path: str) -> bool:
    """Tell whether an element is not to be compared: ambiguous there, or alike one that is, held, or gone on both
    sides."""
    element = element_of(path)
    assert element is not None
    presence = element_path(element.collection, element.key)
    if presence in link.held or presence in link.skipped or element.key in link.ambiguous:
        return True
    signs = match_signatures(element.collection, element_fields(record, element.collection, element.key))
    if element.key not in link.elements and signs & frozenset(link.ambiguous.values()):
        return True
    return bool(element.field) and record.value(presence) is False


def _ours(record: Record, path: str) -> Value:
    value = record.value(path)
    element = element_of(path)
    return None if element is not None and not element.field and value is False else value


def _shown(history: History, entity: str, link: Link, row: Row) -> dict[str, Value]:
    """Return a row under our element keys, its references as our record ids."""
    names = {theirs: ours for ours, theirs in link.elements.items()}
    found: dict[str, Value] = {}
    for path, value in row.fields.items():
        element = element_of(path)
        own = path
        if element is not None:
            own = element_path(element.collection, names.get(element.key, element.key), element.field)
        found[own] = _resolved(history, entity, path, value)
    return found


def _resolved(history: History, entity: str, path: str, value: Value) -> Value:
    if referred(entity, path) is None or not isinstance(value, Reference):
        return value
    holder = history.memory.identities.holding.get(id_key(value.system, value.entity, value.external_id))
    return holder.record_id if holder else value


def _row_is_known(history: History, partner: Partner, entity: str, name: str) -> Iterator[str]:
    if (partner.name, entity) not in history.integration.pairs():
        if partner.place(entity, name) in history.truth.made_for:
            yield f"13 takes no part: {entity} {name} was made in {partner.name}"
        return
    key = id_key(partner.name, entity, name)
    identities = history.memory.identities
    row = partner.rows[entity, name]
    if row.is_deleted or key in identities.notes:
        return
    holder = identities.holding.get(key)
    record = history.memory.records.held.get(holder.record_id) if holder else None
    if record is None:
        yield f"1 convergence: nobody knows {entity} {name}"
        return
    link = record.link(partner.name)
    if _is_over(history, record, link, partner.place(entity, name)):
        return
    if link.external_id != name or link.state is LinkState.EMPTY:
        yield f"1 convergence: {name} is {_name(record)}'s, whose link there is {link.state.value} {link.external_id}"


def _is_over(history: History, record: Record, link: Link, place: Place) -> bool:
    """Tell whether people brought a row back of a record whose life is over, and which they had deleted there: a
    detached link stays so, whichever of the rows that the record had there was the last, if that is gone too."""
    last = history.partners[place[0]].rows.get((place[1], str(link.external_id)))
    is_detached = record.tombstone is not None and link.state is LinkState.DETACHED
    return is_detached and place in history.truth.restored and last is not None and last.is_deleted


def _doubled(history: History) -> Iterator[str]:
    for partner in history.partners.values():
        rows: dict[str, list[str]] = defaultdict(list)
        for (entity, name), row in partner.rows.items():
            made_for = history.truth.made_for.get(partner.place(entity, name))
            is_away = row.is_deleted or partner.place(entity, name) in history.truth.restored
            if made_for and not is_away and not _is_taken_for_anothers(history, partner.place(entity, name), made_for):
                rows[made_for].append(name)
        for record_id, names in rows.items():
            if len(names) > 1 and _is_short(history, partner):
                history.opened[TWICE, partner.kind.name] += 1
            elif len(names) > 1:
                yield f"5 at most one: record {record_id[:4]} stands in {partner.name} as {names}"


def _is_short(history: History, partner: Partner) -> bool:
    """Tell whether a partner that nobody can ask, so that a complete list is the only look, left out rows of it."""
    spells = (*history.setting.amnesias, *history.setting.short_lists)
    return not partner.kind.can_be_asked and any(system == partner.name for system, *_ in spells)


def _is_taken_for_anothers(history: History, place: Place, made_for: str) -> bool:
    """Tell whether a row that we made was linked to another record, where nobody can ask whose it is, or where people
    gave it another key before anybody knew of it: both are counted as windows."""
    holder = history.memory.identities.holding.get(id_key(*place))
    cannot_be_told = not history.kinds[place[0]].can_be_asked or _is_renamed_unseen(history, place)
    return cannot_be_told and holder is not None and holder.record_id != made_for


def _merged(history: History) -> Iterator[str]:
    """Two persons may be one record only if their rows showed one e-mail when they were linked: nobody could tell."""
    persons: dict[str, set[str]] = defaultdict(set)
    alike: dict[str, set[str]] = defaultdict(set)
    taken: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, person in history.truth.persons.items():
        holder = history.memory.identities.holding.get(id_key(*place))
        if holder is None or holder.record_id not in history.memory.records.held:
            continue
        record = history.memory.records.held[holder.record_id]
        is_there = record.link(place[0]).external_id == place[2]
        row = history.partners[place[0]].rows[place[1], place[2]]
        if is_there and row.reference == record.id:
            continue  # who copies our reference says that it is this record
        if row.is_deleted and not history.watch.ever_was(record, "email", row.fields.get("email")):
            continue  # what was typed into it before it was deleted, nobody ever read (SYNC §8)
        if not is_there:
            continue
        if (record.id, place) in history.in_good_faith:
            alike[record.id].add(person)
        elif (record.id, place) in history.chronicle.taken_for_made:
            taken[record.id].append((place[0], person))
        else:
            persons[record.id].add(person)
    for record_id, rows in taken.items():
        known = persons[record_id] | alike[record_id]
        for system in [name for name, person in rows if known - {person}]:
            history.opened[ENTERED, history.kinds[system].name] += 1
    for record_id, found in persons.items():
        known = alike[record_id]
        if len(found - known) + bool(known) > 1:
            yield f"5 never merged: {sorted(found | known)} are one record {record_id[:4]}"


def _name(record: Record) -> str:
    return f"{record.entity} {record.id[:4]}"
