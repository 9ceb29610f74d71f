"""Reads one `[systems.*]` table: what every system says, then what its connector's settings model asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from shared.connectors.configuration_names import check_entity, check_path, check_reference, parts_of
from shared.connectors.configuration_problems import Finding, Place, choose, nearest
from shared.connectors.configuration_quota import KEYS, calls_per_day, read_quota
from shared.connectors.configuration_reading import read
from shared.connectors.configuration_taking_part import Described
from shared.core.defaults import SIDES
from shared.core.entities import ENTITIES
from shared.core.quota import UNLIMITED, Quota
from shared.core.repair import OPERATOR
from shared.core.rules import OURS
from shared.ports.capabilities import Capabilities, EntityCapability

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_SECRET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
SOURCES = frozenset({OURS, OPERATOR})
_ARROW = re.compile(r"->\s*(\S+)\s*$")


def read_system(
    name: str, table: Mapping[str, object], connectors: Mapping[str, Capabilities]
) -> tuple[Described, BaseModel | None, list[Finding]]:
    """Return the system, its connector's settings if they are right, and everything that is wrong."""
    findings = [*_check_name(name), *_check_choices(name, table, connectors)]
    usual = _usual_quota(table, connectors)
    quota, wrong_quota = read_quota(name, table, usual)
    findings += [*wrong_quota, *_check_entities(name, table)]
    settings: BaseModel | None = None
    entities: Mapping[str, EntityCapability] = {}
    if table.get("connector") in connectors:
        capabilities = connectors[str(table["connector"])]
        given = _given(name, table, capabilities)
        settings, wrong = read(capabilities.settings, given, ("systems", name))
        found = [_nearer(finding, capabilities.settings, name, given) for finding in wrong]
        findings += [finding for finding in found if not _is_told(finding, findings)]
        entities = {} if settings is None else capabilities.entities(settings)
    side = str(table.get("side", ""))
    has_secret = settings is None or bool(getattr(settings, "secret", ""))
    described = Described(name, side, entities, not findings, has_secret, calls_per_day(table), quota)
    return described, settings, findings


def _usual_quota(table: Mapping[str, object], connectors: Mapping[str, Capabilities]) -> Quota:
    if table.get("connector") not in connectors:
        return UNLIMITED
    connector = connectors[str(table["connector"])]
    return connector.allows_at(str(table.get("base_url", ""))) or connector.allows


def _given(name: str, table: Mapping[str, object], capabilities: Capabilities) -> dict[str, object]:
    """Return the table as the connector's settings model reads it: with the system's name, and that of its secret.

    A secret that is not named is named like the system; a system that says nothing of `auth` though it could has none.
    """
    has_none = "auth" in capabilities.settings.model_fields and table.get("auth") in (None, "none")
    own = {key: value for key, value in table.items() if key not in KEYS}
    return {"secret": "" if has_none else name, **own, "name": name}


def _check_name(name: str) -> Iterator[Finding]:
    if not _NAME.fullmatch(name):
        remedy = "use letters, digits, _ - and ., at most 63, a letter or digit first"
        yield Finding(("systems", name), f"`{name}` cannot be a system's name", remedy)
    if name in SOURCES:
        what = f"`{name}` is no system: what Tandem or a person sets is noted under that name"
        yield Finding(("systems", name), what, "choose another name")


def _check_choices(name: str, table: Mapping[str, object], connectors: Iterable[str]) -> Iterator[Finding]:
    for key, possible in (("connector", tuple(connectors)), ("side", SIDES)):
        place: Place = ("systems", name, key)
        chosen = table.get(key)
        if chosen is None:
            yield _missing(place, f"`{key}` of system {name} is missing", table, possible)
        elif chosen not in possible:
            yield Finding(place, f"there is no {key} `{chosen}`", choose(str(chosen), possible))
    secret = table.get("secret")
    if isinstance(secret, str) and not _SECRET.fullmatch(secret):
        remedy = "name it with letters, digits, - and _; what it holds never stands in this file"
        yield Finding(("systems", name, "secret"), "`secret` is not the name of a secret", remedy)
    if "name" in table:
        place = ("systems", name, "name")
        yield Finding(place, "unknown key `name`", f"leave it out: the name stands in [systems.{name}]")


def _missing(place: Place, what: str, table: Mapping[str, object], possible: Iterable[str]) -> Finding:
    key = str(place[-1])
    meant = [other for other in table if nearest(other, [key])]
    if meant:
        return Finding((*place[:-1], meant[0]), f"{what}, but there is `{meant[0]}`", f"did you mean {key}?")
    return Finding(place, what, f"add {key} = one of: {', '.join(possible)}")


def _check_entities(name: str, table: Mapping[str, object]) -> Iterator[Finding]:
    """Yield what is wrong with our side of the mappings; their side is the connector's to check."""
    entities = table.get("entities", {})
    for entity, described in entities.items() if isinstance(entities, dict) else ():
        place: Place = ("systems", name, "entities", entity)
        yield from check_entity(entity, place)
        if entity in ENTITIES and isinstance(described, dict):
            yield from _check_fields(entity, described, place)


def _check_fields(entity: str, described: Mapping[str, object], place: Place) -> Iterator[Finding]:
    fields, find = described.get("fields"), described.get("find")
    for ours, theirs in fields.items() if isinstance(fields, dict) else ():
        yield from _check_field(entity, ours, theirs, (*place, "fields", ours))
    for key in find if isinstance(find, dict) else ():
        for path in parts_of(key):
            yield from check_path(entity, path, (*place, "find", key))


def _check_field(entity: str, ours: str, theirs: object, place: Place) -> Iterator[Finding]:
    misnamed = check_path(entity, ours, place)
    yield from misnamed
    path = theirs.get("path") if isinstance(theirs, dict) else theirs
    arrow = _ARROW.search(path) if isinstance(path, str) else None
    if arrow and not misnamed:
        yield from check_reference(entity, ours, arrow[1], place)


def _nearer(finding: Finding, model: type[BaseModel], name: str, table: Mapping[str, object]) -> Finding:
    """Return a mistake of the whole system's with the entity, and the field, that it is about.

    A model may check mappings as a whole, and then says `field: what`: the entity is the one that fails by itself.
    """
    entities = table.get("entities")
    if finding.place != ("systems", name) or not isinstance(entities, dict):
        return finding
    for entity, described in entities.items():
        _, alone = read(model, {**table, "entities": {entity: described}}, finding.place)
        if finding.what in {other.what for other in alone}:
            ours = finding.what.partition(": ")[0]
            return Finding((*finding.place, "entities", entity, "fields", ours), finding.what, finding.remedy)
    return finding


def _is_told(finding: Finding, told: list[Finding]) -> bool:
    """Tell whether our own checks have already said what is wrong at a place, or at the entity that it is in."""
    return any(finding.place[: len(other.place)] == other.place for other in told if len(other.place) > 2)
