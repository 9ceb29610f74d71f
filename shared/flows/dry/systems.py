"""Outside systems of a dry installation: they are read as they are, and every write ends here.

A write is answered as by a system that did exactly what it was told and changed nothing else, so that what follows
from it (a child that waits for its parent) is computed too. What a system makes of a write by itself, such as a number
that it assigns, is not foreseen. What was written is shown again wherever the record is read later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from shared.core.commands import Archive, Command, Create, Update
from shared.core.integration import Integration
from shared.core.observations import (
    NO_BUDGET,
    Accepted,
    Answer,
    Gone,
    Invalid,
    Observation,
    Shown,
    Source,
    Stored,
    Trouble,
)
from shared.core.paths import element_of, element_path, listed
from shared.core.values import Value
from shared.ports.system import Key, Listing, Page, System, Systems, Webhooks

_Answer = TypeVar("_Answer")

PLANNED = "planned:"
"""How the external id of a record that would be created begins; our record id follows."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A write that was not made: to which system it would have gone, and what that shows now, where it can be read."""

    system: str
    entity: str
    command: Command
    now: Observation | None


@dataclass(slots=True)
class _Pretended:
    """What a record of a system would show: these fields in place of its own, these elements no more, or nothing."""

    fields: dict[str, Value] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    is_gone: bool = False


class DrySystems:
    """The systems by name, each made once; `refused` holds every write that was not made, in order."""

    def __init__(self, base: Systems, integration: Integration) -> None:
        """Make nothing yet."""
        self._base, self._integration = base, integration
        self._made: dict[str, DrySystem] = {}
        self.refused: list[Refused] = []
        self.unread: dict[tuple[str, str], Trouble] = {}

    def system(self, name: str) -> DrySystem:
        """Return a system that is read and never written."""
        if name not in self._made:
            self._made[name] = DrySystem(name, self._base.system(name), self._integration, self)
        return self._made[name]

    def webhooks(self, name: str) -> Webhooks | None:  # noqa: ARG002  # the port's shape
        """Return nothing: a dry run receives no webhook."""
        return None


