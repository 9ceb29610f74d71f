"""The operator of property 16: who looks at everything that waits for a person at the end, and repairs it.

What the flows of `shared.flows.operating` list is repaired by those flows, with what a person would know: whose record
is whose. First what can be told is told, or tried again; what comes back is spared the system, or becomes a record of
its own. Afterwards nothing may wait for a person any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.core.cases import Case, State
from shared.flows.operating.choose import NEW, choose_candidate
from shared.flows.operating.failures import Wanted, list_failures
from shared.flows.operating.repairing import Done, Outcome
from shared.flows.operating.retry import retry_case
from shared.flows.operating.skip import skip_case

if TYPE_CHECKING:
    from tests.simulation.history import History

ROUNDS = 4
NAME = "the operator"
REFERS = "what it refers to"
"""How the reason of a note begins that is about another record."""


class Operator:
    """Whoever repairs one history."""

    def __init__(self, history: History) -> None:
        """Repair a history."""
        self._history, self._parts = history, history.parts

    def cases(self) -> list[Case]:
        """Return everything that waits for a person."""
        found = list_failures(self._parts, Wanted(), None, 1000).items
        return [each.case for each in found if each.case.state in (State.PARKED, State.HELD)]

    def act(self, round_: int) -> bool:
        """Repair each case once, the later the round the more bluntly; tell whether there was any."""
        cases = self.cases()
        for case in cases:
            verb, outcome = self._repaired(case, round_)
            if case.candidates and isinstance(outcome, Done):
                asked = [case.record_id] if case.record_id else case.candidates
                self._history.truth.chosen.update((each, case.system) for each in asked)
            self._history.tell(f"the operator tries to {verb} {case.id}: {outcome}")
            self._history.chance.note(f"operator: {verb}{'' if isinstance(outcome, Done) else ' in vain'}")
        return bool(cases)

    def _repaired(self, case: Case, round_: int) -> tuple[str, Outcome]:
        is_about_another = case.message.startswith(REFERS)
        if (case.record_id and not case.candidates) or (is_about_another and round_ == 0):
            return self._tried(case, round_)
        if not case.record_id and (round_ > 1 or is_about_another):
            return self._removed(case)
        alike = (each for each in case.candidates if self._is_one(case, each))
        candidate = min(alike, key=lambda each: not self._was_made(case, each), default=NEW)
        if round_ > 0 and not case.record_id:
            candidate = NEW
        outcome = choose_candidate(self._parts, case.id, candidate, NAME)
        if isinstance(outcome, Done):
            return "choose", outcome
        return self._tried(case, round_)

    def _tried(self, case: Case, round_: int) -> tuple[str, Outcome]:
        if round_ > 0 and case.record_id:
            return "skip", skip_case(self._parts, case.id, NAME)
        return "retry", retry_case(self._parts, case.id, NAME)

    def _removed(self, case: Case) -> tuple[str, Outcome]:
        """Have a row deleted in its own system: it stands there twice, or refers to what is gone."""
        partner = self._history.partners[case.system]
        if not partner.rows[case.entity, case.external_id].is_deleted:
            partner.remove(case.entity, case.external_id)
        return "remove", retry_case(self._parts, case.id, NAME)

    def _is_one(self, case: Case, candidate: str) -> bool:
        """Tell whether a person knows the two to be one: both about the same person, or one made for the other."""
        record, row = (case.record_id, candidate) if case.record_id else (candidate, case.external_id)
        truth, place = self._history.truth, (case.system, case.entity, row)
        if self._was_made(case, candidate):
            return True
        persons = set(self._persons(record))
        return place in truth.persons and persons == {truth.persons[place]}

    def _was_made(self, case: Case, candidate: str) -> bool:
        """Tell whether the one was made for the other: who knows of two that are alike takes that one."""
        record, row = (case.record_id, candidate) if case.record_id else (candidate, case.external_id)
        return self._history.truth.made_for.get((case.system, case.entity, row)) == record

    def _persons(self, record_id: str) -> Iterator[str]:
        """Yield whom the rows of a record are about."""
        truth, record = self._history.truth, self._history.memory.records.held[record_id]
        for system, link in record.links.items():
            person = truth.persons.get((system, record.entity, str(link.external_id)))
            if person is not None:
                yield person
