"""Which systems take part in which entity.

An `[entities.*]` table says it, or means every system that has the entity. An entity without a table takes part where
two systems have it, and also where a record that is kept in step refers to it: an order cannot be absorbed without
its customer, so customers are kept even if only one system shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.connectors.configuration_grammar import EntityTable
from shared.connectors.configuration_problems import Finding, Place, choose
from shared.core.entities import PARENT_FIRST, referred
from shared.core.quota import UNLIMITED, Quota
from shared.ports.capabilities import EntityCapability


@dataclass(frozen=True, slots=True)
class Described:
    """A system as its table describes it. `offers` is empty and `is_sound` false where its settings are wrong.

    `calls_per_day` is what it allows, 0 where the user says nothing; `quota` holds that and all other limits.
    """

    name: str
    side: str
    offers: Mapping[str, EntityCapability]
    is_sound: bool = True
    has_secret: bool = True
    calls_per_day: int = 0
    quota: Quota = UNLIMITED


Systems = Mapping[str, Described]
TakingPart = Mapping[str, tuple[str, ...]]


def taking_part(systems: Systems, tables: Mapping[str, EntityTable]) -> TakingPart:
    """Return per entity, parents first, the systems that take part."""
    chosen = {entity: _named(systems, entity, table) for entity, table in tables.items()}
    shared = {entity: having for entity in PARENT_FIRST if len(having := _having(systems, entity)) > 1}
    part = {**shared, **chosen}
    while missing := _referred_but_missing(systems, part):
        part |= {entity: _having(systems, entity) for entity in missing}
    return {entity: part[entity] for entity in PARENT_FIRST if part.get(entity)}


def check_taking_part(systems: Systems, tables: Mapping[str, EntityTable]) -> list[Finding]:
    """Return what is wrong with the lists of systems, and the references that lead out of what is kept in step."""
    return [
        *(finding for entity, table in tables.items() for finding in _check_table(systems, entity, table)),
        *_check_references(systems, taking_part(systems, tables)),
    ]


def _named(systems: Systems, entity: str, table: EntityTable) -> tuple[str, ...]:
    having = _having(systems, entity)
    if table.systems is None or not systems.keys() >= set(table.systems):
        return having  # a name that leads nowhere is told by itself; nothing else should follow from it
    return tuple(dict.fromkeys(name for name in table.systems if name in having))


def _having(systems: Systems, entity: str) -> tuple[str, ...]:
    return tuple(name for name, system in systems.items() if entity in system.offers)


def _referred_but_missing(systems: Systems, part: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {target for _, _, _, target in _references(systems, part) if target not in part and _having(systems, target)}


def _references(systems: Systems, part: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, str, str, str]]:
    """Yield (system, entity, path, the entity that it refers to) for every reference that a system shows."""
    for entity, names in part.items():
        for name in names:
            for path in sorted(systems[name].offers[entity].carries):
                if target := referred(entity, path):
                    yield name, entity, path, target


def _check_table(systems: Systems, entity: str, table: EntityTable) -> Iterable[Finding]:
    place: Place = ("entities", entity)
    for name in table.systems or ():
        if name not in systems:
            yield Finding((*place, "systems"), f"there is no system `{name}`", choose(name, systems))
        elif systems[name].is_sound and entity not in systems[name].offers:
            remedy = f"describe it in [systems.{name}.entities.{entity}], or leave {name} out"
            yield Finding((*place, "systems"), f"system `{name}` has no {entity}", remedy)
    if table.systems is None and not _having(systems, entity) and all(system.is_sound for system in systems.values()):
        yield Finding(place, f"no system has {entity}", f"describe it in [systems.<name>.entities.{entity}]")


def _check_references(systems: Systems, part: TakingPart) -> Iterable[Finding]:
    for name, entity, path, target in _references(systems, part):
        if name in part.get(target, ()):
            continue
        what = f"`{path}` refers to {target}, but {target} of `{name}` is not kept in step"
        if target in systems[name].offers:
            yield Finding(("entities", target, "systems"), what, f"add {name} to the systems of [entities.{target}]")
        else:
            place = ("systems", name, "entities", entity, "fields", path)
            yield Finding(place, what, f"describe [systems.{name}.entities.{target}] too, or leave the field out")