class DrySystem:
    """One system: reads go through, writes are kept and answered here."""

    def __init__(self, name: str, base: System, integration: Integration, kept: DrySystems) -> None:
        """Begin as the system is."""
        self.name = name
        self._base, self._integration, self._kept = base, integration, kept
        self._pretended: dict[tuple[str, str], _Pretended] = {}

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed."""
        return self._heard(entity, self._base.changed_since(entity, cursor))

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records, as they are."""
        return self._heard(entity, self._base.list(entity, cursor))

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown now, with what would have been written."""
        real = [each for each in ids if not each.startswith(PLANNED)]
        shown = self._heard(entity, self._base.fetch(entity, real)) if real else {}
        if isinstance(shown, Trouble):
            return shown
        bare = {each: Observation(self.name, entity, each, complete=False) for each in ids if each not in real}
        return {each: self._as_written(entity, what) for each, what in {**shown, **bare}.items()}

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return the live records that show a key now, with what would have been written."""
        found = self._heard(entity, self._base.find(entity, keys))
        if isinstance(found, Trouble):
            return found
        return {key: tuple(self._alive(entity, some)) for key, some in found.items()}

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Keep the commands, write nothing, and answer each as a system that did as it was told."""
        now = self._now(entity, commands)
        for each in commands:
            self._kept.refused.append(Refused(self.name, entity, each, _before(each, now)))
        return [self._answer(entity, each, _before(each, now)) for each in commands]

    # -- reading -----------------------------------------------------------------------------------------------------

    def _heard(self, entity: str, answer: _Answer | Trouble) -> _Answer | Trouble:
        if not isinstance(answer, Trouble):
            return answer
        told = _without_room(answer) if answer.code == NO_BUDGET else answer
        self._kept.unread[self.name, entity] = told
        return told

    def _now(self, entity: str, commands: Sequence[Command]) -> Mapping[str, Observation]:
        """Return what the records of these commands show now, as far as it can be read."""
        if not self._integration.rules(entity).systems[self.name].can_read:
            return {}
        ids = [each.external_id for each in commands if not isinstance(each, Create)]
        size = max(1, self._integration.strand(self.name, entity).fetch_size)
        found: dict[str, Observation] = {}
        for start in range(0, len(ids), size):
            some = self.fetch(entity, ids[start : start + size])
            if not isinstance(some, Trouble):
                found.update({each: what for each, what in some.items() if isinstance(what, Observation)})
        return found

    def _as_written(self, entity: str, shown: Shown) -> Shown:
        pretended = self._pretended.get((entity, shown.external_id))
        if pretended is None or not isinstance(shown, Observation):
            return shown
        if pretended.is_gone:
            return Gone(shown.external_id)
        fields = {path: value for path, value in shown.fields.items() if not _is_of(path, pretended.removed)}
        return replace(shown, fields={**fields, **pretended.fields}, revision=None)

    def _alive(self, entity: str, some: Iterable[Observation | Invalid]) -> Iterable[Observation | Invalid]:
        for each in some:
            shown = self._as_written(entity, each)
            if not isinstance(shown, Gone):
                yield shown

    # -- writing -----------------------------------------------------------------------------------------------------

    def _answer(self, entity: str, command: Command, before: Observation | None) -> Answer:
        external_id = f"{PLANNED}{command.record_id}" if isinstance(command, Create) else command.external_id
        pretended = self._pretended.setdefault((entity, external_id), _Pretended())
        if isinstance(command, Archive):
            pretended.is_gone = True
            return Accepted(external_id)
        touched = frozenset(element.collection for element in map(element_of, command.fields) if element is not None)
        sent, removed = self._sent(entity, command)
        beside = _elements(before, touched) if before is not None else {}
        fields = {path: value for path, value in beside.items() if not _is_of(path, removed)} | sent
        pretended.fields = {p: v for p, v in pretended.fields.items() if not _is_of(p, removed)} | fields
        pretended.removed |= removed
        shown = Observation(
            self.name, entity, external_id, fields, None, None, touched, complete=False, source=Source.ANSWER
        )
        return Stored(external_id, shown)

    def _sent(self, entity: str, command: Create | Update) -> tuple[dict[str, Value], set[str]]:
        """Return what the record would show of what was sent, with what is linked of the touched collections, under
        the system's element ids, and the elements that would be gone. What of the record stands there under no id that
        is known (a person is asked which it is) is not sent again beside it."""
        elements: Mapping[str, str] = command.elements if isinstance(command, Update) else {}
        carries = self._integration.rules(entity).systems[self.name].carries
        whole = command.whole if isinstance(command, Update) else {}
        linked = {path: value for path, value in whole.items() if _is_linked(path, elements) and listed(carries, path)}
        sent = {**linked, **command.fields}
        gone = {path for path, value in sent.items() if _is_element(path) and value is False}
        fields = {_theirs(path, elements): value for path, value in sent.items() if not _is_of(path, gone)}
        return fields, {_theirs(path, elements) for path in gone}


def _before(command: Command, now: Mapping[str, Observation]) -> Observation | None:
    return None if isinstance(command, Create) else now.get(command.external_id)


def _elements(shown: Observation, collections: Collection[str]) -> dict[str, Value]:
    """Return all that is shown of these collections."""
    found = {path: element_of(path) for path in shown.fields}
    return {path: shown.fields[path] for path, each in found.items() if each and each.collection in collections}


def _is_linked(path: str, elements: Mapping[str, str]) -> bool:
    element = element_of(path)
    return element is not None and element.key in elements


def _is_element(path: str) -> bool:
    element = element_of(path)
    return element is not None and not element.field


def _is_of(path: str, elements: Iterable[str]) -> bool:
    """Tell whether a path is one of these elements, or a field of one."""
    element = element_of(path)
    return element is not None and element_path(element.collection, element.key) in elements


def _theirs(path: str, elements: Mapping[str, str]) -> str:
    element = element_of(path)
    if element is None:
        return path
    return element_path(element.collection, elements.get(element.key, f"{PLANNED}{element.key}"), element.field)


def _without_room(trouble: Trouble) -> Trouble:
    """Return what a run would come again for as a patience of the system's: a plan has waited as long as it could."""
    return replace(trouble, code="no-time-left", message="its quota is used, and a plan has no time to wait for more")
