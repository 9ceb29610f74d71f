"""Our names in `integration.toml`: which entities and fields there are, and what a mistyped one was meant to be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.connectors.configuration_problems import Finding, Place, choose, nearest
from shared.core.entities import ENTITIES, is_known, referred
from shared.core.keys import REFERENCE
from shared.core.paths import ELEMENTS, any_role, element_of, pattern

TYPING_MISTAKE = 0.75
"""How like one of our names a custom name must be (0 to 1, as `difflib` has it) to be taken for a typing mistake."""

_SEGMENT = re.compile(r"^[a-z][a-z0-9_]*$")
_PATH = re.compile(r"^(?:(?P<collection>[^.\[\]]+)\[(?P<role>[^\]]*)\]\.?)?(?P<field>.*)$")


def check_entity(entity: str, place: Place) -> list[Finding]:
    """Return what is wrong with an entity's name."""
    if entity in ENTITIES:
        return []
    return [Finding(place, f"unknown entity `{entity}`", choose(entity, ENTITIES))]


def check_path(entity: str, path: str, place: Place) -> list[Finding]:
    """Return what is wrong with our side of a mapping: a field, a custom field, or `external_reference`."""
    if path == REFERENCE or is_known(entity, path):
        return []
    found = _PATH.match(path)
    if found is None or not _is_well_formed(entity, path):
        return [Finding(place, f"`{path}` is no field of {entity}", _meant(entity, path))]
    if meant := _near(entity, path):
        return [Finding(place, f"`{path}` is no field of {entity}", f"did you mean {meant}?")]
    return []


def check_reference(entity: str, path: str, target: str, place: Place) -> list[Finding]:
    """Return what is wrong with `theirs -> target`: the entity that a field of ours refers to is given."""
    if problems := check_entity(target, place):
        return problems
    refers_to = referred(entity, path)
    if refers_to == target:
        return []
    what = f"`{path}` of {entity} refers to {refers_to or 'no other entity'}, not to {target}"
    return [Finding(place, what, f"write -> {refers_to}" if refers_to else "leave the arrow out")]


def check_key(entity: str, key: str, place: Place) -> list[Finding]:
    """Return what is wrong with a match key: a plain field or several joined by `+`."""
    problems = [finding for path in parts_of(key) for finding in check_path(entity, path, place)]
    inside = [path for path in parts_of(key) if element_of(path) or path == REFERENCE]
    return problems + [
        Finding(place, f"`{path}` cannot identify a record", "use a field of the record itself") for path in inside
    ]


def parts_of(key: str) -> tuple[str, ...]:
    """Return the fields that a match key joins."""
    return tuple(part.strip() for part in key.split("+"))


def _is_well_formed(entity: str, path: str) -> bool:
    """Tell whether a path could be a custom field: snake_case, in a collection only if the entity has it."""
    found = _PATH.match(path)
    if found is None:
        return False
    collection, role, field = found["collection"], found["role"], found["field"]
    if collection is None:
        return all(_SEGMENT.match(part) for part in field.split("."))
    has_room = role == "" if collection in ELEMENTS else bool(role == "" or _SEGMENT.match(role))
    return collection in _collections(entity) and has_room and bool(_SEGMENT.match(field))


def _near(entity: str, path: str) -> str | None:
    """Return the field that a custom name is suspiciously near to; `phone2` and `price_list` are names of their own."""
    general = any_role(path) or pattern(path)
    head, _, last = general.rpartition(".")
    siblings = {own.rpartition(".")[2]: own for own in _own(entity) if own.rpartition(".")[0] == head}
    meant = nearest(last, siblings, TYPING_MISTAKE)
    if meant is None or re.fullmatch(rf"{meant}(\d+|_\w+)|\w+_{meant}", last):
        return None
    return siblings[meant].replace("[]", f"[{_role(path)}]")


def _meant(entity: str, path: str) -> str:
    meant = nearest(re.sub(r"\[[^\]]*\]", "[]", path), _own(entity))
    if meant:
        return f"did you mean {meant.replace('[]', f'[{_role(path)}]')}?"
    collections = " or ".join(f"{name}[]" for name in _collections(entity))
    return "a custom field is written in snake_case" + (
        f", and lists of {entity} are {collections}" if collections else ""
    )


def _role(path: str) -> str:
    found = _PATH.match(path)
    return (found["role"] or "") if found and found["collection"] not in ELEMENTS else ""


def _own(entity: str) -> Mapping[str, str]:
    return {**ENTITIES[entity], REFERENCE: "text"}


def _collections(entity: str) -> list[str]:
    return list(dict.fromkeys(own.partition("[")[0] for own in ENTITIES[entity] if "[" in own))
