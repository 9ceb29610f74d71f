"""Compiles what the user wrote, what the connectors can do, and the defaults into the rules of the merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shared.connectors.configuration_grammar import EntityTable, FieldTable, seconds
from shared.connectors.configuration_names import parts_of
from shared.connectors.configuration_taking_part import Described, Systems, TakingPart
from shared.core.defaults import DEFAULTS, default_creators, default_identity, default_owner, default_rule
from shared.core.integration import Integration, Strand
from shared.core.paths import any_role, pattern, presence
from shared.core.rules import Decider, EntityRules, FieldRule, MatchKey, SystemRules
from shared.core.status import rank
from shared.ports.capabilities import EntityCapability

POLL_SECONDS = 60
SAFETY_NET_SECONDS = 900
"""How often a system is polled: as the only way, or beside webhooks and events that may be lost."""

_NOTHING = EntityTable()


def integration_of(version: str, systems: Systems, tables: Mapping[str, EntityTable], part: TakingPart) -> Integration:
    """Return the installation as values; everything in it has been checked."""
    chosen = {entity: tables.get(entity, _NOTHING) for entity in part}
    return Integration(
        version=version,
        sides={name: system.side for name, system in systems.items()},
        entities={
            entity: _rules(version, entity, chosen[entity], _of(systems, names)) for entity, names in part.items()
        },
        strands={
            (name, entity): _strand(name, systems[name].offers[entity], chosen[entity])
            for entity, names in part.items()
            for name in names
        },
        quotas={name: system.calls_per_day for name, system in systems.items() if system.calls_per_day},
    )


def _of(systems: Systems, names: Iterable[str]) -> list[Described]:
    return [systems[name] for name in names]


def _rules(version: str, entity: str, table: EntityTable, part: Sequence[Described]) -> EntityRules:
    systems = {system.name: system_rules(system, system.offers[entity]) for system in part}
    owner = table.owner or default_owner(entity, systems)
    return EntityRules(
        entity=entity,
        systems=systems,
        owner=owner,
        creators=default_creators(entity, owner, systems) if table.creators is None else frozenset(table.creators),
        identity=default_identity(entity, systems) if table.identity is None else _identity(entity, table),
        on_delete=table.on_delete,
        max_deletes_per_run=table.max_deletes_per_run,
        max_creates_per_run=table.max_creates_per_run,
        max_updates_per_run=table.max_updates_per_run,
        max_archives_per_run=table.max_archives_per_run,
        fields=_field_rules(entity, table, owner, systems),
        version=version,
    )


def system_rules(system: Described, offer: EntityCapability) -> SystemRules:
    """Return what a connector declares for an entity, as the rules of the merge say it."""
    return SystemRules(
        system=system.name,
        side=system.side,
        carries=_with_presence(offer.carries),
        takes=_with_presence(offer.takes),
        write_only=offer.write_only,
        uncovered=offer.uncovered,
        exact=offer.exact,
        stale_reads=offer.stale_reads,
        carries_reference=offer.reference_field is not None,
        keys=offer.keys,
        can_read=not offer.can.isdisjoint({"read", "list"}),
        can_create="create" in offer.can,
        can_update="update" in offer.can,
        can_archive="archive" in offer.can,
        consistent_listing=offer.consistent_listing,
        stored_forms=offer.stored_forms,
        apply_seconds=offer.apply_seconds,
        look_up_seconds=offer.look_up_seconds,
        lease_seconds=offer.lease_seconds,
        archived_as=offer.archived_as,
    )


def _with_presence(patterns: frozenset[str]) -> frozenset[str]:
    """Return the patterns with `lines[]` beside `lines[].quantity`: who shows an element shows that it is there."""
    return patterns | {whole for path in patterns if (whole := presence(path))}


def _identity(entity: str, table: EntityTable) -> tuple[MatchKey, ...]:
    """Return the keys as written; one that does not say whether it is unique is as unique as the default says."""
    known = {key.name: key.unique for key in DEFAULTS[entity].identity}
    keys = [("+".join(parts_of(key.key)), key.unique) for key in table.identity or ()]
    return tuple(
        MatchKey(name, parts_of(name), known.get(name, False) if unique is None else unique) for name, unique in keys
    )


def _field_rules(
    entity: str, table: EntityTable, owner: str, systems: Mapping[str, SystemRules]
) -> Mapping[str, FieldRule]:
    """Return a rule for every path that a system shows or takes."""
    written = {pattern(path): rule for path, rule in table.fields.items()}
    shown = frozenset[str]().union(*(system.carries | system.takes for system in systems.values()))
    return {
        path: _field_rule(
            entity,
            written.get(path) or written.get(any_role(path) or ""),
            default_rule(entity, path, owner, systems),
        )
        for path in sorted(shown)
    }


def _field_rule(entity: str, table: FieldTable | None, default: FieldRule) -> FieldRule:
    """Return the default with what the user wrote over it.

    `writers` says it all: what the default narrows by status goes with the default's writers. `writers_of` and
    `writers_from` alone change the statuses that they name.
    """
    if table is None:
        return default
    base = default if table.writers is None else FieldRule(writers=frozenset(table.writers))
    return FieldRule(
        writers=base.writers,
        writers_of={**base.writers_of, **_sets(table.writers_of)},
        writers_from=_by_rank(entity, {**base.writers_from, **_sets(table.writers_from)}),
        decider=table.rule or Decider.OWNER,
        owner=table.owner or "",
    )


def _sets(by_status: Mapping[str, list[str]] | None) -> dict[str, frozenset[str]]:
    return {status: frozenset(names) for status, names in (by_status or {}).items()}


def _by_rank(entity: str, by_status: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the milestones in the order of statuses: the last one that is reached counts."""
    return dict(sorted(by_status.items(), key=lambda item: rank(entity, item[0])))


def _strand(system: str, offer: EntityCapability, table: EntityTable) -> Strand:
    usually = "push" if offer.capture == {"push"} else "poll"
    capture = table.capture if isinstance(table.capture, str) else table.capture.get(system, usually)
    every = table.every if isinstance(table.every, str) else table.every.get(system)
    usual = POLL_SECONDS if capture == "poll" else SAFETY_NET_SECONDS
    return Strand(
        capture=capture,
        every_seconds=usual if every is None else seconds(every),
        batch_size=offer.batch_size,
        fetch_size=offer.fetch_size,
        listed="list" in offer.can,
    )
