"""Writes to Espo: one call a record, and one for each contact or line that changes.

PUT changes what it carries and nothing else, and answers with the whole record. An answer to a create leaves out what
is null there, so a key that Espo ignored shows as nothing. A record whose children were touched is read back: what of
them did not arrive is then still owed. `X-Version-Number` is the precondition where the type is versioned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.connectors.elements import element_body, parted
from shared.connectors.espocrm.api import Api, Missing, Row, Unsure
from shared.connectors.espocrm.reading import Reader
from shared.connectors.espocrm.settings import Children
from shared.connectors.espocrm.subject import VERSION, Subject
from shared.connectors.mapping import for_create, for_update
from shared.connectors.mapping.fields import Collection
from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import (
    Accepted,
    Answer,
    Next,
    Observation,
    Refused,
    Revision,
    Source,
    Stored,
    Trouble,
    Unknown,
)
from shared.core.values import Value

_GONE = frozenset({"http-404", "http-410"})


@dataclass(slots=True)
class _Written:
    """A record that was written: its answer, and whether its children were touched as well."""

    external_id: str
    row: Row = field(repr=False)
    is_new: bool
    has_children: bool = False


class Writer:
    """Writes one entity."""

    def __init__(self, api: Api, reader: Reader, *, skip_duplicate_check: bool) -> None:
        self._api = api
        self._reader = reader
        self._subject: Subject = reader.subject
        self._create_headers = {"X-Skip-Duplicate-Check": "true"} if skip_duplicate_check else {}

    def write(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands; a trouble of the whole system ends the run for those that follow."""
        ended: list[_Written | Answer] = []
        for command in commands:
            last = ended[-1] if ended else None
            is_over = isinstance(last, Refused) and last.trouble.whole_system
            ended.append(last if is_over and last is not None else self._one(command))
        read_back = self._read_back([each for each in ended if isinstance(each, _Written) and each.has_children])
        return [self._answer(each, read_back) if isinstance(each, _Written) else each for each in ended]

    def _one(self, command: Command) -> _Written | Answer:
        if isinstance(command, Create):
            return self._create(command)
        return self._archive(command) if isinstance(command, Archive) else self._update(command)

    def _create(self, command: Create) -> _Written | Answer:
        plain, elements = parted(command.fields)
        body = for_create(self._subject.mapping, plain, command.record_id, self._subject.habits).content
        made = self._api.write("POST", self._subject.given.type, None, body, self._create_headers)
        if not isinstance(made, Mapping):
            return _failed(made)
        written = _Written(str(made["id"]), made, is_new=True)
        self._write_children(written, elements, {})
        return written

    def _update(self, command: Update) -> _Written | Answer:
        plain, elements = parted(command.fields)
        update = replace(command, fields=plain)
        body = for_update(self._subject.mapping, update, None, self._subject.habits, merges=True)
        if plain and set(body.left_out) >= set(plain) and not elements:
            return Refused(Trouble(Next.PERMANENT, "no-such-value", "EspoCRM has no value for this", field=min(plain)))
        written = _Written(command.external_id, {}, is_new=False)
        if body.content or not elements:
            headers = _precondition(command.precondition)
            row = self._api.write("PUT", self._subject.given.type, command.external_id, body.content, headers)
            if not isinstance(row, Mapping):
                return _failed(row, is_known=True)
            written.row = row
        self._write_children(written, elements, command.elements)
        return written

    def _archive(self, command: Archive) -> Answer:
        if command.precondition is not None and command.precondition.exact:
            row = self._api.one(self._subject.given.type, command.external_id)
            if isinstance(row, Trouble):
                return Refused(row)
            if isinstance(row, Missing) or str(row.get(VERSION)) != command.precondition.token:
                return Refused(Trouble(Next.CONFLICT, "changed-meanwhile", "the record has changed since it was read"))
        ended = self._api.write("DELETE", self._subject.given.type, command.external_id, None, {})
        return Accepted(command.external_id) if isinstance(ended, Mapping) else _failed(ended, is_known=True)

    def _write_children(
        self, written: _Written, elements: Mapping[str, Mapping[str, Value]], known: Mapping[str, str]
    ) -> None:
        """Write the changed elements of a list. What fails here is seen when the record is read back."""
        children = self._subject.given.children
        collection = self._subject.mapping.collection(self._subject.collection)
        if children is None or collection is None or not elements:
            return
        written.has_children = True
        for key, values in elements.items():
            self._write_child(children, written.external_id, self._child(collection, values), values, known.get(key))

    def _write_child(
        self, children: Children, parent: str, body: dict[str, Any], values: Mapping[str, Value], child: str | None
    ) -> None:
        if values.get("") is False:
            if child is not None and children.remove == "delete":
                self._api.write("DELETE", children.type, child, None, {})
            elif child is not None:
                self._api.write("PUT", children.type, child, {children.parent: None}, {})
            return
        if child is None:
            self._api.write("POST", children.type, None, {**body, children.parent: parent}, {})
        elif body:
            self._api.write("PUT", children.type, child, body, {})

    def _child(self, collection: Collection, values: Mapping[str, Value]) -> dict[str, Any]:
        body = element_body(self._subject.entity, collection, values, self._subject.habits)
        return _with_name_in_two(body) if collection.name == "contacts" else body

    def _read_back(self, written: Sequence[_Written]) -> Mapping[str, Observation]:
        found = self._reader.fetch([each.external_id for each in written]) if written else {}
        shown = {} if isinstance(found, Trouble) else found
        return {each: now for each, now in shown.items() if isinstance(now, Observation)}

    def _answer(self, written: _Written, read_back: Mapping[str, Observation]) -> Answer:
        if written.has_children:
            now = read_back.get(written.external_id)
            if now is None:
                return Unknown("written, but it could not be read back whether its parts were too")
            return Stored(written.external_id, replace(now, source=Source.ANSWER))
        shown = self._subject.observed(written.row, Source.ANSWER, is_answer=written.is_new)
        is_state = isinstance(shown, Observation) and shown.external_id == written.external_id and not shown.deleted
        return (
            Stored(written.external_id, shown)
            if is_state and isinstance(shown, Observation)
            else Accepted(written.external_id)
        )


def _failed(ended: Trouble | Unsure, *, is_known: bool = False) -> Answer:
    if isinstance(ended, Unsure):
        return Unknown(ended.reason)
    return Refused(replace(ended, next=Next.CONFLICT) if is_known and ended.code in _GONE else ended)


def _precondition(revision: Revision | None) -> Mapping[str, str]:
    return {"X-Version-Number": revision.token} if revision is not None and revision.exact else {}


def _with_name_in_two(body: dict[str, Any]) -> dict[str, Any]:
    """Return a contact's body with first and last name: Espo makes the whole name of them itself."""
    if "name" not in body:
        return body
    first, _, last = str(body.pop("name") or "").strip().rpartition(" ")
    return {"firstName": first or None, "lastName": last, **body}
