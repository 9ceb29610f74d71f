"""E-mail, phone and contact persons of a party, all from its contact mechanisms.

A mechanism without a name is the company's own: the first e-mail and the first phone are the customer's. Mechanisms
with a name belong to the person of that name (Tryton's own sales name their contact by such a mechanism); the
person's title is their comment. A person without e-mail and phone is a mechanism of type `other` whose value is the
name. So a customer with its persons is made in one call, and one that fails leaves nothing behind; persons as parties
of their own (module party_relationship) would need two, and a lost answer between them would leave persons that
belong to nobody. A person's id is the lowest id of their mechanisms. Two persons of one name at one party would be one
person here: what would make such a pair is left out, so that the answer shows that it had no effect. Source:
trytond_party 7.8, sale 7.8 (`sale.contact`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.connectors.tryton.wire import Row, text_of
from shared.core.paths import element_of, element_path
from shared.core.values import Value

MECHANISM_FIELDS = ("active", "type", "value", "name", "comment", "_timestamp")
OWN = ("email", "phone")
_PERSON = ("name", "title", "email", "phone")
_KINDS = (*OWN, "other")

Changes = Mapping[str, Value]
Edits = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Person:
    """A contact person as a party's mechanisms show one."""

    rows: tuple[Row, ...]

    @property
    def id(self) -> str:
        """The lowest id of the person's mechanisms."""
        return str(min(row["id"] for row in self.rows))

    def names(self) -> set[str]:
        """Return the name, as it stands in the mechanisms."""
        return {str(self.rows[0]["name"]).strip()}

    def shown(self) -> dict[str, Value]:
        """Return name, title, e-mail and phone."""
        return {
            "name": text_of(self.rows[0]["name"]),
            "title": next((text_of(row["comment"]) for row in self.rows if row["comment"]), None),
            **{kind: text_of((first(self.rows, kind) or {}).get("value")) for kind in OWN},
        }


def persons(rows: Iterable[Row]) -> list[Person]:
    """Return the contact persons among a party's mechanisms."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        if row["name"] and row.get("active", True):
            by_name.setdefault(row["name"], []).append(row)
    return [Person(tuple(held)) for held in by_name.values()]


def own(rows: Iterable[Row], kind: str) -> Row | None:
    """Return the company's own first mechanism of a type."""
    return first([row for row in rows if not row["name"] and row.get("active", True)], kind)


def first(rows: Iterable[Row], kind: str) -> Row | None:
    """Return the first mechanism of a type."""
    return next((row for row in rows if row["type"] == kind), None)


def shown_contacts(rows: Sequence[Row]) -> dict[str, Value]:
    """Return the customer's own e-mail and phone and the fields of all persons."""
    fields: dict[str, Value] = {kind: text_of((own(rows, kind) or {}).get("value")) for kind in OWN}
    for person in persons(rows):
        fields[element_path("contacts", person.id)] = True
        fields |= {element_path("contacts", person.id, name): value for name, value in person.shown().items()}
    return fields


