"""Changes of `integration.toml` in the middle of a history: a field joins or leaves, a rule changes, a system joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from shared.core.integration import Integration
from shared.core.rules import Decider, EntityRules, FieldRule, SystemRules

SHARE = 0.2
CHANGES = ("a field joins", "a field leaves", "a rule changes", "a system joins")
FIELDS = (
    ("customer", "phone"),
    ("customer", "addresses[].city"),
    ("customer", "contacts[].phone"),
    ("product", "name"),
)
RULES: tuple[tuple[str, str, FieldRule], ...] = (
    ("customer", "credit_limit", FieldRule()),
    ("customer", "phone", FieldRule(writers=frozenset({"crm"}))),
    ("customer", "phone", FieldRule(decider=Decider.LATEST)),
    ("customer", "name", FieldRule(writers=frozenset({"erp"}))),
    ("product", "name", FieldRule(writers=frozenset({"erp"}))),
)


@dataclass(frozen=True, slots=True)
class Revised:
    """The settings before and after a change: what it is, when it is deployed, which fields have other rules now."""

    what: str
    at: float
    before: Integration
    after: Integration
    ruled: frozenset[tuple[str, str]] = frozenset()


def draw_change(seed: int, whole: Integration) -> Revised | None:
    """Return how a history's settings change, in a share of the histories; `whole` is all that there may be."""
    dice = Random(f"{seed}/schema")
    if dice.random() >= SHARE:
        return None
    what = dice.choice(CHANGES)
    at = dice.uniform(40, 150)
    if what == "a rule changes":
        entity, path, rule = dice.choice(RULES)
        return Revised(what, at, whole, _newer(_ruled(whole, entity, path, rule)), frozenset({(entity, path)}))
    if what == "a system joins":
        system = dice.choice([name for name in whole.sides if name != "crm"])
        return Revised(what, at, _without_system(whole, system), _newer(whole))
    entity, path = dice.choice(FIELDS)
    system = dice.choice(sorted(whole.rules(entity).systems))
    fewer = _without_field(whole, system, entity, path)
    if what == "a field joins":
        return Revised(what, at, fewer, _newer(whole))
    return Revised(what, at, whole, _newer(fewer))


def _newer(integration: Integration) -> Integration:
    entities = {name: replace(rules, version="r2") for name, rules in integration.entities.items()}
    return replace(integration, version="v2", entities=entities)


def _ruled(integration: Integration, entity: str, path: str, rule: FieldRule) -> Integration:
    return _with(integration, entity, lambda rules: replace(rules, fields={**rules.fields, path: rule}))


def _without_field(integration: Integration, system: str, entity: str, path: str) -> Integration:
    def fewer(able: SystemRules) -> SystemRules:
        return replace(able, carries=able.carries - {path}, takes=able.takes - {path})

    return _with(integration, entity, lambda rules: replace(rules, systems=_changed(rules.systems, system, fewer)))


def _without_system(integration: Integration, system: str) -> Integration:
    sides = {name: side for name, side in integration.sides.items() if name != system}
    entities = {
        name: replace(rules, systems={each: able for each, able in rules.systems.items() if each != system})
        for name, rules in integration.entities.items()
    }
    return replace(integration, sides=sides, entities=entities)


def _with(integration: Integration, entity: str, change: Callable[[EntityRules], EntityRules]) -> Integration:
    return replace(integration, entities={**integration.entities, entity: change(integration.entities[entity])})


def _changed(
    systems: Mapping[str, SystemRules], system: str, change: Callable[[SystemRules], SystemRules]
) -> Mapping[str, SystemRules]:
    return {name: change(able) if name == system else able for name, able in systems.items()}
