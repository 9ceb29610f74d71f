"""The installation as values: which systems there are, which entities they share, by which rules and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.priority import DEFAULT_RULE, Rule
from shared.core.rules import EntityRules


@dataclass(frozen=True, slots=True)
class Strand:
    """How one entity comes and goes in one system: capture, poll interval, bulk sizes."""

    capture: str = "poll"
    every_seconds: int = 60
    batch_size: int = 1
    fetch_size: int = 100
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Integration:
    """`integration.toml`, read and compiled. `version` is the digest of what it says, kept with every decision.

    `quotas` are the calls that a system allows in a day (UTC), where the user says so; `matching` is whose turn it is
    when several want the same goods; `transfer` that goods are moved between locations for any order, so that all
    locations count as one.
    """

    version: str
    sides: Mapping[str, str]
    entities: Mapping[str, EntityRules]
    strands: Mapping[tuple[str, str], Strand] = field(default_factory=dict)
    quotas: Mapping[str, int] = field(default_factory=dict)
    matching: Rule = DEFAULT_RULE
    transfer: bool = False

    @property
    def systems(self) -> tuple[str, ...]:
        """Return the names of all systems."""
        return tuple(self.sides)

    def rules(self, entity: str) -> EntityRules:
        """Return the rules of an entity that is kept in step."""
        return self.entities[entity]

    def strand(self, system: str, entity: str) -> Strand:
        """Return how an entity comes and goes in a system."""
        return self.strands.get((system, entity)) or Strand()

    def takes_part(self, system: str, entity: str) -> bool:
        """Tell whether an entity is kept in step with a system."""
        rules = self.entities.get(entity)
        return rules is not None and system in rules.systems

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return every (system, entity) that takes part, parents' entities first."""
        return tuple((system, entity) for entity, rules in self.entities.items() for system in rules.systems)