def contact_changes(fields: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Return what a command says of each person, by our key; the empty field is whether the person is there."""
    found: dict[str, dict[str, Value]] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None and element.collection == "contacts":
            found.setdefault(element.key, {})[element.field] = value
    return found


def new_mechanisms(fields: Mapping[str, Value]) -> list[Row]:
    """Return the mechanisms of a new party."""
    rows: list[Row] = [{"type": kind, "value": fields[kind]} for kind in OWN if fields.get(kind)]
    for changes in _kept_apart(contact_changes(fields), {}, {}).values():
        if changes.get("", True):
            rows += _person_rows(changes)
    return rows


def edits(rows: Sequence[Row], fields: Mapping[str, Value], elements: Mapping[str, str]) -> Edits:
    """Return what a write of the party has to do to its mechanisms so that these fields change and nothing else."""
    found: Edits = []
    for kind in OWN:
        if kind in fields:
            found += own_edit(own(rows, kind), kind, fields[kind])
    known = {person.id: person for person in persons(rows)}
    for key, changes in _kept_apart(contact_changes(fields), known, elements).items():
        found += _person_edit(known.get(elements.get(key, "")), changes)
    return found


def _kept_apart(
    wanted: Mapping[str, Changes], known: Mapping[str, Person], elements: Mapping[str, str]
) -> dict[str, Changes]:
    """Return the changes after which every person still has a name that nobody else has."""
    going = {elements.get(key) for key, changes in wanted.items() if changes.get("") is False}
    taken = {name: person.id for person in known.values() if person.id not in going for name in person.names()}
    apart: dict[str, Changes] = {}
    for key, changes in wanted.items():
        own = elements.get(key, key)
        names = _names(changes) if own not in known or "name" in changes else set()
        is_taken = changes.get("", True) is not False and any(taken.get(name, own) != own for name in names)
        if is_taken and own not in known:
            continue
        apart[key] = {name: value for name, value in changes.items() if name != "name"} if is_taken else changes
        taken |= dict.fromkeys(() if is_taken else names, own)
    return apart


def _names(changes: Changes) -> set[str]:
    """Return the names that the mechanisms of a person will have: without a name of their own, each has its value."""
    given = [changes.get("name")] if changes.get("name") else [changes.get(kind) for kind in OWN]
    return {str(each).strip() for each in given if each}


def own_edit(row: Row | None, kind: str, value: Value) -> Edits:
    """Return what makes a company's own mechanism of a type show this value."""
    if row is None:
        return [["create", [{"type": kind, "value": value}]]] if value else []
    return [["write", [row["id"]], {"value": value}]] if value else [["delete", [row["id"]]]]


def _person_edit(person: Person | None, changes: Changes) -> Edits:
    is_there = changes.get("", True)
    if person is None:
        return [["create", _person_rows(changes)]] if is_there else []
    if not is_there:
        return [["delete", [row["id"] for row in person.rows]]]
    wanted = {**person.shown(), **{name: value for name, value in changes.items() if name in _PERSON}}
    values = {kind: value for kind in _KINDS if (value := _value(wanted, kind))}
    kinds = _kept_kinds(person, list(values))
    removed = [row["id"] for row in person.rows if row["id"] not in kinds and _is_over(row, person, values)]
    made = [_mechanism(kind, value, wanted) for kind, value in values.items() if kind not in kinds.values()]
    found: Edits = [["create", made]] if made else []
    found += [["delete", removed]] if removed else []
    for row in person.rows:
        if row["id"] not in removed:
            kind = kinds.get(row["id"])
            told = {"type": kind, "value": values[kind]} if kind else {}
            found.append(["write", [row["id"]], {"name": wanted["name"], "comment": wanted["title"], **told}])
    return found


def _kept_kinds(person: Person, wanted: list[str]) -> dict[int, str]:
    """Return the type that each mechanism is to have from now on; the lowest stays, because it is the person's id."""
    kinds = {row["id"]: kind for kind in wanted if (row := first(person.rows, kind))}
    lowest = min(person.rows, key=lambda row: int(row["id"]))
    if lowest["id"] in kinds or lowest["type"] not in _KINDS or lowest["type"] in wanted or not wanted:
        return kinds
    taken = next((kind for kind in wanted if kind not in kinds.values()), wanted[-1])
    return {**{row: kind for row, kind in kinds.items() if kind != taken}, lowest["id"]: taken}


def _is_over(row: Row, person: Person, values: Mapping[str, Value]) -> bool:
    """Tell whether a mechanism to which no type was given goes: its value was removed, or has moved to another one."""
    return row["type"] in _KINDS and (row["type"] not in values or row is first(person.rows, row["type"]))


def _person_rows(wanted: Changes) -> list[Row]:
    values = {kind: _value(wanted, kind) for kind in _KINDS}
    return [_mechanism(kind, value, wanted) for kind, value in values.items() if value]


def _value(wanted: Changes, kind: str) -> Value:
    """Return the value of a person's mechanism; one of type `other` stands for a person who has no other."""
    if kind != "other":
        return wanted.get(kind)
    return None if any(wanted.get(each) for each in OWN) else wanted.get("name")


def _mechanism(kind: str, value: Value, wanted: Changes) -> Row:
    return {"type": kind, "value": value, "name": wanted.get("name") or value, "comment": wanted.get("title")}
