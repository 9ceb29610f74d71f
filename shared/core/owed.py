"""What a system is owed: the fields of the record that it does not show yet (SYNC §4).

Nothing is stored about how record and system came to differ. A field is owed if the system receives it, may be sent
it, the record has ever had it, and the system's link does not stand for the record's value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.core.entities import ELEMENT_MATCH_KEYS
from shared.core.paths import element_of, element_path, listed, presence
from shared.core.records import Held, Link, LinkState, Record
from shared.core.rules import EntityRules, OnDelete, SystemRules
from shared.core.values import Digest, Value, digest, is_current


def owed(record: Record, system: str, rules: EntityRules) -> Mapping[str, Value]:
    """Return the fields that a system is owed, with the record's values; nothing for a tombstone."""
    able = rules.systems.get(system)
    link = record.link(system)
    if able is None or record.tombstone is not None:
        return {}
    if link.state is LinkState.EMPTY:
        wanted = dict(_for_create(record, able)) if able.can_create else {}
        return {} if all(_is_skipped(link, path, value) for path, value in wanted.items()) else wanted
    if link.state is not LinkState.LIVE or not able.can_update:
        return {}
    status = record.value("status")
    return {
        path: value
        for path, value in _out_of_step(record, link)
        if _is_owed(record, link, path, value, able) and rules.writers(path, status) != {system}
    }


def owed_digests(record: Record, system: str, rules: EntityRules) -> Mapping[str, Digest]:
    """Return the digests of what a system is owed; an archive that is owed stands under the empty path."""
    if is_archive_owed(record, system, rules):
        return {"": "archive"}
    return {path: digest(value) for path, value in owed(record, system, rules).items()}


def is_archive_owed(record: Record, system: str, rules: EntityRules) -> bool:
    """Tell whether a record whose life ended elsewhere must still be archived in this system."""
    able = rules.systems.get(system)
    return (
        record.tombstone is not None
        and able is not None
        and able.can_archive
        and rules.on_delete is OnDelete.ARCHIVE
        and record.tombstone.by != system
        and record.link(system).is_live
        and "" not in record.link(system).skipped
    )


def is_spared(record: Record, link: Link, path: str, spared: Digest) -> bool:
    """Tell whether what an operator spared a system is still so: the record holds that value (or its life is ended),
    and the system has not come to it by itself."""
    if not path:
        return record.tombstone is not None
    known = link.fields.get(path)
    has_come = known is not None and known.stands == spared
    return path in record.fields and digest(record.value(path)) == spared and not has_come


def unsupported(record: Record, system: str, rules: EntityRules) -> tuple[str, ...]:
    """Return the paths that differ in a system that cannot be told: listed, never owed (SYNC §4)."""
    able = rules.systems.get(system)
    link = record.link(system)
    if able is None or able.can_update or not link.is_live or record.tombstone is not None:
        return ()
    return tuple(path for path, value in _out_of_step(record, link) if _is_owed(record, link, path, value, able))


def still_held(record: Record, link: Link, path: str, held: Held) -> bool:
    """Tell whether a wish is still one: the record holds it (or yielded), and the system shows what it showed."""
    known = link.fields.get(path)
    if known is None or known.seen != held.shown:
        return False
    return digest(record.value(path)) == (held.shown if held.yielded else held.wish)


def match_signatures(collection: str, fields: Mapping[str, Value]) -> frozenset[str]:
    """Return the match keys of an element, by which one of unknown partner id may be meant."""
    keys = ELEMENT_MATCH_KEYS[collection]
    return frozenset(f"{collection}/{key}/{digest(fields[key])}" for key in keys if fields.get(key) not in (None, ""))


def element_fields(record: Record, collection: str, key: str) -> Mapping[str, Value]:
    """Return the values of one element of the record by field."""
    prefix = element_path(collection, key) + "."
    return {path[len(prefix) :]: held.value for path, held in record.fields.items() if path.startswith(prefix)}


def _for_create(record: Record, able: SystemRules) -> Iterator[tuple[str, Value]]:
    for path, held in record.fields.items():
        whole = presence(path)
        if held.value is None or not listed(able.takes, path):
            continue
        if whole is None or record.value(whole) is True:
            yield path, held.value


def _out_of_step(record: Record, link: Link) -> list[tuple[str, Value]]:
    """Return the fields, with the record's values, for which the link does not stand: few of them, so they are sought
    first."""
    return [
        (path, held.value)
        for path, held in record.fields.items()
        if (known := link.fields.get(path)) is None or known.stands != digest(held.value)
    ]


def _is_owed(record: Record, link: Link, path: str, value: Value, able: SystemRules) -> bool:
    known = link.fields.get(path)
    if not listed(able.takes, path) or (known is not None and not is_current(known.stands)):
        return False
    element = element_of(path)
    if element is not None and not _element_is_owed(record, link, path, value):
        return False
    if _is_skipped(link, path, value):
        return False
    if known is None:
        new_element = element is not None and element.key not in link.elements
        return value is not None and (new_element or listed(able.write_only, path))
    held = link.held.get(path)
    return held is None or not still_held(record, link, path, held)


def _is_skipped(link: Link, path: str, value: Value) -> bool:
    return bool(link.skipped) and link.skipped.get(path) == digest(value)


def _element_is_owed(record: Record, link: Link, path: str, value: Value) -> bool:
    element = element_of(path)
    assert element is not None
    is_there = record.value(element_path(element.collection, element.key)) is True
    if element.key in link.elements:
        return is_there or (not element.field and value is False)
    whole = element_path(element.collection, element.key)
    if whole in link.held and still_held(record, link, whole, link.held[whole]):
        return False
    if is_there and element.field and _is_skipped(link, whole, True):
        return False
    if not is_there or not link.ambiguous:
        return is_there
    return not (_signatures(record, element.collection, element.key) & frozenset(link.ambiguous.values()))


def _signatures(record: Record, collection: str, key: str) -> frozenset[str]:
    return match_signatures(collection, element_fields(record, collection, key))
