"""What really happened, as nobody in the system can know it: every edit by a person, and every write of ours."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from shared.core.values import Value

Place = tuple[str, str, str]
"""A record of a partner: system, entity, external id."""

ASKED = ""
"""In place of an external id among a worker's reads: when it last asked the system who stands under some keys."""


@dataclass(slots=True)
class Edit:
    """One field set by a person: what they put, and what they saw there before."""

    number: int
    at: float
    place: Place
    path: str
    value: Value
    saw: Value
    window: str = ""
    """Which window a write of ours fell into that replaced it, if one did."""
    landed_blindly: bool = False


@dataclass(frozen=True, slots=True)
class Doubled:
    """A row that we made beside one that showed the same key when we asked who does, and when we made it."""

    record_id: str
    made: Place
    there: Place
    at: float


@dataclass(slots=True)
class Truth:
    """The chronicle of one history."""

    edits: list[Edit] = field(default_factory=list)
    by_field: dict[tuple[Place, str], list[Edit]] = field(default_factory=lambda: defaultdict(list))
    persons: dict[Place, str] = field(default_factory=dict)
    made_for: dict[Place, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    deleted_by_people: dict[Place, float] = field(default_factory=dict)
    read_before: dict[Place, float] = field(default_factory=dict)
    """When each row had last been read before it was deleted, by people or by us."""
    touched: dict[Place, list[float]] = field(default_factory=lambda: defaultdict(list))
    restored: set[Place] = field(default_factory=set)
    cloned_references: set[str] = field(default_factory=set)
    chosen: set[tuple[str, str]] = field(default_factory=set)
    """Records and systems of which the operator was asked which row is whose, and told: the others are told apart."""
    copied: set[int] = field(default_factory=set)
    doubled: list[Doubled] = field(default_factory=list)
    writes: int = 0
    shown_at: dict[tuple[Place, str], float] = field(default_factory=dict)
    """When each field of a shy partner was last shown to anybody: its revision guards it from then on."""
    repeated: Counter[str] = field(default_factory=Counter)
    """How many writes of ours told each system only what it showed already."""
    acts: int = 0
    violations: list[str] = field(default_factory=list)

    def edit(self, at: float, place: Place, path: str, value: Value, saw: Value) -> None:
        """Note what a person put into a field."""
        made = Edit(len(self.edits), at, place, path, value, saw)
        self.edits.append(made)
        self.by_field[place, path].append(made)
        self.touched[place].append(at)
