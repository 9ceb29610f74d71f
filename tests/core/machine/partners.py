"""Model partners as plain values: rows, what people do to them, what is shown of them, and what a write does there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.core.commands import Archive, Command, Create
from shared.core.observations import Gone, Next, Observation, Revision, Source, Trouble
from shared.core.paths import element_of, element_path
from shared.core.values import Value

PLAIN = {
    "customer": ("name", "email", "phone", "credit_limit"),
    "order": ("number", "customer", "status"),
}
COLLECTIONS = {"customer": frozenset({"contacts"}), "order": frozenset({"lines"})}
PARTS = {"contacts": ("name", "email"), "lines": ("quantity", "unit_price")}
_NEVER = datetime.min.replace(tzinfo=UTC)
Place = tuple[str, str, str]
"""A row: system, entity, external id."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a partner is like: its revisions, whether it carries our reference, its spelling, what it ignores.

    Revisions are `exact` (and a precondition), `coarse` (several states share one), `backwards` (a later state may show
    a smaller one) or none; one that is `read stale` may show the state before, and says so.
    """

    revision: str = "exact"
    carries_reference: bool = True
    shouts: bool = False
    declares: bool = True
    ignores: frozenset[str] = frozenset()

    @property
    def is_exact(self) -> bool:
        """Tell whether a revision names one state, and guards a write."""
        return self.revision.startswith("exact")

    @property
    def reads_stale(self) -> bool:
        """Tell whether a fetch may show the state before."""
        return self.revision == "exact, read stale"


@dataclass(frozen=True, slots=True)
class Row:
    """One record as the partner keeps it; `made_for` is the record for which we made it."""

    fields: Mapping[str, Value]
    order: int
    stamp: datetime
    reference: str | None = None
    made_for: str | None = None
    is_deleted: bool = False
    before: Row | None = None


@dataclass(slots=True)
class Partner:
    """The rows of one system: when people typed what, when it was read, and what was overwritten unread (`blind`)."""

    name: str
    kind: Kind
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    typed: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    read: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    blind: list[str] = field(default_factory=list)
    _moments: int = 0
    _made: int = 0

    # -- people ------------------------------------------------------------------------------------------------------

    def enter(self, entity: str, fields: Mapping[str, Value], now: datetime, reference: str | None = None) -> str:
        """Make a record as a person does, perhaps as a copy that shows our reference; return its id."""
        name = self._new(entity, fields, now, reference, None)
        self.typed.update({(entity, name, path): self.rows[entity, name].stamp for path in fields})
        return name

    def edit(self, entity: str, name: str, fields: Mapping[str, Value], now: datetime) -> None:
        """Change fields as a person does."""
        self._change(entity, name, fields, now)
        self.typed.update({(entity, name, path): self.rows[entity, name].stamp for path in fields})

    def note_read(self, shown: Observation) -> None:
        """Note that the core was given these values."""
        for path in shown.fields:
            if shown.modified_at is not None:
                self.read[shown.entity, shown.external_id, path] = shown.modified_at

    def _change(self, entity: str, name: str, fields: Mapping[str, Value], now: datetime) -> None:
        """Change fields; an element set to False goes with all its fields."""
        row = self.rows[entity, name]
        kept = dict(row.fields)
        for path, value in fields.items():
            element = element_of(path)
            if value is False and element is not None:
                kept = {p: v for p, v in kept.items() if p != path and not p.startswith(path + ".")}
            else:
                kept[path] = self.spelled(path, value)
        self._put(entity, name, replace(row, fields=kept), now)

    def end(self, entity: str, name: str, now: datetime, *, is_deleted: bool = True) -> None:
        """Delete a record, or bring it back."""
        self._put(entity, name, replace(self.rows[entity, name], is_deleted=is_deleted), now)

    def new_name(self, prefix: str = "") -> str:
        """Return an id that nothing had before."""
        self._made += 1
        return f"{self.name}{prefix}{self._made}"

    def spelled(self, path: str, value: Value) -> Value:
        """Return a value as this partner writes it."""
        return value.upper() if self.kind.shouts and path == "name" and isinstance(value, str) else value

    # -- the port ----------------------------------------------------------------------------------------------------

    def observe(
        self, entity: str, name: str, source: Source = Source.FETCHED, *, stale: bool = False
    ) -> Observation | Gone:
        """Return what is shown of a row, now or as it was before: every mapped field, nothing where it is empty."""
        row = self.rows[entity, name]
        row = row.before if stale and self.kind.reads_stale and row.before else row
        if row.is_deleted:
            return Gone(name)
        return Observation(
            self.name,
            entity,
            name,
            _whole(entity, row.fields),
            self._revision(row),
            row.stamp,
            COLLECTIONS[entity],
            reference=row.reference,
            source=source,
        )

    def write(self, entity: str, command: Command, now: datetime) -> str | Trouble:
        """Carry a command out; return the id of its row, or why it was surely not applied."""
        if isinstance(command, Create):
            kept = command.record_id if self.kind.carries_reference else None
            return self._new(entity, self._named(self._heeded(command.fields), {}), now, kept, command.record_id)
        row = self.rows[entity, command.external_id]
        if row.is_deleted:
            return Trouble(Next.CONFLICT, "gone")
        if command.precondition is not None and command.precondition.token != str(row.order):
            return Trouble(Next.CONFLICT, "changed meanwhile")
        if isinstance(command, Archive):
            self.end(entity, command.external_id, now)
            return command.external_id
        fields = self._named(self._heeded(command.fields), command.elements)
        for place in ((entity, command.external_id, path) for path in fields):
            if place in self.typed and self.typed[place] > self.read.get(place, _NEVER):
                self.blind.append(f"{self.name} {place}")
        self._change(entity, command.external_id, fields, now)
        return command.external_id

    def ids(self, entity: str, *, deleted: bool = False) -> list[str]:
        """Return the ids of rows that stand, or that are deleted."""
        return [name for (kind, name), row in self.rows.items() if kind == entity and row.is_deleted is deleted]

    # -- how ---------------------------------------------------------------------------------------------------------

    def _new(
        self, entity: str, fields: Mapping[str, Value], now: datetime, reference: str | None, made_for: str | None
    ) -> str:
        name = self.new_name()
        spelled = {path: self.spelled(path, value) for path, value in fields.items()}
        self._put(entity, name, Row(spelled, 0, now, reference, made_for), now)
        return name

    def _put(self, entity: str, name: str, row: Row, now: datetime) -> None:
        before = self.rows.get((entity, name))
        old = None if before is None else replace(before, before=None)
        self._moments += 1
        stamp = now + timedelta(microseconds=self._moments)
        self.rows[entity, name] = replace(row, order=row.order + 1, stamp=stamp, before=old)

    def _revision(self, row: Row) -> Revision | None:
        if self.kind.revision == "none":
            return None
        order = {"coarse": row.order // 3, "backwards": row.order - row.order * 7 % 5}.get(
            self.kind.revision, row.order
        )
        return Revision(str(order), order, exact=self.kind.is_exact)

    def _heeded(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        return {path: value for path, value in fields.items() if path not in self.kind.ignores}

    def _named(self, fields: Mapping[str, Value], elements: Mapping[str, str]) -> dict[str, Value]:
        """Return fields under the partner's element ids; an element of unknown key gets a new one."""
        names, found = dict(elements), dict[str, Value]()
        for path, value in fields.items():
            element = element_of(path)
            if element is None:
                found[path] = value
                continue
            theirs = names.setdefault(element.key, "") or self.new_name("-")
            names[element.key] = theirs
            found[element_path(element.collection, theirs, element.field)] = value
        return found


def _whole(entity: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    found: dict[str, Value] = dict.fromkeys(PLAIN[entity])
    for path in fields:
        element = element_of(path)
        if element is not None and not element.field:
            found.update(dict.fromkeys(f"{path}.{part}" for part in PARTS[element.collection]))
    return {**found, **fields}
