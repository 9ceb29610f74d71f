"""A merge in progress: the parts of a record and of one link that change, and what may become of a field.

Whatever is decided, the link afterwards has seen the observed value and stands for it (for an echo: for what was sent),
so a value that we did not take is owed back. Which of the outcomes a value has is asked in `shared.core.observe`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.core.decisions import Decision, Verdict
from shared.core.forms import is_own_form
from shared.core.records import Field, Flip, Held, Link, Record, Seen, Sent
from shared.core.retry import FLIPS, ROUNDS, SENDS
from shared.core.rules import EntityRules
from shared.core.status import has_order
from shared.core.values import Digest, Value, digest


@dataclass(frozen=True, slots=True)
class Witness:
    """Who shows a value, when it was changed there (or when we looked), and when that is."""

    system: str
    modified_at: datetime
    now: datetime


@dataclass(slots=True)
class Merge:
    """One observation being merged: the parts of the record and of one link that change on the way."""

    record: Record
    link: Link
    rules: EntityRules
    witness: Witness
    fields: dict[str, Field]
    seen: dict[str, Seen]
    held: dict[str, Held]
    tries: dict[str, int]
    flips: dict[str, Flip]
    echoes: dict[str, tuple[Sent, ...]]
    unsure: dict[str, Digest]
    decisions: list[Decision]
    status: Value = None

    @classmethod
    def begin(cls, record: Record, link: Link, rules: EntityRules, witness: Witness) -> Merge:
        """Start from a record and the link of the witness."""
        return cls(
            record=record,
            link=link,
            rules=rules,
            witness=witness,
            fields=dict(record.fields),
            seen=dict(link.fields),
            held=dict(link.held),
            tries=dict(link.tries),
            flips=dict(link.flips),
            echoes=dict(link.echoes),
            unsure=dict(link.unsure),
            decisions=[],
            status=record.value("status"),
        )

    # -- what holds --------------------------------------------------------------------------------------------------

    def ours(self, path: str) -> Value:
        """Return the record's value."""
        held = self.fields.get(path)
        return None if held is None else held.value

    def stands(self, path: str) -> bool:
        """Tell whether the link stands for the record's value: nobody else has changed it since the two agreed."""
        known = self.seen.get(path)
        return known is not None and known.stands == digest(self.ours(path))

    def is_status(self, path: str) -> bool:
        """Tell whether the path is the status of an entity whose statuses have an order."""
        return path == "status" and has_order(self.record.entity)

    def is_only_writer(self, path: str) -> bool:
        """Tell whether nobody but the witness may write the path under the status that the merge has come to."""
        return self.rules.writers(path, self.status) == {self.witness.system}

    def may_respell(self, path: str, value: Value) -> bool:
        """Tell whether a value is the record's in another spelling; a status has but one."""
        return not self.is_status(path) and is_own_form(self.ours(path), value)

    # -- the outcomes ------------------------------------------------------------------------------------------------

    def agree(self, path: str, value: Value, stands: Digest) -> None:
        """Note that what the system shows stands for a value of the record; a late echo is used up by landing."""
        shown = digest(value)
        self.seen[path] = Seen(shown, stands)
        self.tries.pop(path, None)
        self.unsure.pop(path, None)
        late = tuple(sent for sent in self.echoes.pop(path, ()) if shown not in (sent.value, sent.form))
        if late:
            self.echoes[path] = late

    def own_form(self, path: str, value: Value, stands: Digest) -> None:
        """Note that the system spells our value in its own way."""
        self._say(Verdict.OWN_FORM, path, value)
        self.flips.pop(path, None)
        self.agree(path, value, stands)

    def take(self, path: str, value: Value, verdict: Verdict, because: str) -> None:
        """Let the record take the value."""
        self._say(verdict, path, value, because)
        self._put(path, value)
        self.flips.pop(path, None)
        self.agree(path, value, digest(value))

    def overrule(self, paths: Iterable[str], verdict: Verdict, because: str) -> None:
        """Log values that go with the element which holds them, so that none is lost silently."""
        for path in paths:
            self._say(verdict, path, None, because)

    def refuse(self, path: str, value: Value, verdict: Verdict, because: str) -> None:
        """Keep ours and owe it back; one spelling of ours again and again is the system's own (F12)."""
        shown = digest(value)
        last = self.flips.get(path)
        rounds = self._rounds(path)
        if last is not None and last.shown == shown and rounds >= ROUNDS and self.may_respell(path, value):
            self.own_form(path, value, digest(self.ours(path)))
            return
        self._say(verdict, path, value, because)
        self.seen[path] = Seen(shown, shown)
        self._count_round(path, value, rounds)

    def keep_inside(self, path: str, value: Value) -> None:
        """Log a value that lost against the removal of its element, and keep it in what is left of that: should the
        element come back, it comes back with it, as it does where the removal was seen last."""
        self._say(Verdict.LOST, path, value, "the element was removed")
        self._put(path, value)
        self.agree(path, value, digest(value))

    def second(self, path: str) -> None:
        """Let a value that the record has already count for the witness, whose word weighs more."""
        held = self.fields[path]
        self.fields[path] = Field(held.value, self.witness.system, self.witness.modified_at, held.version)

    def leave_to_person(self, path: str, value: Value) -> None:
        """Keep both values where they are until a person decides."""
        shown = digest(value)
        self._say(Verdict.PERSON, path, value, "left to a person")
        self.seen[path] = Seen(shown, shown)
        self.held[path] = Held(digest(self.ours(path)), shown, "left to a person", self.witness.now)

    def no_effect(self, path: str, value: Value, sent: Sent) -> None:
        """Note that a send changed nothing: owed again, and after some sends the field is held (SYNC §6.3)."""
        shown = digest(value)
        self.seen[path] = Seen(shown, shown)
        self.remember(path, sent)
        if not self._is_last_try(path):
            return
        self._hold(path, value, sent.value, "the change had no effect there")

    def unanswered(self, path: str, sent: Sent) -> None:
        """Note that a full answer does not carry a field that was sent: a send without effect (SYNC §6)."""
        if not self._is_last_try(path):
            return
        reason = "the answer does not show the field"
        self._say(Verdict.HELD, path, None, reason)
        self.held[path] = Held(sent.value, self.seen[path].seen, reason, self.witness.now)

    def remember(self, path: str, sent: Sent) -> None:
        """Note what was sent as something that will show, sooner or later, and is then our own."""
        self.echoes[path] = (*(e for e in self.echoes.get(path, ()) if e.value != sent.value), sent)[-4:]

    def came_back(self, path: str, value: Value, sent: Sent) -> bool:
        """Note that a send came back as something else; tell whether it has done so too often, and is held now."""
        rounds = self._rounds(path)
        if rounds < FLIPS or digest(self.ours(path)) != sent.value:
            self.seen[path] = Seen(sent.form, sent.value)
            return False
        self.seen[path] = Seen(digest(value), digest(value))
        self._count_round(path, value, rounds)
        return True

    def keep_rounds(self, path: str, value: Value, before: Flip | None) -> None:
        """Count a send that came back as something else, though the record took what came."""
        self.flips[path] = Flip(before.rounds + 1 if before else 1, digest(value))

    # -- how ---------------------------------------------------------------------------------------------------------

    def _rounds(self, path: str) -> int:
        last = self.flips.get(path)
        return 1 if last is None else last.rounds + 1

    def _count_round(self, path: str, value: Value, rounds: int) -> None:
        self.flips[path] = Flip(rounds, digest(value))
        if rounds >= FLIPS:
            self.flips.pop(path)
            self._hold(path, value, digest(self.ours(path)), "the value keeps coming back")

    def _is_last_try(self, path: str) -> bool:
        tries = self.tries.pop(path, 0) + 1
        if tries < SENDS:
            self.tries[path] = tries
        return tries >= SENDS

    def _hold(self, path: str, value: Value, wish: Digest, reason: str) -> None:
        """Hold the field, not the link; the record gives way only to the one system that has the say (SYNC §6.3)."""
        self._say(Verdict.HELD, path, value, reason)
        yields = digest(self.ours(path)) == wish and self._has_the_say(path, value)
        if yields:
            self._say(Verdict.YIELDED, path, value, reason)
            self._put(path, value)
            self.seen[path] = Seen(digest(value), digest(value))
        self.held[path] = Held(wish, digest(value), reason, self.witness.now, yields)

    def _has_the_say(self, path: str, value: Value) -> bool:
        return self.rules.writers(path, value if self.is_status(path) else self.status) == {self.witness.system}

    def _put(self, path: str, value: Value) -> None:
        self.fields[path] = Field(value, self.witness.system, self.witness.modified_at, self.record.version + 1)

    def _say(self, verdict: Verdict, path: str, theirs: Value, because: str = "") -> None:
        parted = self.fields[path].version if path in self.fields else 0
        self.decisions.append(Decision(verdict, self.witness.system, path, theirs, self.ours(path), parted, because))
