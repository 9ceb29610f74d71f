"""What stands between core and partners in the model: records, keys, and what becomes of an observation.

A step reads, asks the core and keeps what it decided, as the flows do; records and keys are plain dictionaries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.core.absorb import Absorbed, absorb, is_stale
from shared.core.decisions import Cause, Decision
from shared.core.keys import id_key
from shared.core.match import Candidate, Fetch, Linked, LookFirst, New, Open, Park, match, observed_keys
from shared.core.observations import Gone, Observation, Shown, Source
from shared.core.records import Record, Verb, record_id
from shared.core.rules import EntityRules
from shared.core.values import Reference
from tests.core.machine.partners import Partner
from tests.kit.clock import START


@dataclass(slots=True)
class Desk(ABC):
    """Records and keys; `broken` lists what a step has found that must not be, `checked` what was looked at since."""

    partners: dict[str, Partner]
    rules: Mapping[str, EntityRules]
    now: datetime = START
    records: dict[str, Record] = field(default_factory=dict)
    holding: dict[str, str] = field(default_factory=dict)
    parked: dict[str, str] = field(default_factory=dict)
    decisions: list[tuple[str, Decision]] = field(default_factory=list)
    newest: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    checked: dict[str, Record] = field(default_factory=dict)

    @abstractmethod
    def look(self, record: Record, system: str) -> None:
        """Find out what an intent whose lease has ended left behind."""

    # -- observations ------------------------------------------------------------------------------------------------

    def fetch(
        self, system: str, entity: str, name: str, only: frozenset[str] | None = None, *, stale: bool = False
    ) -> None:
        """Absorb what a system shows of a row now; `only` names the plain fields of a sparse answer."""
        shown = self._shown(system, entity, name, stale=stale)
        if isinstance(shown, Gone):
            shown = Observation(system, entity, name, deleted=True)
        elif only is not None and id_key(system, entity, name) in self.holding:
            fields = {path: value for path, value in shown.fields.items() if path in only}
            shown = replace(shown, fields=fields, complete=False, collections=frozenset())
        if not shown.references():
            self._take(shown)
        elif not all(self._may_come(each) for each in shown.references()):
            self.parked[id_key(system, entity, name)] = "what it refers to is parked or gone"

    def _may_come(self, parent: Reference) -> bool:
        is_parked = id_key(parent.system, parent.entity, parent.external_id) in self.parked
        return not is_parked and not self.partners[parent.system].rows[parent.entity, parent.external_id].is_deleted

    def _shown(
        self, system: str, entity: str, name: str, source: Source = Source.FETCHED, *, stale: bool = False
    ) -> Observation | Gone:
        """Return what is shown, references resolved; unknown parents are absorbed first."""
        shown = self.partners[system].observe(entity, name, source, stale=stale)
        if isinstance(shown, Gone):
            return shown
        for each in shown.references():
            if id_key(each.system, each.entity, each.external_id) not in self.holding:
                self.fetch(each.system, each.entity, each.external_id)
        return self.resolved(shown)

    def _take(self, shown: Observation) -> None:
        key = id_key(shown.system, shown.entity, shown.external_id)
        self.parked.pop(key, None)
        holder = self.holding.get(key)
        if holder is None and not shown.deleted:
            self._match(shown)
        elif holder is not None and not is_stale(self.records[holder], shown, self.rules[shown.entity]):
            self.absorb(self.records[holder], shown)

    def absorb(self, record: Record, shown: Observation) -> Absorbed:
        """Absorb an observation of a known record, and hold that repeating it changes nothing more."""
        rules = self.rules[record.entity]
        self.note_read(shown)
        absorbed = absorb(record, shown, rules, self.now)
        if absorbed.changed:
            kept = self.save(record, absorbed)
            if isinstance(kept, Record):
                self._must_be_quiet(kept, shown)
        for decision in () if absorbed.changed else absorbed.decisions:  # a second live row is listed, never merged in
            self.parked[id_key(shown.system, shown.entity, shown.external_id)] = decision.because
        return absorbed

    def note_read(self, shown: Observation) -> None:
        """Note what the core is given; after a newer state of a row it must never be an older one."""
        place = (shown.system, shown.entity, shown.external_id)
        if shown.modified_at is not None and shown.source is not Source.ANSWER:
            if shown.modified_at < self.newest.get(place, shown.modified_at):
                self.broken.append(f"no old state is merged after a newer one: {shown}")
            self.newest[place] = shown.modified_at
        self.partners[shown.system].note_read(shown)

    def _must_be_quiet(self, record: Record, shown: Observation) -> None:
        again = absorb(record, shown, self.rules[record.entity], self.now)
        values = {path: held.value for path, held in record.fields.items()}
        if {path: held.value for path, held in again.record.fields.items()} != values or again.keys_taken:
            self.broken.append(f"absorb is idempotent: {shown} moved {record.id[:4]} twice")

    def record_at(self, system: str, entity: str, name: str) -> Record | None:
        """Return the record that a row belongs to, if it is known."""
        return self.records.get(self.holding.get(id_key(system, entity, name), ""))

    def resolved(self, shown: Observation) -> Observation:
        """Return an observation with its references resolved as far as they are known."""
        names = {each: self.record_at(each.system, each.entity, each.external_id) for each in shown.references()}
        return shown.resolved({each: found.id for each, found in names.items() if found is not None})

    # -- match -------------------------------------------------------------------------------------------------------

    def _match(self, shown: Observation) -> None:
        looked: dict[tuple[str, str], Shown] = {}
        itself = (shown.system, shown.external_id)
        for _ in range(6):
            answer = match(
                shown, self._candidates(shown, looked), self.rules[shown.entity], self.now, self._opens(shown)
            )
            if isinstance(answer, Fetch):
                looked.update({link: self._shown(link[0], shown.entity, link[1]) for link in answer.links})
                fresh = looked.get(itself, shown)
                if not isinstance(fresh, Observation) or self._asks(fresh) != self._asks(shown):
                    self.fetch(shown.system, shown.entity, shown.external_id)  # it is taken up anew
                    return
                shown = fresh
                if self._absorb_links(shown.entity, [link for link in answer.links if link != itself]):
                    looked.clear()
            elif isinstance(answer, LookFirst):
                for each in answer.record_ids:
                    self.look(self.records[each], shown.system)
            else:
                self._act(shown, answer)
                return

    def _asks(self, shown: Observation) -> tuple[object, ...]:
        """Return by what an unknown row is matched."""
        return shown.reference, sorted(observed_keys(shown, self.rules[shown.entity]))

    def _act(self, shown: Observation, answer: object) -> None:
        if isinstance(answer, Linked):
            self.absorb(answer.record, shown)
        elif isinstance(answer, Park):
            self.parked[id_key(shown.system, shown.entity, shown.external_id)] = answer.reason
        elif isinstance(answer, New):
            held = {each for each in observed_keys(shown, self.rules[shown.entity]) if each in self.holding}
            blank = Record(record_id(shown.entity, shown.system, shown.external_id), shown.entity)
            self.absorb(replace(blank, without_keys=answer.without_keys | held), shown)

    def _candidates(self, shown: Observation, looked: Mapping[tuple[str, str], Shown]) -> list[Candidate]:
        by_record: dict[str, set[str]] = {}
        for key in observed_keys(shown, self.rules[shown.entity]):
            if key in self.holding:
                by_record.setdefault(self.holding[key], set()).add(key)
        if shown.reference in self.records:
            by_record.setdefault(str(shown.reference), set())
        return [
            Candidate(
                self.records[each], each == shown.reference, frozenset(keys), self._of(self.records[each], looked)
            )
            for each, keys in by_record.items()
        ]

    def _of(self, record: Record, looked: Mapping[tuple[str, str], Shown]) -> dict[str, Shown]:
        links = record.links.items()
        return {name: looked[name, str(link.external_id)] for name, link in links if (name, link.external_id) in looked}

    def _opens(self, shown: Observation) -> list[Open]:
        if self.partners[shown.system].kind.carries_reference:
            return []
        creates = self._creating(shown.system, shown.entity)
        return [Open(each, intent.until) for each in creates if (intent := each.link(shown.system).intent)]

    def _creating(self, system: str, entity: str) -> list[Record]:
        some = ((r, r.link(system).intent) for r in self.records.values() if r.entity == entity)
        return [record for record, intent in some if intent is not None and intent.verb is Verb.CREATE]

    def _absorb_links(self, entity: str, links: Sequence[tuple[str, str]]) -> bool:
        """Absorb what was looked at; tell whether a record moved."""
        before = dict(self.records)
        for system, name in links:
            self.fetch(system, entity, name)
        return self.records != before

    # -- the store ---------------------------------------------------------------------------------------------------

    def save(self, before: Record, after: Absorbed) -> Record | None:
        """Keep what was decided; nothing if somebody else wrote the record, or holds one of its keys."""
        if self.records.get(before.id, before) is not before:
            return None
        others = {key for key in after.keys_taken if self.holding.get(key, before.id) != before.id}
        if others and (before.version == 0 or any(key.startswith("id/") for key in others)):
            return None
        record = replace(after.record, version=before.version + 1, without_keys=after.record.without_keys | others)
        for key in after.keys_given_back - after.keys_taken:
            if self.holding.get(key) == record.id:
                del self.holding[key]
        self.holding.update(dict.fromkeys(after.keys_taken - others, record.id))
        self.decisions += [(record.id, each) for each in after.decisions if each.is_conflict]
        self.records[record.id] = record
        return record

    def _put(self, before: Record, after: Record) -> Record:
        cause = Cause("step", at=self.now)
        kept = self.save(before, Absorbed(after, (), frozenset(), frozenset(), cause, changed=True))
        assert kept is not None, "a step of bookkeeping takes no keys"
        return kept
