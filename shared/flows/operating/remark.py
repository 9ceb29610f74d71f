"""assign and note: who looks after a case, and what was found out about it."""

from __future__ import annotations

from shared.core.repair import Impossible
from shared.flows.operating.failures import one_failure
from shared.flows.operating.repairing import Done, NotThere, Outcome
from shared.flows.parts import Parts
from shared.ports.remarks import Remark

MOST = 100
"""How many remarks a case carries at most."""


def assign_case(parts: Parts, case: str, to: str, by: str) -> Outcome:
    """Put who looks after a case; nobody: empty. The change itself is remarked."""
    listed = one_failure(parts, case)
    if listed is None:
        return NotThere(f"there is no case {case}")
    parts.remarks.assign(case, to)
    said = f"assigned to {to}" if to else "assigned to nobody"
    if len(listed.paper.remarks) < MOST:
        parts.remarks.add(case, Remark(parts.clock.now(), by, said))
    return Done(said)


def note_on_case(parts: Parts, case: str, text: str, by: str) -> Outcome:
    """Add a remark to a case."""
    listed = one_failure(parts, case)
    if listed is None:
        return NotThere(f"there is no case {case}")
    if len(listed.paper.remarks) >= MOST:
        return Impossible(f"{MOST} remarks stand there already", "write it where you keep longer stories")
    parts.remarks.add(case, Remark(parts.clock.now(), by, text))
    return Done("noted")
