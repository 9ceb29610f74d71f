"""What the people at a partner see and do there, told in the simulation's paths but under the partner's own ids.

A desk never goes through the connector: it reads and writes the fake's tables by a `Sheet` of its own per entity, so
that what a connector reads wrongly, or writes to the wrong place, shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from shared.core.paths import element_of, element_path
from shared.core.values import Reference, Value

Native = Any
"""A value as the fake keeps it."""

Cells = Mapping[str, Native]
"""A row as the fake keeps it."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field of ours stands at the partner, and how it is written there and read."""

    name: str
    written: Callable[[Value], Native]
    read: Callable[[Native], Value]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One entity: its table, its columns by our path (`lines[].quantity` for those of its elements), our reference.

    `children` is the table of its elements, `parent` their column that names the row they belong to.
    """

    table: str
    columns: Mapping[str, Column]
    reference: str = ""
    children: str = ""
    parent: str = ""
    collection: str = ""
    blank: Mapping[str, Native] = field(default_factory=dict)

    def parts(self) -> Mapping[str, Column]:
        """Return the columns of an element by the name of its field."""
        start = f"{self.collection}[]."
        return {path.removeprefix(start): each for path, each in self.columns.items() if path.startswith(start)}

    def plain(self) -> Mapping[str, Column]:
        """Return the columns of the row itself by our path."""
        return {path: each for path, each in self.columns.items() if "[]." not in path}


class Tables(Protocol):
    """The tables of a fake, as its people use them."""

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the rows that stand, by id."""

    def insert(self, table: str, cells: Cells) -> str:
        """Make a row; return its id."""

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change a row."""

    def delete(self, table: str, external_id: str) -> None:
        """Delete a row."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as people see it; `reference` is our record id where it stands there."""

    fields: Mapping[str, Value]
    reference: str | None


class Desk:
    """The desk of one partner."""

    def __init__(self, system: str, tables: Tables, sheets: Mapping[str, Sheet]) -> None:
        """Work at the tables of a fake."""
        self.sheets = sheets
        self._system, self._tables = system, tables

    def has(self, entity: str, path: str) -> bool:
        """Tell whether people can put a field there."""
        sheet = self.sheets.get(entity)
        element = element_of(path)
        if sheet is None or element is None or element.collection == "addresses":
            return sheet is not None and path in sheet.columns
        return element.collection == sheet.collection and (not element.field or element.field in sheet.parts())

    def shown_as(self, entity: str, external_id: str) -> str:
        """Return the id under which the partner's answers show a row."""
        del entity
        return external_id

    def rows(self) -> dict[tuple[str, str], Seen]:
        """Return every row that stands, by entity and id."""
        return {
            (entity, each): self._seen(sheet, each, cells)
            for entity, sheet in self.sheets.items()
            for each, cells in self._tables.live(sheet.table).items()
            if all(cells.get(name) == value for name, value in sheet.blank.items())
        }

    def enter(self, entity: str, fields: Mapping[str, Value]) -> tuple[str, dict[str, str]]:
        """Make a row; return its id, and by the elements' keys the partner's ids of them."""
        sheet = self.sheets[entity]
        made = self._tables.insert(sheet.table, {**sheet.blank, **self._cells(sheet.plain(), fields)})
        return made, self._lay(sheet, made, fields)

    def edit(self, entity: str, external_id: str, fields: Mapping[str, Value]) -> dict[str, str]:
        """Change a row; return by the keys of new elements the partner's ids of them."""
        sheet = self.sheets[entity]
        own = self._cells(sheet.plain(), fields)
        if own:
            self._tables.update(sheet.table, external_id, own)
        return self._lay(sheet, external_id, fields)

    def remove(self, entity: str, external_id: str) -> None:
        """Delete a row."""
        self._tables.delete(self.sheets[entity].table, external_id)

    def _seen(self, sheet: Sheet, external_id: str, cells: Cells) -> Seen:
        fields = {path: column.read(cells.get(column.name)) for path, column in sheet.plain().items()}
        for child, inside in self._elements(sheet, external_id).items():
            fields[element_path(sheet.collection, child)] = True
            for part, column in sheet.parts().items():
                fields[element_path(sheet.collection, child, part)] = column.read(inside.get(column.name))
        reference = cells.get(sheet.reference) if sheet.reference else None
        kept = {path: self._ours(value) for path, value in fields.items() if value is not None}
        return Seen(kept, str(reference) if reference else None)

    def _ours(self, value: Value) -> Value:
        return Reference(self._system, value.entity, value.external_id) if isinstance(value, Reference) else value

    def _elements(self, sheet: Sheet, external_id: str) -> dict[str, Cells]:
        if not sheet.children:
            return {}
        rows = self._tables.live(sheet.children)
        return {each: cells for each, cells in rows.items() if str(cells.get(sheet.parent)) == external_id}

    def _lay(self, sheet: Sheet, external_id: str, fields: Mapping[str, Value]) -> dict[str, str]:
        """Make, change and take out elements."""
        there, made = self._elements(sheet, external_id), dict[str, str]()
        for key, values in _by_element(fields, sheet.collection).items():
            cells = self._cells(sheet.parts(), values)
            if key not in there:
                made[key] = self._tables.insert(sheet.children, {sheet.parent: external_id, **cells})
            elif values.get("") is False:
                self._tables.delete(sheet.children, key)
            elif cells:
                self._tables.update(sheet.children, key, cells)
        return made

    @staticmethod
    def _cells(columns: Mapping[str, Column], fields: Mapping[str, Value]) -> dict[str, Native]:
        return {columns[path].name: columns[path].written(value) for path, value in fields.items() if path in columns}


def plain(name: str, none: Native = None) -> Column:
    """Return a column that keeps text as it is, and `none` for nothing."""
    return Column(name, lambda value: none if value is None else value, lambda cell: cell or None)


def number(name: str, kind: Callable[[Decimal], Native], none: Native = None) -> Column:
    """Return a column of numbers."""
    return Column(
        name,
        lambda value: kind(value) if isinstance(value, Decimal) else none,
        lambda cell: None if cell is None or cell == "" or cell is False else Decimal(str(cell)),
    )


def refers(name: str, entity: str, kind: Callable[[str], Native] = str) -> Column:
    """Return a column that names a row of another entity."""
    return Column(
        name,
        lambda value: kind(value.external_id) if isinstance(value, Reference) else None,
        lambda cell: Reference("", entity, str(cell)) if cell else None,
    )


def words(name: str, theirs: Mapping[str, str]) -> Column:
    """Return a column with words of the partner's own; `theirs` by ours."""
    ours = {word: value for value, word in reversed(list(theirs.items()))}
    return Column(name, lambda value: theirs.get(str(value)), lambda cell: ours.get(str(cell)))


def _by_element(fields: Mapping[str, Value], collection: str) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None and element.collection == collection:
            found.setdefault(element.key, {})[element.field] = value
    return found
