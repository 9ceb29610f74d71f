"""From our fields to Odoo's values: one body per record, with the commands for its list and its delivery address.

A list goes along with its record in one call, and so in one transaction: `[0, 0, values]` makes an element, `[1, id,
values]` changes one, `[2, id, 0]` deletes one. A contact that is taken out is archived instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.connectors.elements import parted
from shared.connectors.mapping import for_create, for_update
from shared.connectors.mapping.fields import MappedField
from shared.connectors.mapping.places import put
from shared.connectors.mapping.values import NoSuchValueError, outgoing
from shared.connectors.odoo.completing import is_relation
from shared.connectors.odoo.lookups import Lookups
from shared.connectors.odoo.settings import DELIVERY, ORDER_STATUS
from shared.connectors.odoo.subject import Subject
from shared.connectors.odoo.wire import last_of, theirs
from shared.core.commands import Command, Create, Update
from shared.core.observations import Trouble
from shared.core.values import Value


class Bodies:
    """Makes the bodies of one entity's writes."""

    def __init__(self, subject: Subject, lookups: Lookups) -> None:
        self._subject, self._lookups = subject, lookups

    def learn(self, commands: Iterable[Command]) -> Trouble | None:
        """Look up every text in these commands that stands for a record of Odoo's, a call per model at most."""
        texts: dict[tuple[str, str], set[str]] = {}
        for command in commands:
            for path, value in command.fields.items() if isinstance(command, Create | Update) else ():
                mapped = self._subject.mapping.by_ours.get(path)
                if mapped is not None and isinstance(value, str) and is_relation(self._subject, mapped):
                    texts.setdefault(self._subject.given.relations[last_of(mapped.place)], set()).add(value)
        for (model, field), some in texts.items():
            trouble = self._lookups.seek(model, field, some)
            if trouble is not None:
                return trouble
        return None

    def for_create(self, command: Create) -> dict[str, Any]:
        """Return the values of a new record."""
        plain, elements = parted(command.fields)
        content = for_create(self._subject.mapping, plain, command.record_id, self._subject.habits).content
        return {**self._subject.given.new, **self._values(content, elements, {}, None)}

    def for_update(self, command: Update, delivery: int | None) -> dict[str, Any]:
        """Return the values of the differences; `delivery` is the delivery address that the customer has."""
        plain, elements = parted(command.fields)
        update = Update(command.record_id, command.external_id, plain)
        content = for_update(self._subject.mapping, update, None, self._subject.habits, merges=True).content
        return self._values(content, elements, command.elements, delivery)

    def _values(
        self,
        content: dict[str, Any],
        elements: Mapping[str, Mapping[str, Value]],
        known: Mapping[str, str],
        delivery: int | None,
    ) -> dict[str, Any]:
        content.pop(ORDER_STATUS, None)
        address = content.pop(DELIVERY, None) if self._subject.delivery else None
        values = theirs(self._related(content, self._subject.own))
        commands = [each for key, held in elements.items() if (each := self._element(held, known.get(key)))]
        if address is not None:
            held = theirs(self._related(address, self._subject.delivery))
            new = [0, 0, {"type": DELIVERY, **held}]
            commands += [[1, delivery, held] if delivery is not None else new]
        children = self._subject.children
        return {**values, children.command: commands} if children is not None and commands else values

    def _element(self, values: Mapping[str, Value], child: str | None) -> list[Any] | None:
        children = self._subject.children
        record = int(child) if child is not None and child.isdecimal() else None
        if values.get("") is False:
            archives = children is not None and children.archives
            return None if record is None else [1, record, {"active": False}] if archives else [2, record, 0]
        body: dict[str, Any] = {}
        for mapped in self._subject.elements:
            name = mapped.ours.partition("[].")[2]
            if name in values and not mapped.read_only:
                self._put(body, mapped, values[name])
        if record is None:
            return [0, 0, {**({"type": "contact"} if self._subject.entity == "customer" else {}), **theirs(body)}]
        return [1, record, theirs(body)] if body else None

    def _put(self, body: dict[str, Any], mapped: MappedField, value: Value) -> None:
        try:
            habit = self._subject.habits.get(self._subject.entity, mapped.ours)
            put(body, last_of(mapped.place), outgoing(self._subject.entity, mapped, value, habit))
        except NoSuchValueError:
            return

    def _related(self, content: dict[str, Any], fields: Iterable[MappedField]) -> dict[str, Any]:
        """Return values with ids for texts that name a record; a text that names none, or several, is left out."""
        names = [last_of(field.place) for field in fields if is_relation(self._subject, field)]
        for name in sorted(names):  # a country before its state
            text = content.get(name)
            if not isinstance(text, str):
                continue
            model, field = self._subject.given.relations[name]
            record = self._lookups.id(model, field, text, content)
            if record is None:
                del content[name]
            else:
                content[name] = record
        return content
