"""From commands to calls: address, body, precondition; what cannot be sent is refused before any call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.connectors.mapping import ID, for_create, for_update, needs_raw
from shared.connectors.rest import addresses
from shared.connectors.rest.looking_up import fetch_whole
from shared.connectors.rest.observing import revision_of
from shared.connectors.rest.route import Route
from shared.connectors.rest.specs import ArchiveSpec
from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Next, Refused, Revision, Trouble
from shared.core.values import Reference


@dataclass(frozen=True, slots=True)
class Sending:
    """One command, ready to go: its body, the revision of its precondition, and texts that no message may show."""

    command: Command
    op: str
    method: str
    address: str
    fields: Any = field(default=None, repr=False)
    revision: Revision | None = None
    hide: tuple[str, ...] = field(default=(), repr=False)

    @property
    def external_id(self) -> str | None:
        """Return the partner's id of the record, if it has one yet."""
        return None if isinstance(self.command, Create) else self.command.external_id


def prepared(route: Route, commands: Sequence[Command]) -> list[Sending | Refused]:
    """Return each command as it will be sent, or why it cannot be; reads in bulk what must be sent back."""
    trouble = _read_what_is_sent_back(route, commands)
    if trouble is not None:
        return [Refused(trouble)] * len(commands)
    return [_prepared(route, command) for command in commands]


def precondition(route: Route, revision: Revision | None) -> Mapping[str, str]:
    """Return the header that makes a write conditional; none without an exact revision."""
    spec = route.given.revision
    if revision is None or spec is None or not revision.exact:
        return {}
    token = revision.token
    is_tag = token.startswith(('"', 'W/"')) or spec.header.lower() != "if-match"
    return {spec.header: token if is_tag else f'"{token}"'}


def referred(route: Route, commands: Sequence[Command]) -> Iterator[Reference]:
    """Yield one reference per entity whose ids are spelled in a way that is not known yet."""
    asked: set[str] = set()
    for command in commands:
        for path, value in () if isinstance(command, Archive) else command.fields.items():
            if not isinstance(value, Reference) or value.entity in asked or not value.external_id.isdecimal():
                continue
            asked.add(value.entity)
            ours = path if "[" not in path else f"{path.partition('[')[0]}[].{path.rpartition('.')[2]}"
            if route.habits.get(route.entity, ours) is None and route.habits.get(value.entity, ID) is None:
                yield value


def _read_what_is_sent_back(route: Route, commands: Sequence[Command]) -> Trouble | None:
    """Read, in bulk, the records of which an update must send a part back and which were not shown just now."""
    if route.given.abilities.isdisjoint({"read", "list"}):
        return None
    wanted = [
        command.external_id
        for command in commands
        if isinstance(command, Update) and _wants_raw(route, command) and _raw(route, command) is None
    ]
    shown = fetch_whole(route, wanted) if wanted else {}
    return shown if isinstance(shown, Trouble) else None


def _wants_raw(route: Route, update: Update) -> bool:
    return route.puts or needs_raw(route.mapping, update.fields, merges=route.given.merges)


def _raw(route: Route, update: Update) -> Mapping[str, Any] | None:
    """Return the record as it was just shown, if it is at the revision on which the update builds."""
    raw = route.recent.get(update.external_id)
    wanted = update.precondition
    if raw is None or wanted is None or not wanted.exact:
        return raw
    shown = revision_of(route.given.revision, raw, {})
    return raw if shown is None or shown.token == wanted.token else None


def _prepared(route: Route, command: Command) -> Sending | Refused:
    op = type(command).__name__.lower()
    if op not in route.given.abilities:
        return _refused("unsupported", f"{route.entity} takes no {op}")
    if isinstance(command, Create):
        body = for_create(route.mapping, command.fields, command.record_id, route.habits)
        return Sending(command, op, "POST", route.given.path, body.content, hide=_texts(command))
    if isinstance(command, Archive):
        return _archive(route, command)
    return _update(route, command)


def _update(route: Route, command: Update) -> Sending | Refused:
    raw = _raw(route, command)
    can_read = not route.given.abilities.isdisjoint({"read", "list"})
    if raw is None and (route.puts or (can_read and _wants_raw(route, command))):
        return _refused("cannot-read", "a part of the record must be sent back and could not be read", Next.CONFLICT)
    body = for_update(
        route.mapping,
        command,
        raw,
        route.habits,
        merges=route.given.merges,
        whole=route.puts,
    )
    if set(body.left_out) >= set(command.fields):
        return _refused("no-such-value", "the partner has no value for this", field=body.left_out[0])
    address = addresses.below(route.given.path, command.external_id)
    method = "PUT" if route.puts else route.given.update or "PATCH"
    return Sending(command, "update", method, address, body.content, command.precondition, _texts(command))


def _archive(route: Route, command: Archive) -> Sending:
    spec = route.given.archive or ArchiveSpec()
    address = addresses.below(route.given.path, command.external_id)
    if spec.path:
        address = addresses.lookup(route.given.path, spec.path, command.external_id)
    content = dict(spec.set) if spec.set else None
    method = "PATCH" if spec.set and spec.method == "DELETE" else spec.method
    return Sending(command, "archive", method, address, content, command.precondition)


def _refused(code: str, why: str, what: Next = Next.PERMANENT, field: str | None = None) -> Refused:
    return Refused(Trouble(what, code, why, field=field))


def _texts(command: Create | Update) -> tuple[str, ...]:
    return tuple(value for value in command.fields.values() if isinstance(value, str) and len(value) > len("abc"))
