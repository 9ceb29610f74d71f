"""skip: spare a system what it is owed now; once the value changes it is owed again."""

from __future__ import annotations

from shared.core.cases import NoteCase, case_named
from shared.core.repair import Impossible, skip
from shared.flows.operating.repairing import Act, NotThere, Outcome, repair
from shared.flows.parts import Parts


def skip_case(parts: Parts, case: str, by: str) -> Outcome:
    """Skip this version of what a case is about: the link is live again, and these values are not sent there."""
    about = case_named(case)
    if isinstance(about, NoteCase):
        return Impossible("there is nothing to be sent that could be skipped", "link it, choose a record, or retry")
    if about is None:
        return NotThere(f"there is no case {case}")
    act = Act("skip", by, about.system, detail={"path": about.path} if about.path else {})
    what = f"{about.path or 'this version'} is spared {about.system} until it changes"
    return repair(
        parts,
        about.record_id,
        act,
        what,
        lambda record, rules, now: skip(record, about.system, about.path, rules, now),
    )
