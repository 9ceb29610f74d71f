"""Deliveries in the model: plan, intent, look, write, answer, confirmation, each a step of its own.

Whatever the flows do between two calls of a partner is a step here, so that anything may happen in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.core.absorb import absorb
from shared.core.commands import Archive, Command, Create, Update
from shared.core.confirm import Said, confirm
from shared.core.deliver import (
    Blocked,
    Look,
    Nothing,
    WaitFor,
    clear_intent,
    is_in_time,
    must_look_before,
    note_intent,
    parents_of,
    park,
    park_keeping_intent,
    plan_delivery,
    renew_intent,
    wait_for,
)
from shared.core.keys import id_key, match_keys
from shared.core.match import observed_keys
from shared.core.observations import (
    Accepted,
    Answer,
    Gone,
    Next,
    Observation,
    Refused,
    Source,
    Stored,
    Trouble,
    Unknown,
)
from shared.core.owed import owed
from shared.core.recognise import CreateAgain, Ours, recognise
from shared.core.records import Link, Parked, Record
from shared.core.retry import ATTEMPTS, back_off
from shared.core.unanswered import count_unanswered
from shared.core.values import Value
from tests.core.machine.desk import Desk


@dataclass(frozen=True, slots=True)
class Sending:
    """A command whose intent is noted, with the record as it was then."""

    record: Record
    system: str
    intent_id: str
    command: Command


@dataclass(slots=True)
class Office(Desk):
    """What is on its way to and from the partners, over the records."""

    sendings: list[Sending] = field(default_factory=list)
    answers: list[tuple[Sending, Answer]] = field(default_factory=list)
    zombies: list[Sending] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)
    _ids: int = 0

    # -- deliveries --------------------------------------------------------------------------------------------------

    def plan(self, record: Record, system: str) -> None:
        """Plan a delivery: note the intent, wait for a parent, or look."""
        rules, link = self.rules[record.entity], record.link(system)
        if system not in rules.systems or system in self.paused or self._is_backing_off(link):
            return
        plan = plan_delivery(record, system, self._parents(record, system), rules, self.now)
        if isinstance(plan, Look):
            self.look(record, system)
        elif isinstance(plan, WaitFor | Blocked):
            self._hold_back(record, system, plan)
        elif not isinstance(plan, Nothing):
            self._ids += 1
            noted = note_intent(record, system, plan, f"i{self._ids}", rules, self.now)
            kept = self._put(record, noted)
            self.sendings.append(Sending(kept, system, f"i{self._ids}", plan))

    def _is_backing_off(self, link: Link) -> bool:
        is_later = link.due_at is not None and link.due_at > self.now
        return link.backoffs > 0 and link.intent is None and link.waits_for is None and is_later

    def _parents(self, record: Record, system: str) -> dict[str, Link | None]:
        values: dict[str, Value] = {path: held.value for path, held in record.fields.items() if "[" in path}
        values.update(owed(record, system, self.rules[record.entity]))
        parked = record.link(system).parked
        wanted = {*parents_of(record.entity, values), *([parked.parent] if parked and parked.parent else [])}
        return {each: self.records[each].link(system) if each in self.records else None for each in wanted}

    def _hold_back(self, record: Record, system: str, plan: WaitFor | Blocked) -> None:
        rules, link = self.rules[record.entity], record.link(system)
        if isinstance(plan, WaitFor) and link.waits_for == plan.record_id and link.due_at and link.due_at > self.now:
            return
        if isinstance(plan, WaitFor) and link.backoffs < ATTEMPTS:
            retry_at = back_off(self.now, link.backoffs + 1, 0.5)
            self._put(record, wait_for(record, system, plan.record_id, retry_at, rules, self.now))
        else:
            parked = Parked("its parent does not come", self.now, parent=plan.record_id)
            self._put(record, park(record, system, parked, rules, self.now))

    def land(self, sending: Sending, answer: str) -> None:
        """Look where a look must come first, then let the write arrive; `answer` says what comes back of it."""
        self.sendings.remove(sending)
        ready = self._looked(sending)
        if ready is None:
            return
        intent = ready.record.link(ready.system).intent
        assert intent is not None
        if not is_in_time(intent, self.now):
            if self.records[ready.record.id] is not ready.record:
                return
            renewed = renew_intent(ready.record, ready.system, self.rules[ready.record.entity], self.now)
            ready = replace(ready, record=self._put(ready.record, renewed))
        self.answers.append((ready, self._written(ready, answer)))

    def _looked(self, sending: Sending) -> Sending | None:
        record, system = sending.record, sending.system
        if system in self.paused:
            self.answers.append((sending, Refused(Trouble(Next.RETRYABLE, "paused", whole_system=True))))
            return None
        if isinstance(sending.command, Create):
            found = self._found(record, system)
            if found is None or found:
                self._link_or_park(record, system, found)
                return None
            return sending
        rules = self.rules[record.entity]
        if not must_look_before(system, sending.command, rules):
            return sending
        shown = self._shown(system, record.entity, sending.command.external_id)
        seen = (
            shown
            if isinstance(shown, Observation)
            else Observation(system, record.entity, sending.command.external_id, deleted=True)
        )
        self.note_read(seen)
        absorbed = absorb(record, seen, rules, self.now)
        if not absorbed.changed:
            return sending
        bare = clear_intent(absorbed.record, system, rules, self.now, may_land=False)
        plan = plan_delivery(bare, system, self._parents(bare, system), rules, self.now)
        if not isinstance(plan, Update | Archive):
            self.save(record, replace(absorbed, record=bare))
            return None
        noted = note_intent(bare, system, plan, sending.intent_id, rules, self.now)
        kept = self.save(record, replace(absorbed, record=noted))
        return Sending(kept, system, sending.intent_id, plan) if kept is not None else None

    def _written(self, sending: Sending, answer: str) -> Answer:
        partner, entity = self.partners[sending.system], sending.record.entity
        if answer.startswith("refused"):
            return Refused(_trouble(answer, sending.command))
        if answer == "unknown, lost":
            return Unknown("time-out")
        if answer == "unknown, late" and (partner.kind.is_exact or isinstance(sending.command, Create)):
            self.zombies.append(sending)
            return Unknown("time-out")
        told = partner.write(entity, sending.command, self.now)
        if answer.startswith("unknown"):
            return Unknown("time-out")
        if isinstance(told, Trouble):
            return Refused(told)
        shown = self._shown(sending.system, entity, told, Source.ANSWER)
        if answer == "accepted" or isinstance(shown, Gone):
            return Accepted(told)
        if answer == "sparse":
            fields = {path: value for path, value in shown.fields.items() if path in ("name", "status", "phone")}
            shown = replace(shown, fields=fields, complete=False, collections=frozenset())
        return Stored(told, shown)

    def wake_the_dead(self, sending: Sending) -> None:
        """Let a request that nobody waits for any more arrive, before its lease ends."""
        self.zombies.remove(sending)
        self.partners[sending.system].write(sending.record.entity, sending.command, self.now)

    def bury_the_dead(self) -> None:
        """Forget requests whose lease has ended: they never arrived."""
        self.zombies = [each for each in self.zombies if self._has_lease(each)]

    def _has_lease(self, sending: Sending) -> bool:
        intent = self.records[sending.record.id].link(sending.system).intent
        return intent is not None and intent.id == sending.intent_id and intent.until > self.now

    def confirm(self, sending: Sending, answer: Answer) -> None:
        """Note an answer; one to another intent, and one that nobody read, must change nothing."""
        record = self.records[sending.record.id]
        intent = record.link(sending.system).intent
        if isinstance(answer, Stored) and intent is not None and intent.id == sending.intent_id:
            self._note_answer(record.link(sending.system), answer.shown)
        after = confirm(
            record, sending.system, Said(sending.intent_id, answer, 0.5), self.rules[record.entity], self.now
        )
        if intent is None or intent.id != sending.intent_id or isinstance(answer, Unknown):
            if after.changed or after.record != record or after.keys_taken or after.keys_given_back:
                self.broken.append(f"confirm of an old intent changes nothing: {answer}")
            return
        if after.changed and self.save(record, after) is None:
            self._suspect(record, sending)

    def _note_answer(self, link: Link, shown: Observation) -> None:
        """Note what an answer showed: all of it if nothing was absorbed since its intent, else what was sent."""
        intent = link.intent
        if intent is not None and link.absorbs == intent.absorbs:
            self.partners[shown.system].note_read(shown)

    def _suspect(self, record: Record, sending: Sending) -> None:
        trouble = Trouble(Next.PERMANENT, "duplicate", "another record holds what was created there")
        said = Said(sending.intent_id, Refused(trouble))
        self.save(record, confirm(record, sending.system, said, self.rules[record.entity], self.now))

    # -- looks -------------------------------------------------------------------------------------------------------

    def look(self, record: Record, system: str) -> None:
        """Find out what an intent whose lease has ended left behind."""
        intent, link = record.link(system).intent, record.link(system)
        if intent is None or system in self.paused:
            return
        unique = {key.name for key in self.rules[record.entity].identity if key.unique}
        can_be_asked = self.partners[system].kind.carries_reference or bool(unique)
        if link.external_id:
            shown = self._shown(system, record.entity, link.external_id)
            gone = Observation(system, record.entity, link.external_id, deleted=True)
            self._absorb_and_clear(record, system, gone if isinstance(shown, Gone) else shown)
        elif can_be_asked:
            self._link_or_clear(record, system, self._found(record, system))
        else:
            self._by_listing(record, system)

    def _link_or_clear(self, record: Record, system: str, found: list[Observation] | None) -> None:
        if found is None or found:
            self._link_or_park(record, system, found)
        else:
            self._clear(record, system)

    def _clear(self, record: Record, system: str) -> None:
        """Clear an intent of which nothing is to be seen; a person is asked if that happens time after time."""
        rules, intent = self.rules[record.entity], record.link(system).intent
        assert intent is not None
        cleared = clear_intent(record, system, rules, self.now, may_land=True)
        self._put(record, count_unanswered(cleared, system, intent, None, rules, self.now)[0])

    def _by_listing(self, record: Record, system: str) -> None:
        entity, rules = record.entity, self.rules[record.entity]
        names = [name for name in self.partners[system].ids(entity) if id_key(system, entity, name) not in self.holding]
        shown = [each for name in names if isinstance(each := self._shown(system, entity, name), Observation)]
        if self.records[record.id] is not record:
            return
        verdict = recognise(record, system, shown, rules)
        if isinstance(verdict, Ours):
            self._absorb_and_clear(record, system, verdict.observation)
        elif isinstance(verdict, CreateAgain):
            self._clear(record, system)
        else:
            parked = Parked("nobody can tell", self.now, candidates=verdict.candidates)
            self._put(record, park_keeping_intent(record, system, parked, rules, self.now))

    def _found(self, record: Record, system: str) -> list[Observation] | None:
        """Return the rows that are this record's or may be; nothing where that cannot be told yet."""
        entity, rules, intent = record.entity, self.rules[record.entity], record.link(system).intent
        keys = match_keys(record, rules) | (intent.keys if intent else frozenset())
        rows = [self._shown(system, entity, name) for name in self.partners[system].ids(entity)]
        shown = [each for each in rows if isinstance(each, Observation) and not self._is_anothers(record, each)]
        ours = [each for each in shown if each.reference == record.id]
        free = [each for each in shown if each.reference is None and observed_keys(each, rules).keys() & keys]
        if ours or not free:
            return ours
        links = [(n, str(link.external_id)) for n, link in record.links.items() if n != system and link.is_live]
        if self._absorb_links(entity, links) or self.records[record.id] is not record:
            return None
        others = [r.link(system).intent for r in self._creating(system, entity) if r.id != record.id]
        doubtful = {key for each in free for key in observed_keys(each, rules)}
        if any(each is not None and each.keys & doubtful for each in others):
            return None
        return [each for each in free if observed_keys(each, rules).keys() & match_keys(record, rules)]

    def _is_anothers(self, record: Record, shown: Observation) -> bool:
        return self.holding.get(id_key(shown.system, shown.entity, shown.external_id), record.id) != record.id

    def _link_or_park(self, record: Record, system: str, found: list[Observation] | None) -> None:
        if found is None or self.records[record.id] is not record:
            return
        if len(found) == 1:
            self._absorb_and_clear(record, system, found[0])
            return
        rules = self.rules[record.entity]
        sent = clear_intent(record, system, rules, self.now, may_land=True)
        reason = Parked("several may be meant", self.now, candidates=tuple(each.external_id for each in found))
        self._put(record, park(sent, system, reason, rules, self.now))

    def _absorb_and_clear(self, record: Record, system: str, shown: Observation) -> None:
        rules = self.rules[record.entity]
        if shown.references() or self.records[record.id] is not record:
            return
        self.note_read(shown)
        absorbed = absorb(record, shown, rules, self.now)
        cleared = clear_intent(absorbed.record, system, rules, self.now, may_land=True)
        self.save(record, replace(absorbed, record=cleared, changed=True))

    # -- the end -----------------------------------------------------------------------------------------------------

    def settle_all(self) -> None:
        """Do one round of what settles everything: answers, a fetch of every row, looks, deliveries."""
        self.paused.clear()
        self.zombies.clear()
        self.sendings.clear()
        for told in [*self.answers]:
            self.confirm(*told)
        self.answers.clear()
        self.now += LATER * 10
        for system, partner in self.partners.items():
            for entity, name in [*partner.rows]:
                if system in self.rules[entity].systems:
                    self.fetch(system, entity, name)
        for name in [*self.records]:
            for system in self.rules[self.records[name].entity].systems:
                self.plan(self.records[name], system)
        for sending in [*self.sendings]:
            self.land(sending, "stored")
        for told in [*self.answers]:
            self.confirm(*told)
        self.answers.clear()


def _trouble(answer: str, command: Command) -> Trouble:
    fields = () if isinstance(command, Archive) else tuple(sorted(command.fields))
    return {
        "refused for good": Trouble(Next.PERMANENT, "400"),
        "refused field": Trouble(Next.PERMANENT, "400", field=fields[0] if fields else None),
        "refused, throttled": Trouble(Next.THROTTLED, "429", wait_seconds=20),
        "refused, retry": Trouble(Next.RETRYABLE, "503"),
    }[answer]


ANSWERS = (
    "stored",
    "sparse",
    "accepted",
    "unknown, applied",
    "unknown, lost",
    "unknown, late",
    "refused for good",
    "refused field",
    "refused, throttled",
    "refused, retry",
)
"""What may come back of a write."""

LATER = timedelta(seconds=130)
