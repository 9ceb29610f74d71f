"""check_system: whether a system is set up as it must be, and what to do about what is not.

It asks the system itself, by a session and a login of its own: credentials that were put right a moment ago count, and
what is refused trips nothing. Nothing is written there; here only what its description says of schema drift is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from shared.core.inspection import Described, Finding, Result, clock_finding, judged
from shared.core.observations import NO_BUDGET, Next, Trouble
from shared.core.schema_drift import Kind
from shared.core.stopping import SystemStatus
from shared.flows.drifting import compare, drifts
from shared.flows.parts import Parts
from shared.flows.troubles import state_of
from shared.ports.clock import Clock
from shared.ports.inspection import Inspectable, Inspector

Heed: TypeAlias = Callable[[str, Sequence[Described]], object]


@dataclass(frozen=True, slots=True)
class Checked:
    """All findings about one system; it is well if nothing failed."""

    system: str
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Tell whether nothing failed."""
        return all(each.result is not Result.FAILED for each in self.findings)


def check_system(parts: Parts, system: str) -> Checked:
    """Return what a system tells about itself, and what that means."""
    asked = parts.systems.system(system)
    state = tuple(_state(parts, system))
    if not isinstance(asked, Inspectable):
        seen = "this system is never asked; it calls us"
        return Checked(system, (*state, Finding("credentials", "", Result.NOT_VISIBLE, seen)))
    entities = [entity for of_system, entity in parts.integration.pairs() if of_system == system]
    inspector = asked.inspector()
    try:
        found = tuple(inspected(inspector, system, entities, parts.clock, partial(compare, parts, system)))
        return Checked(system, (*state, *found, *_drifts(parts, system, entities)))
    finally:
        inspector.close()


def inspected(
    inspector: Inspector, system: str, entities: Sequence[str], clock: Clock, heed: Heed
) -> Iterator[Finding]:
    """Yield what a system tells: credentials and clock first; where it lets nobody in, nothing more is asked.

    `heed` is handed each description.
    """
    before = clock.now()
    greeted = inspector.greet()
    after = clock.now()
    if isinstance(greeted, Trouble):
        yield _not_let_in(system, greeted)
        return
    yield Finding("credentials", "", Result.OK, "the system takes them")
    yield clock_finding(system, greeted.at, before, after)
    yield from greeted.told
    for entity in entities:
        described = inspector.describe(entity)
        if isinstance(described, Trouble):
            yield _not_told(entity, described)
        else:
            yield from (finding for each in described for finding in judged(each))
            heed(entity, described)
    yield from inspector.webhooks()


def _state(parts: Parts, system: str) -> Iterator[Finding]:
    """Yield that the system is stopped, since everything else may be well meanwhile."""
    state = state_of(parts, system)
    if state.status is not SystemStatus.RUNNING:
        seen = f"it is {state.status.value}{f': {state.why}' if state.why else ''}"
        yield Finding("state", "", Result.WARNING, seen, f"once all is well: tandem resume {system}")


def _drifts(parts: Parts, system: str, entities: Sequence[str]) -> Iterator[Finding]:
    """Yield what drifts, with what to do: most of it is held back until the mapping or the field is put right."""
    for entity in entities:
        for each in drifts(parts, system, entity):
            seen = f"{each.field} {each.kind.value}: {each.seen}"
            if each.kind is Kind.APPEARED:
                yield Finding("schema drift", entity, Result.OK, seen, "map it if it should be kept in step")
            else:
                remedy = f"put the field right there, or the mapping of {each.field}; until then only it is held back"
                yield Finding("schema drift", entity, Result.WARNING, seen, remedy)


def _not_let_in(system: str, trouble: Trouble) -> Finding:
    told = ": ".join(part for part in (trouble.code, trouble.message) if part)
    if trouble.next is Next.AUTH:
        remedy = f"put valid credentials into the secret of {system}, then check again and tandem resume {system}"
        return Finding("credentials", "", Result.FAILED, f"the system does not let us in ({told})", remedy)
    if trouble.code == NO_BUDGET:
        remedy = "check again in a minute; deliveries go first"
        return Finding("credentials", "", Result.NOT_VISIBLE, "all calls that it allows are in use just now", remedy)
    if trouble.next is Next.THROTTLED:
        remedy = "check again in a few minutes"
        return Finding("credentials", "", Result.NOT_VISIBLE, f"the system asks for patience ({told})", remedy)
    remedy = "check base_url, and whether it answers from where Tandem runs"
    return Finding("credentials", "", Result.FAILED, f"the system gives no answer that can be read ({told})", remedy)


def _not_told(entity: str, trouble: Trouble) -> Finding:
    told = ": ".join(part for part in (trouble.code, trouble.message) if part)
    return Finding("fields", entity, Result.NOT_VISIBLE, f"the system does not tell now ({told})", "check again")
