"""choose: of the candidates of a case, say which it is."""

from __future__ import annotations

from shared.core.cases import LinkCase, NoteCase, case_named
from shared.core.repair import Impossible, create_again
from shared.flows.operating.failures import one_failure
from shared.flows.operating.link import link_record, make_own
from shared.flows.operating.repairing import Act, NotThere, Outcome, repair
from shared.flows.parts import Parts

NEW = "new"
"""The candidate that means: none of them, it is a record of its own."""


def choose_candidate(parts: Parts, case: str, candidate: str, by: str) -> Outcome:
    """Decide an ambiguous case. Of a record of ours the candidate is an id in that system, of a partner's record one of
    our records; `new` says that it is none of them."""
    about = case_named(case)
    listed = one_failure(parts, case)
    if about is None or listed is None:
        return NotThere(f"there is no case {case}")
    if candidate != NEW and listed.case.candidates and candidate not in listed.case.candidates:
        return Impossible(f"{candidate} is none of the candidates", f"choose one of {_named(listed.case.candidates)}")
    if isinstance(about, NoteCase):
        if candidate == NEW:
            return make_own(parts, about.system, about.entity, about.external_id, by)
        return link_record(parts, candidate, about.system, about.external_id, by, "choose")
    if candidate == NEW:
        return _create_again(parts, about, by)
    return link_record(parts, about.record_id, about.system, candidate, by, "choose")


def _create_again(parts: Parts, about: LinkCase, by: str) -> Outcome:
    act = Act("choose", by, about.system, detail={"candidate": NEW})
    what = f"the record is created in {about.system}"
    return repair(
        parts,
        about.record_id,
        act,
        what,
        lambda record, rules, now: create_again(record, about.system, rules, now),
    )


def _named(candidates: tuple[str, ...]) -> str:
    return ", ".join((*candidates, NEW))
