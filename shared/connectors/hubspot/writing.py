"""Writes to HubSpot: batches with a trace id per input, then associations and children, then one read back.

A new record is upserted by our own unique property, after the look that every create begins with: so a create that was
lost and comes again finds its own record. HubSpot has no precondition, so deliver reads before it writes. Every value
goes out as text, nothing as the empty text. What went wrong with a part is seen when the record is read back: it is
still owed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from shared.connectors.elements import element_body
from shared.connectors.hubspot.api import TRACE, Api, Input, Result, Unsure
from shared.connectors.hubspot.reading import Reader
from shared.connectors.hubspot.settings import ASSOCIATED
from shared.connectors.hubspot.subject import PEOPLE, Subject
from shared.connectors.mapping import for_create, for_update
from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import (
    Accepted,
    Answer,
    Invalid,
    Observation,
    Refused,
    Source,
    Stored,
    Trouble,
    Unknown,
)
from shared.core.paths import element_of
from shared.core.values import Reference, Value

Elements = Mapping[str, Mapping[str, Value]]


@dataclass(slots=True)
class _Plan:
    """A command as it goes out: its input, the associations that it sets, its changed elements."""

    command: Create | Update
    properties: dict[str, Any] = field(repr=False)
    partners: dict[str, str | None] = field(default_factory=dict)
    elements: Elements = field(default_factory=dict, repr=False)

    @property
    def has_parts(self) -> bool:
        """Tell whether anything but properties is to be written."""
        return bool(self.partners or self.elements)


class Writer:
    """Writes one entity."""

    def __init__(self, api: Api, reader: Reader) -> None:
        self._api = api
        self._reader = reader
        self._subject: Subject = reader.subject

    def write(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands of one verb; one answer per command."""
        if all(isinstance(command, Archive) for command in commands):
            return self._archive([command for command in commands if isinstance(command, Archive)])
        plans = {str(place): self._plan(each) for place, each in enumerate(commands) if not isinstance(each, Archive)}
        ended = self._send(plans)
        ids = {trace: self._id(plans[trace], row) for trace, row in ended.items() if isinstance(row, Mapping)}
        parted = {trace: external_id for trace, external_id in ids.items() if plans[trace].has_parts}
        self._write_partners({external_id: plans[trace] for trace, external_id in parted.items()})
        self._write_children({external_id: plans[trace] for trace, external_id in parted.items()})
        read_back = self._read_back(list(parted.values()))
        return [
            self._answer(plans[trace], ended[trace], ids.get(trace, ""), read_back)
            if trace in plans
            else Unknown("mixed")
            for trace in map(str, range(len(commands)))
        ]

    def _plan(self, command: Create | Update) -> _Plan:
        own = {path: value for path, value in command.fields.items() if element_of(path) is None}
        if isinstance(command, Create):
            content = for_create(self._subject.mapping, own, command.record_id, self._subject.habits).content
        else:
            plain = replace(command, fields=own)
            content = for_update(self._subject.mapping, plain, None, self._subject.habits, merges=True).content
        properties = {name: _as_text(value) for name, value in content.get("properties", {}).items()}
        partners = {to: _partner(value) for to, value in content.get(ASSOCIATED.rstrip("."), {}).items()}
        return _Plan(command, properties, partners, _elements(command.fields))

    def _send(self, plans: Mapping[str, _Plan]) -> dict[str, Result]:
        """Send what goes into properties; a plan without any needs no call of its own."""
        creates = [self._new(trace, plan) for trace, plan in plans.items() if isinstance(plan.command, Create)]
        verb = "upsert" if self._subject.given.reference else "create"
        updates = [
            Input(trace, self._changed(trace, plan.command, plan.properties), _texts(plan.properties))
            for trace, plan in plans.items()
            if isinstance(plan.command, Update) and (plan.properties or not plan.has_parts)
        ]
        object_type = self._subject.given.type
        ended: dict[str, Result] = {trace: {} for trace in plans}
        ended |= self._api.batch(object_type, verb, creates) if creates else {}
        return ended | (self._api.batch(object_type, "update", updates) if updates else {})

    def _new(self, trace: str, plan: _Plan) -> Input:
        reference = self._subject.given.reference
        by = {"id": plan.command.record_id, "idProperty": reference} if reference else {}
        return Input(trace, {**by, TRACE: trace, "properties": plan.properties}, _texts(plan.properties))

    def _changed(self, trace: str, command: Update, properties: Mapping[str, str]) -> dict[str, Any]:
        return {"id": self._subject.aliases.present(command.external_id), TRACE: trace, "properties": properties}

    def _id(self, plan: _Plan, row: Mapping[str, Any]) -> str:
        return plan.command.external_id if isinstance(plan.command, Update) else str(row["id"])

    def _archive(self, commands: Sequence[Archive]) -> list[Answer]:
        inputs = [
            Input(str(place), {"id": self._subject.aliases.present(each.external_id)})
            for place, each in enumerate(commands)
        ]
        ended = self._api.batch(self._subject.given.type, "archive", inputs)
        return [
            _failed(ended[each.trace]) or Accepted(command.external_id)
            for each, command in zip(inputs, commands, strict=True)
        ]

    def _write_partners(self, plans: Mapping[str, _Plan]) -> None:
        """Set the associations that are fields of ours; the partner before is parted."""
        own = self._subject.given.type
        for to in dict.fromkeys(name for plan in plans.values() for name in plan.partners):
            wanted = {each: plan.partners[to] for each, plan in plans.items() if to in plan.partners}
            known = [each for each in wanted if isinstance(plans[each].command, Update)]
            held = self._api.associated(own, to, known) if known else {}
            before = {} if isinstance(held, Trouble) else held
            new = [(self._present(each), partner) for each, partner in wanted.items() if partner is not None]
            old = [(self._present(a), b) for a, some in before.items() for b in some if b != wanted.get(a)]
            if new:
                self._api.associate(own, to, new)
            if old:
                self._api.associate(own, to, old, part=True)

    def _write_children(self, plans: Mapping[str, _Plan]) -> None:
        """Make, change and take out elements of lists, in one batch a verb."""
        children = self._subject.given.children
        if children is None:
            return
        new: dict[str, tuple[str, Input]] = {}
        changed: list[Input] = []
        removed: list[tuple[str, str]] = []
        for parent, plan in plans.items():
            known = plan.command.elements if isinstance(plan.command, Update) else {}
            for key, values in plan.elements.items():
                trace, child = f"{parent}/{key}", known.get(key)
                body = self._child(values)
                if values.get("") is False:
                    removed += [(self._present(parent), child)] if child is not None else []
                elif child is None:
                    new[trace] = (parent, Input(trace, {TRACE: trace, "properties": body}, _texts(body)))
                elif body:
                    changed.append(Input(trace, {"id": child, TRACE: trace, "properties": body}, _texts(body)))
        made = self._api.batch(children.type, "create", [each for _, each in new.values()]) if new else {}
        if changed:
            self._api.batch(children.type, "update", changed)
        pairs = [(self._present(new[t][0]), str(row["id"])) for t, row in made.items() if isinstance(row, Mapping)]
        if pairs:
            self._api.associate(self._subject.given.type, children.type, pairs)
        if removed and children.part:
            self._api.associate(self._subject.given.type, children.type, removed, part=True)
        elif removed:
            self._api.batch(children.type, "archive", [Input(child, {"id": child}) for _, child in removed])

    def _child(self, values: Mapping[str, Value]) -> dict[str, str]:
        collection = self._subject.mapping.collection(self._subject.collection)
        element = element_body(self._subject.entity, collection, values) if collection else {}
        properties = {name: _as_text(value) for name, value in element.get("properties", {}).items()}
        is_person = self._subject.given.children is not None and self._subject.given.children.type == PEOPLE
        return _with_name_in_two(properties) if is_person else properties

    def _present(self, external_id: str) -> str:
        return self._subject.aliases.present(external_id)

    def _read_back(self, ids: Sequence[str]) -> Mapping[str, Observation]:
        found = self._reader.fetch(ids) if ids else {}
        shown = {} if isinstance(found, Trouble) else found
        return {each: now for each, now in shown.items() if isinstance(now, Observation)}

    def _answer(self, plan: _Plan, result: Result, external_id: str, read_back: Mapping[str, Observation]) -> Answer:
        failed = _failed(result)
        if failed is not None or not isinstance(result, Mapping):
            return failed or Unknown("unreadable")
        if plan.has_parts:
            now = read_back.get(external_id)
            unread = Unknown("written, but it could not be read back whether its parts were too")
            return Stored(external_id, replace(now, source=Source.ANSWER)) if now is not None else unread
        shown = self._subject.observed(result, Source.ANSWER)
        if isinstance(shown, Invalid) or shown.deleted:
            return Accepted(external_id)
        return Stored(external_id, replace(shown, external_id=external_id))


def _failed(result: Result) -> Answer | None:
    if isinstance(result, Unsure):
        return Unknown(result.reason)
    return Refused(result) if isinstance(result, Trouble) else None


def _elements(fields: Mapping[str, Value]) -> Elements:
    """Return the changed elements by our key; whether one is there stands under no name."""
    found: dict[str, dict[str, Value]] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None:
            found.setdefault(element.key, {})[element.field] = value
    return found


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _partner(value: Any) -> str | None:
    if isinstance(value, Reference):
        return value.external_id
    return None if value is None else str(value)


def _texts(properties: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(value for value in properties.values() if len(value) > len("abc"))


def _with_name_in_two(properties: dict[str, str]) -> dict[str, str]:
    if "name" not in properties:
        return properties
    first, _, last = properties.pop("name").strip().rpartition(" ")
    return {"firstname": first, "lastname": last, **properties}
