"""How a history ended, in words that do not depend on the order in which anything was made.

Ids of records, rows and elements depend on who came first. So a row is told by what it shows, an element by its own
fields, a reference by the number, SKU or e-mail of what it names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from typing import TypeAlias

from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.paths import element_of
from shared.core.records import Record
from shared.core.values import Reference, Value, canonical
from tests.simulation.history import History

Told: TypeAlias = tuple[object, ...]
NAMES: Mapping[str, tuple[str, ...]] = {"customer": ("email", "name"), "product": ("sku",), "order": ("number",)}
"""The field by which a record is told from others, best first."""


def ending(history: History) -> dict[Told, int]:
    """Return how often each row and each record stands at the end, live ones only.

    Elements of a record of which one was ambiguous are left out: which of them it is may have told itself while another
    was away, or not (seed 2079919).
    """
    found: dict[Told, int] = defaultdict(int)
    asked = {c.record_id for c in history.memory.records.conflicts if c.decision.verdict is Verdict.AMBIGUOUS}
    for told in (*_rows(history, asked), *_records(history, asked)):
        found[told] += 1
    return dict(found)


def differences(one: Mapping[Told, int], other: Mapping[Told, int]) -> list[str]:
    """Return what only one of two endings has, as text."""
    return [
        f"{'+' if other.get(told, 0) > one.get(told, 0) else '-'} {_words(told)}"
        for told in sorted(one.keys() | other.keys(), key=repr)
        if one.get(told, 0) != other.get(told, 0)
    ]


def _rows(history: History, asked: Set[str]) -> Iterator[Told]:
    for system, partner in history.partners.items():
        for (entity, name), row in partner.rows.items():
            if not row.is_deleted:
                holder = history.memory.identities.holding.get(id_key(system, entity, name))
                is_open = holder is not None and holder.record_id in asked
                yield ("row", system, entity, *_fields(history, row.fields, is_open=is_open))


def _records(history: History, asked: Set[str]) -> Iterator[Told]:
    for record in history.records():
        if record.tombstone is None:
            links = tuple(sorted((name, each.state.value, *sorted(each.held)) for name, each in record.links.items()))
            values = {path: held.value for path, held in record.fields.items() if _is_there(record, path)}
            yield ("record", record.entity, *_fields(history, values, is_open=record.id in asked), links)


def _is_there(record: Record, path: str) -> bool:
    """Tell whether a field counts: not what is left of an element that was removed."""
    element = element_of(path)
    return element is None or record.value(f"{element.collection}[{element.key}]") is True


def _fields(history: History, fields: Mapping[str, Value], *, is_open: bool) -> tuple[object, ...]:
    plain: list[tuple[str, str]] = []
    elements: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path, value in fields.items():
        element = element_of(path)
        if value is None:
            continue
        if element is None or element.collection == "addresses":
            plain.append((path, _told(history, value)))
        elif not is_open:
            elements[f"{element.collection}[{element.key}]"].append((element.field, _told(history, value)))
    lists = sorted((key.partition("[")[0], *sorted(values)) for key, values in elements.items())
    return (tuple(sorted(plain)), tuple(lists))


def _told(history: History, value: Value) -> str:
    if isinstance(value, Reference):
        holder = history.memory.identities.holding.get(id_key(value.system, value.entity, value.external_id))
        return _named(history, holder.record_id) if holder else canonical(value)
    if isinstance(value, str) and value in history.memory.records.held:
        return _named(history, value)
    return canonical(value)


def _named(history: History, record_id: str) -> str:
    record = history.memory.records.held.get(record_id)
    if record is None:
        return record_id
    return next((canonical(v) for path in NAMES[record.entity] if (v := record.value(path))), record_id)


def _words(told: Told) -> str:
    return " ".join(str(part) for part in told)
