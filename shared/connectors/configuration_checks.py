"""What may be wrong in a well-formed `[entities.*]` table: names that lead nowhere, rules that cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from shared.connectors.configuration_grammar import EntityTable, FieldTable
from shared.connectors.configuration_names import check_key, check_path, parts_of
from shared.connectors.configuration_problems import Finding, Place, choose
from shared.connectors.configuration_taking_part import Systems
from shared.core.entities import PROMISE
from shared.core.paths import any_role, pattern
from shared.core.rules import Decider
from shared.core.status import STATUSES, has_order


def check_entity_table(systems: Systems, entity: str, table: EntityTable, part: Collection[str]) -> Iterator[Finding]:
    """Yield what is wrong with one entity's table; `part` are the systems that take part."""
    place: Place = ("entities", entity)
    for key in ("capture", "every"):
        if isinstance(by_system := getattr(table, key), dict):
            yield from _check_systems(systems, entity, by_system, (*place, key), part)
    yield from _check_systems(systems, entity, [table.owner] if table.owner else [], (*place, "owner"), part)
    yield from _check_systems(systems, entity, table.creators or [], (*place, "creators"), part)
    yield from _check_capture(systems, entity, table, part)
    yield from _check_identity(systems, entity, table, part)
    for path, rule in table.fields.items():
        yield from _check_field(systems, entity, path, rule, part)


def _check_systems(
    systems: Systems, entity: str, names: Iterable[str], place: Place, part: Collection[str]
) -> Iterator[Finding]:
    for name in names:
        if name not in systems:
            yield Finding(place, f"there is no system `{name}`", choose(name, systems))
        elif systems[name].is_sound and name not in part:
            remedy = (
                f"add it to the systems of [entities.{entity}], or use one of: {', '.join(part) or 'none takes part'}"
            )
            yield Finding(place, f"system `{name}` takes no part in {entity}", remedy)


def _check_capture(systems: Systems, entity: str, table: EntityTable, part: Collection[str]) -> Iterator[Finding]:
    for name in part:
        way = table.capture if isinstance(table.capture, str) else table.capture.get(name)
        possible = systems[name].offers[entity].capture | {"event"}
        if way is not None and way not in possible:
            remedy = choose(way, sorted(possible))
            yield Finding(("entities", entity, "capture", name), f"`{name}` cannot tell of {entity} by {way}", remedy)
        elif way == "webhook" and not systems[name].has_secret:
            what = f"webhooks of `{name}` cannot be verified without a secret"
            remedy = f'add secret = "{name}" to [systems.{name}]; it holds webhook_secret'
            yield Finding(("entities", entity, "capture", name), what, remedy)


def _check_identity(systems: Systems, entity: str, table: EntityTable, part: Collection[str]) -> Iterator[Finding]:
    shown = _shown(systems, entity, part)
    for index, key in enumerate(table.identity or ()):
        place = ("entities", entity, "identity", index, "key")
        misnamed = check_key(entity, key.key, place)
        yield from misnamed
        unseen = [path for path in parts_of(key.key) if path not in shown]
        if unseen and not misnamed and _all_sound(systems):
            yield Finding(
                place,
                f"no system shows `{unseen[0]}` of {entity}",
                f"map it in the fields of [systems.*.entities.{entity}]",
            )


def _check_field(
    systems: Systems, entity: str, path: str, rule: FieldTable, part: Collection[str]
) -> Iterator[Finding]:
    place: Place = ("entities", entity, "fields", path)
    misnamed = check_path(entity, path, place)
    yield from misnamed
    if not misnamed and _all_sound(systems) and not _is_shown(path, _shown(systems, entity, part)):
        remedy = choose(path, sorted(_shown(systems, entity, part)))
        yield Finding(place, f"no system that takes part has `{path}` of {entity}", remedy)
    yield from _check_systems(systems, entity, rule.writers or [], (*place, "writers"), part)
    yield from _check_systems(systems, entity, [rule.owner] if rule.owner else [], (*place, "owner"), part)
    for key, by_status in (("writers_of", rule.writers_of), ("writers_from", rule.writers_from)):
        yield from _check_statuses(entity, by_status or {}, (*place, key))
        for status, names in (by_status or {}).items():
            yield from _check_systems(systems, entity, names, (*place, key, status), part)
    yield from _check_sense(entity, path, rule, place)


def _check_statuses(entity: str, by_status: Mapping[str, object], place: Place) -> Iterator[Finding]:
    if by_status and not has_order(entity):
        yield Finding(place, f"{entity} has no order of statuses", "use writers instead")
        return
    for status in by_status:
        if status not in STATUSES[entity]:
            yield Finding((*place, status), f"`{status}` is no status of {entity}", choose(status, STATUSES[entity]))


def _check_sense(entity: str, path: str, rule: FieldTable, place: Place) -> Iterator[Finding]:
    if path in PROMISE:
        yield Finding(place, f"`{path}` is said by Tandem and written by no system", "leave the table out")
    is_status = path == "status" and has_order(entity)
    if rule.writers_of and not is_status:
        yield Finding(
            (*place, "writers_of"), "writers_of is about the values of a status", "use writers or writers_from"
        )
    if rule.writers_from and is_status:
        yield Finding((*place, "writers_from"), "writers_from is about other fields than the status", "use writers_of")
    if is_status and rule.rule not in (None, Decider.STATUS):
        what = f"two claims about the status of one {entity} are decided by the order of statuses"
        yield Finding((*place, "rule"), what, "leave rule out; say in writers_of who may set which status")
    if not is_status and rule.rule is Decider.STATUS:
        yield Finding((*place, "rule"), f"`{path}` has no order of statuses", "use owner, latest or person")


def _shown(systems: Systems, entity: str, part: Collection[str]) -> frozenset[str]:
    offers = [systems[name].offers[entity] for name in part]
    return frozenset[str]().union(*(offer.carries | offer.takes for offer in offers))


def _is_shown(path: str, shown: frozenset[str]) -> bool:
    """Tell whether a rule's path is about something that a system shows; `addresses[].city` is about every role."""
    return pattern(path) in shown or any(any_role(own) == path for own in shown)


def _all_sound(systems: Systems) -> bool:
    return all(system.is_sound for system in systems.values())
