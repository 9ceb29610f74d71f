"""Cases: everything that a person may have to look at, one by one: parked and failing links, held fields, notes.

A case has an id that says what it is about: `<record>:<system>` a link, `<record>:<system>:<path>` a held field,
`<system>:<entity>:<external id>` a partner's record that is noted. It is safe in a URL and on a command line. Cases of
one cause have one *fingerprint*, so that who has put the cause right can try them all again, and nothing else.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.owed import is_archive_owed, owed
from shared.core.paths import pattern
from shared.core.records import Held, Link, Record
from shared.core.remedies import REMEDIES, Kind, Remedy, kind_of_held, kind_of_parked
from shared.core.rules import EntityRules
from shared.core.values import Value


class State(StrEnum):
    """Whether a person is needed (parked, held), or it is tried again by itself."""

    PARKED = "parked"
    HELD = "held"
    FAILING = "failing"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class LinkCase:
    """What an id of a case names: a record in a system, or one field of it."""

    record_id: str
    system: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class NoteCase:
    """What an id of a case names: a partner's record."""

    system: str
    entity: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `owed` are the values that wait for it (of a held field: the wish), `candidates` what may be chosen:
    external ids for a link, our record ids for a note. `first_at` and `last_at` are the first and the last failure."""

    id: str
    state: State
    kind: Kind
    system: str
    entity: str
    record_id: str
    external_id: str
    code: str
    message: str
    first_at: datetime
    last_at: datetime
    attempts: int = 0
    field: str | None = None
    due_at: datetime | None = None
    owed: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    parent: str = ""

    @property
    def fingerprint(self) -> str:
        """Return what the cases of one cause have in common: system, entity, kind, code and field (its pattern)."""
        parts = (self.system, self.entity, self.kind.value, self.code, pattern(self.field or ""))
        return ".".join(re.sub(r"[^a-z0-9_-]+", "-", part.lower()).strip("-") or "-" for part in parts)

    @property
    def remedy(self) -> Remedy:
        """Return what the case means and what may be done."""
        return REMEDIES[self.kind]


def case_id(about: LinkCase | NoteCase) -> str:
    """Return the id of a case; what is not plain in an external id or a path is escaped as `~` and two hex digits."""
    if isinstance(about, NoteCase):
        parts = [about.system, about.entity, about.external_id]
    else:
        parts = [about.record_id, about.system, *([about.path] if about.path else [])]
    return ":".join(_escaped(part) for part in parts)


def case_named(text: str) -> LinkCase | NoteCase | None:
    """Return what an id of a case names; nothing for a text that is none."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or not all(_PLAIN.fullmatch(part) for part in parts):
        return None
    try:
        found = [_ESCAPE.sub(_unescape, part).encode("latin-1").decode() for part in parts]
    except UnicodeDecodeError:
        return None
    if is_record_id(found[0]):
        return LinkCase(*found)
    return NoteCase(*found) if len(found) == 3 else None


def is_record_id(text: str) -> bool:
    """Tell whether a text can be the id of a record of ours; nothing needs to be read to know that of any other."""
    return _RECORD.fullmatch(text) is not None


def cases_of(record: Record, rules: EntityRules | None) -> list[Case]:
    """Return the cases of a record: per system a parked or failing link and its held fields; none is left out if the
    entity takes part no more, but then nothing is known to be owed."""
    found: list[Case] = []
    for system, link in sorted(record.links.items()):
        values = {} if rules is None else _owed(record, system, rules)
        if link.parked is not None:
            found.append(_parked(record, system, link, values))
        elif link.failure is not None:
            found.append(_failing(record, system, link, values))
        found += [_held(record, system, path, held) for path, held in sorted(link.held.items())]
    return found


def _parked(record: Record, system: str, link: Link, values: Mapping[str, Value]) -> Case:
    parked = link.parked
    assert parked is not None
    return Case(
        id=case_id(LinkCase(record.id, system)),
        state=State.PARKED,
        kind=kind_of_parked(parked),
        system=system,
        entity=record.entity,
        record_id=record.id,
        external_id=link.external_id or "",
        code=parked.code,
        message=parked.reason,
        first_at=link.failure.first if link.failure else parked.since,
        last_at=parked.since,
        attempts=link.attempts,
        field=parked.field,
        owed=values,
        candidates=parked.candidates,
        parent=parked.parent or "",
    )


def _failing(record: Record, system: str, link: Link, values: Mapping[str, Value]) -> Case:
    failure = link.failure
    assert failure is not None
    return Case(
        id=case_id(LinkCase(record.id, system)),
        state=State.FAILING,
        kind=Kind.FAILING,
        system=system,
        entity=record.entity,
        record_id=record.id,
        external_id=link.external_id or "",
        code=failure.code,
        message=failure.message or failure.code,
        first_at=failure.first,
        last_at=failure.last,
        attempts=link.attempts,
        field=failure.field,
        due_at=link.due_at,
        owed=values,
    )


def _held(record: Record, system: str, path: str, held: Held) -> Case:
    link = record.link(system)
    return Case(
        id=case_id(LinkCase(record.id, system, path)),
        state=State.HELD,
        kind=kind_of_held(held),
        system=system,
        entity=record.entity,
        record_id=record.id,
        external_id=link.external_id or "",
        code=held.code,
        message=held.reason,
        first_at=held.since,
        last_at=held.since,
        field=path,
        owed={path: record.value(path)},
    )


def _owed(record: Record, system: str, rules: EntityRules) -> Mapping[str, Value]:
    return {"": "archive"} if is_archive_owed(record, system, rules) else owed(record, system, rules)


_RECORD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN = re.compile(r"(?:[A-Za-z0-9_.-]|~[0-9a-f]{2})+")
_ESCAPE = re.compile(r"~([0-9a-f]{2})")


def _escaped(part: str) -> str:
    return "".join(
        chr(byte) if _PLAIN.fullmatch(chr(byte)) and byte < 128 else f"~{byte:02x}" for byte in part.encode()
    )


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
