"""What becomes of a write: refused, lost on its way there or back, landed late, without effect, or answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.core.commands import Archive, Command, Create, Update
from shared.core.entities import referred
from shared.core.observations import Accepted, Answer, Next, Observation, Refused, Source, Stored, Trouble, Unknown
from shared.core.paths import element_of, element_path, listed, pattern
from shared.core.records import Verb
from shared.core.values import Digest, Reference, Value, digest
from tests.simulation.kinds import APPLY_SECONDS, FIELDS
from tests.simulation.truth import ASKED, Doubled, Place
from tests.simulation.windows import APPLIED_LATE, OVERWRITTEN

if TYPE_CHECKING:
    from tests.simulation.connector import Connector

Reads = Mapping[Place, float]
"""When the worker that writes last read each row."""

VERBS = {Create: Verb.CREATE, Update: Verb.UPDATE, Archive: Verb.ARCHIVE}
TIME_OUT = 10.0
LONGEST_ZOMBIE = 30.0
CONFLICT = Trouble(Next.CONFLICT, "412", "the record was changed there")
REFUSES = {
    "refused 400": Trouble(Next.PERMANENT, "400", "the partner refuses this for good"),
    "refused 503": Trouble(Next.RETRYABLE, "503", "not now", whole_system=False),
    "throttled": Trouble(Next.THROTTLED, "429", "too many calls", wait_seconds=5.0, whole_system=True),
}


KEY_PATHS = {"customer": "email", "product": "sku", "order": "number"}
"""By which field people of two systems know that they have the same record."""


class Landing:
    """Where the writes of one connector land."""

    def __init__(self, connector: Connector) -> None:
        """Carry writes out at the connector's partner."""
        self._connector, self._partner, self._kind = connector, connector.partner, connector.kind
        self._stage, self._chance = connector.stage, connector.chance
        self._dice = self._stage.chance.of(f"connector {connector.name}")
        self.landed: set[tuple[Place, str, Digest]] = set()
        self.carried: dict[tuple[str, str], Verb] = {}

    def one(self, entity: str, command: Command, reads: Reads) -> Answer:
        """Carry out one command of a call, unless it is refused or lost; answer as the partner does, if it does."""
        for fault, trouble in REFUSES.items():
            if fault != "throttled" and self._chance.strikes(fault):
                return Refused(trouble)
        if self._chance.strikes("request lost"):
            return Unknown("time-out")
        if self._chance.strikes("zombie request"):
            late = self._dice.uniform(TIME_OUT, LONGEST_ZOMBIE)
            self._stage.after(late, lambda: self._land_late(entity, command, reads))
            return Unknown("time-out")
        answer = self._land(entity, command, reads)
        if self._chance.strikes("reply lost"):
            return Unknown("reset")
        return answer

    def _land_late(self, entity: str, command: Command, reads: Reads) -> None:
        answer = self._land(entity, command, reads)
        self._stage.tell(f"  (late) {self._partner.name} carried out {_brief(command)}: {type(answer).__name__}")

    def _land(self, entity: str, command: Command, reads: Reads) -> Answer:
        self._partner.truth.writes += 1
        self._check_taken(entity, command)
        refused = self._refusal(entity, command)
        if refused is not None:
            self._chance.note(f"refused {refused.code}")
            return Refused(refused)
        self.carried.setdefault((entity, command.record_id), VERBS[type(command)])
        if isinstance(command, Create):
            fields = self._own(command.fields, {})
            there = self.standing(entity, fields, reads)
            name = self._partner.create(entity, fields, command.record_id, command.record_id)
            self.note_landed(entity, name, fields)
            self.note_doubled(entity, name, command.record_id, there)
        elif isinstance(command, Archive):
            name = command.external_id
            self._partner.archive(entity, name)
        else:
            name = command.external_id
            self._change(entity, command, reads)
        self._connector.touch("edit after our write", entity, name, 2.0)
        return self._answer(entity, name)

    def standing(self, entity: str, fields: Mapping[str, Value], reads: Reads) -> list[str]:
        """Return the rows that people made and that showed one of these keys before the writer last asked for it."""
        path, partner = KEY_PATHS[entity], self._partner
        wanted, asked_at = _comparable(fields.get(path)), reads.get(partner.place(entity, ASKED), self._stage.seconds)
        if not wanted or not self._kind.can_be_asked:
            return []
        found = []
        for name in partner.ids(entity):
            place, row = partner.place(entity, name), partner.rows[entity, name]
            edits = partner.truth.by_field.get((place, path))
            since = max(row.made_at + self._kind.find_lag, edits[-1].at if edits else 0.0)
            by_people = place in partner.truth.persons and row.reference is None and place not in partner.truth.restored
            if (entity, name) in self._partner.forgotten:
                continue  # the system itself does not know that it has it
            if by_people and since < asked_at and _comparable(row.fields.get(path)) == wanted:
                found.append(name)
        return found

    def note_doubled(self, entity: str, name: str, record_id: str, there: list[str]) -> None:
        """Note that a row of ours was made beside others."""
        place, at = self._partner.place, self._stage.seconds
        doubled = [Doubled(record_id, place(entity, name), place(entity, other), at) for other in there]
        self._partner.truth.doubled += doubled

    def _change(self, entity: str, command: Update, reads: Reads) -> None:
        fields = self._own(self._without_new(command), command.elements)
        kind = self._kind
        self.note_landed(entity, command.external_id, fields)
        now = {p: v for p, v in fields.items() if pattern(p) not in kind.ignores and pattern(p) not in kind.late}
        later = {p: v for p, v in fields.items() if pattern(p) in kind.late}
        self.note_overwritten(entity, command.external_id, now, self._row(entity, command.external_id), reads)
        if len(now) + len(later) < len(fields):
            self._chance.note("write ignored")
        before = self._row(entity, command.external_id)
        if now and all(before.get(path) == value for path, value in now.items()):
            self._partner.truth.repeated[self._partner.name] += 1
        if now or not later:
            self._partner.update(entity, command.external_id, now)
        if later:
            self._chance.note("applied late")
            self._stage.after(APPLY_SECONDS - 1, lambda: self._apply_late(entity, command.external_id, later, reads))

    def _without_new(self, command: Update) -> Mapping[str, Value]:
        """Return what is sent without the new elements that this kind of partner silently ignores."""
        elements = {path: element_of(path) for path in command.fields}
        ignored = [
            path
            for path, element in elements.items()
            if element and element.collection in self._kind.takes_no_new and element.key not in command.elements
        ]
        if ignored:
            self._chance.note("new element ignored")
        return {path: value for path, value in command.fields.items() if path not in ignored}

    def _apply_late(self, entity: str, name: str, fields: Mapping[str, Value], reads: Reads) -> None:
        if not self._partner.rows[entity, name].is_deleted:
            self.note_overwritten(entity, name, fields, self._row(entity, name), reads, is_late=True)
            self._partner.update(entity, name, fields)

    def note_landed(self, entity: str, name: str, fields: Mapping[str, Value]) -> None:
        """Note what a write of ours put into a row."""
        place = self._partner.place(entity, name)
        self.landed.update((place, path, digest(value)) for path, value in fields.items())

    def _row(self, entity: str, name: str) -> Mapping[str, Value]:
        return self._partner.rows[entity, name].fields

    def note_overwritten(
        self,
        entity: str,
        name: str,
        fields: Iterable[str],
        before: Mapping[str, Value],
        reads: Reads,
        *,
        is_late: bool = False,
    ) -> None:
        """Note which edits of people this write of ours replaces, and whether we could have known them.

        A partner that applies a change later than it answers does so whatever its precondition said.
        """
        place = self._partner.place(entity, name)
        for path in fields:
            edits = self._partner.truth.by_field.get((place, path))
            shown_at = self._partner.truth.shown_at.get((place, path), -1.0)
            is_hidden = self._partner.place(entity, f"{name}#{path}") in reads
            is_hidden = is_hidden and edits is not None and shown_at < edits[-1].at
            read_at = -1.0 if is_hidden else reads.get(place, -1.0)
            if edits and edits[-1].value == before.get(path) and edits[-1].at > read_at:
                guarded = self._kind.is_exact and not self._kind.is_apart(path) and not is_late and not is_hidden
                if read_at < 0 and not guarded and not is_late:
                    edits[-1].landed_blindly = True
                elif not guarded:
                    edits[-1].window = APPLIED_LATE if is_late else OVERWRITTEN

    def _refusal(self, entity: str, command: Command) -> Trouble | None:
        if isinstance(command, Create):
            return self._refused_fields(entity, command) or self._taken_number(entity, command)
        row = self._partner.rows.get((entity, command.external_id))
        if row is None or row.is_deleted or (entity, command.external_id) in self._partner.forgotten:
            return Trouble(Next.CONFLICT, "404", "it is not there")
        guard = command.precondition if self._kind.has_precondition else None
        if guard is not None and guard.token != self._partner.token(row):
            return CONFLICT
        return self._refused_fields(entity, command) if isinstance(command, Update) else None

    def _refused_fields(self, entity: str, command: Create | Update) -> Trouble | None:
        rejected = next((path for path in command.fields if path in self._kind.rejects), None)
        if rejected is not None and isinstance(command, Update):
            return Trouble(Next.PERMANENT, "rejected", f"{rejected} is not taken", field=rejected)
        for path, value in command.fields.items():
            if value is not None and referred(entity, path) and not isinstance(value, Reference):
                self._note_orphan(command, value)
            if isinstance(value, Reference):
                parent = self._partner.rows.get((value.entity, value.external_id))
                if parent is None or value.system != self._partner.name:
                    self._note_orphan(command, value)
                if parent is None or parent.is_deleted:
                    return Trouble(Next.PERMANENT, "parent gone", "what it refers to is not there")
        return None

    def _note_orphan(self, command: Command, parent: Value) -> None:
        self._partner.truth.violations.append(
            f"7 no child before its parent: {self._partner.name} was sent {_brief(command)} with {parent}"
        )

    def _taken_number(self, entity: str, command: Create) -> Trouble | None:
        unique = {"product": "sku", "order": "number"}.get(entity)
        if unique is None or not self._kind.keeps_numbers_apart:
            return None
        wanted = command.fields.get(unique)
        known = (name for name in self._partner.ids(entity) if (entity, name) not in self._partner.forgotten)
        rows = [self._partner.rows[entity, name] for name in known]
        if wanted is not None and any(row.fields.get(unique) == wanted for row in rows):
            return Trouble(Next.CONFLICT, "taken", "the number is taken there")
        return None

    def _check_taken(self, entity: str, command: Command) -> None:
        fields = {} if isinstance(command, Archive) else command.fields
        wrong = [path for path in fields if not listed(FIELDS[entity], path)]
        if wrong:
            self._partner.truth.violations.append(f"13 not meant for {self._partner.name}: {wrong}")

    def _own(self, fields: Mapping[str, Value], elements: Mapping[str, str]) -> dict[str, Value]:
        """Return fields under the partner's own element ids, spelled as it spells them."""
        names = dict(elements)
        for element in map(element_of, reversed([*fields]) if self._kind.names_backwards else ()):
            if element is not None and element.key not in names:
                names[element.key] = self._partner.new_element()
        found: dict[str, Value] = {}
        for path, value in fields.items():
            element = element_of(path)
            own = path
            if element is not None:
                if element.key not in names:
                    names[element.key] = self._partner.new_element()
                own = element_path(element.collection, names[element.key], element.field)
            found[own] = self._kind.spelled(pattern(path), value)
        if self._kind.confirms and found.get("status") == "placed":
            found["status"] = "confirmed"
        return found

    def _answer(self, entity: str, name: str) -> Answer:
        shown = self._connector.looked(entity, name, None, Source.ANSWER)
        if self._kind.answers == "nothing":
            return Unknown("500, though it was done")
        if not isinstance(shown, Observation):
            return Accepted(name)
        if self._kind.answers == "stored":
            return Stored(name, shown)
        if self._kind.answers == "sparse":
            fields = {path: value for path, value in shown.fields.items() if self._dice.random() < 0.7}
            return Stored(name, replace(shown, fields=fields, complete=False, collections=frozenset()))
        return Accepted(name, shown.revision if self._kind.answers == "revision" else None)


def _comparable(value: Value) -> str:
    return value.strip().casefold() if isinstance(value, str) else ""


def _brief(command: Command) -> str:
    fields = {} if isinstance(command, Archive) else dict(command.fields)
    return f"{type(command).__name__} {command.record_id[:4]} {fields}"
