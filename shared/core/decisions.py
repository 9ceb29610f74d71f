"""What was decided, and from what: the stuff that conflicts, ledger and replay are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.core.inputs import Inputs
from shared.core.values import Value


class Verdict(StrEnum):
    """How one field of an observation or of an answer was decided."""

    TAKEN = "taken"  # nobody else changed it: the record takes it
    WON = "won"  # a conflict that the observed value won
    LOST = "lost"  # a conflict that the record's value won
    REFUSED = "refused"  # the system may not write the field
    PASSED = "passed"  # an undelivered value of ours gave way to the field's only writer
    PERSON = "person"  # a conflict left to a person
    HELD = "held"  # a wish that the system does not follow
    YIELDED = "yielded"  # the record took the value of the system that has the say
    OWN_FORM = "own form"  # the system's own spelling of what we sent
    EDIT_KEPT = "edit kept"  # a delete lost against an edit
    TOMBSTONED = "tombstoned"
    DETACHED = "detached"
    REVIVED = "revived"
    AMBIGUOUS = "ambiguous"  # an element that could not be paired
    DUPLICATE = "suspected duplicate"
    PARKED = "parked"
    CHOSEN = "chosen"  # an operator gave the field a value: `ours` stands, `theirs` is what it set aside


CONFLICTS = frozenset(
    {
        Verdict.WON,
        Verdict.LOST,
        Verdict.REFUSED,
        Verdict.PASSED,
        Verdict.PERSON,
        Verdict.HELD,
        Verdict.YIELDED,
        Verdict.EDIT_KEPT,
        Verdict.AMBIGUOUS,
        Verdict.DUPLICATE,
        Verdict.PARKED,
        Verdict.CHOSEN,
    }
)
"""The verdicts that must stand as a conflict item, because a value was overwritten, refused, passed or set aside."""

OPEN = frozenset({Verdict.PERSON, Verdict.HELD, Verdict.AMBIGUOUS, Verdict.DUPLICATE, Verdict.PARKED})
"""The verdicts that wait for a person; the others are decided."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: verdict, system, path, both values, the version that they parted from, and the rule.

    `theirs` is what the system showed, `ours` what the record held. `because` is the rule or the reason in words.
    """

    verdict: Verdict
    system: str
    path: str = ""
    theirs: Value = None
    ours: Value = None
    parted_at: int = 0
    because: str = ""

    @property
    def is_conflict(self) -> bool:
        """Tell whether the decision must stand as a conflict item."""
        return self.verdict in CONFLICTS

    @property
    def is_open(self) -> bool:
        """Tell whether a person is waited for."""
        return self.verdict in OPEN


OPERATOR = "operator "
"""How the operation of a cause begins that is a person's act; its verb follows."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """Decisions of one kind and reason, with the paths that they are about; the values stand in record and cause."""

    verdict: Verdict
    because: str
    paths: tuple[str, ...]


def rulings(decisions: Iterable[Decision]) -> tuple[Ruling, ...]:
    """Return decisions by verdict and reason, in the order in which they were first made."""
    found: dict[tuple[Verdict, str], list[str]] = {}
    for made in decisions:
        found.setdefault((made.verdict, made.because), []).append(made.path)
    return tuple(Ruling(verdict, because, tuple(paths)) for (verdict, because), paths in found.items())


@dataclass(frozen=True, slots=True)
class Cause:
    """What the last write of a record was: enough, with the record before it, to replay it (ARCHITECTURE §4).

    `values` holds the fields that differed from what was seen or from the record, `not_carried` the mapped fields
    that were missing, in the partner's element ids. `detail` says which intent it was. `inputs` are the steps that
    were taken and what else they were given (nothing for a write that cannot be replayed), `decided` what came of it.
    """

    operation: str
    system: str = ""
    external_id: str = ""
    at: datetime | None = None
    rules: str = ""
    revision: str = ""
    modified_at: datetime | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    not_carried: tuple[str, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)
    trace: str = ""
    inputs: Inputs | None = None
    decided: tuple[Ruling, ...] = ()
