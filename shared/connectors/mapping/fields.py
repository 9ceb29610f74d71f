"""A mapping, compiled: which field of ours stands at which place of the partner's record, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from shared.connectors.mapping.places import steps
from shared.connectors.mapping.spec import FieldSpec
from shared.core.entities import ENTITIES, Kind, is_known, kind_of, referred
from shared.core.keys import REFERENCE
from shared.core.paths import ELEMENTS, element_of, element_path


@dataclass(frozen=True, slots=True)
class MappedField:
    """One field: our pattern, the place (in the element, for elements), what it holds and how it is sent.

    `values` are pairs of our value as text and one of theirs; `keeps_others` says that a value beside them
    is the same on both sides; `refers` is the entity that a reference names.
    """

    ours: str
    place: str
    kind: Kind = Kind.TEXT
    refers: str | None = None
    values: tuple[tuple[str, Any], ...] = ()
    write_only: bool = False
    read_only: bool = False
    format: str | None = None
    scale: int = 0
    keeps_others: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A list of elements: our name, the place of the list, the place of the id in each (if it has one), its fields."""

    name: str
    place: str
    id_place: str | None
    fields: tuple[MappedField, ...]


@dataclass(frozen=True)
class EntityMapping:
    """How one entity looks at one partner. `id_place` is where its id stands, `reference` where ours does.

    `omits_null` says that a key which the partner leaves out is null there.
    """

    system: str
    entity: str
    id_place: str = "id"
    plain: tuple[MappedField, ...] = ()
    collections: tuple[Collection, ...] = ()
    reference: str | None = None
    omits_null: bool = False
    stored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def by_ours(self) -> Mapping[str, MappedField]:
        """Return the plain fields by our path."""
        return {each.ours: each for each in self.plain}

    @cached_property
    def carries(self) -> frozenset[str]:
        """Return the patterns that the partner shows."""
        return frozenset(each.ours for each in self._all() if not each.write_only) | self._presences()

    @cached_property
    def takes(self) -> frozenset[str]:
        """Return the patterns that the partner is sent."""
        sent = frozenset(each.ours for each in self._all() if not each.read_only)
        touched = {element.collection for element in map(element_of, sent) if element is not None}
        return sent | {element_path(name, "") for name in touched}

    @cached_property
    def write_only(self) -> frozenset[str]:
        """Return the patterns that the partner never shows."""
        return frozenset(each.ours for each in self._all() if each.write_only)

    def collection(self, name: str) -> Collection | None:
        """Return how a collection of elements stands at the partner."""
        return next((each for each in self.collections if each.name == name), None)

    def _all(self) -> Iterator[MappedField]:
        yield from self.plain
        for each in self.collections:
            yield from each.fields

    def _presences(self) -> frozenset[str]:
        return frozenset(element_path(each.name, "") for each in self.collections)


def compiled(
    system: str, entity: str, specs: Mapping[str, FieldSpec], id_place: str = "id", *, omits_null: bool = False
) -> EntityMapping:
    """Return the mapping that these lines describe. ValueError, with the line's name, for one that makes no sense."""
    if entity not in ENTITIES:
        raise ValueError(f"there is no entity {entity}; there are {', '.join(ENTITIES)}")
    steps(id_place)
    plain: list[MappedField] = []
    parts: dict[str, list[tuple[MappedField, str]]] = {}
    ids: dict[str, tuple[str, str]] = {}
    for ours, spec in specs.items():
        element = element_of(ours)
        place, _, target = (part.strip() for part in spec.path.partition("->"))
        if ours == REFERENCE:
            continue
        if element is None:
            plain.append(_field(entity, ours, place, target, spec))
            continue
        array, inner = _inside(ours, place)
        if element.key:
            raise ValueError(f"{ours}: write {element.collection}[] for every element")
        if element.field:
            parts.setdefault(element.collection, []).append((_field(entity, ours, inner, target, spec), array))
        else:
            ids[element.collection] = (array, inner)
    return EntityMapping(
        system=system,
        entity=entity,
        id_place=id_place,
        plain=tuple(plain),
        collections=tuple(_collections(parts, ids)),
        reference=_reference(specs),
        omits_null=omits_null,
        stored={ours: spec.stored for ours, spec in specs.items() if spec.stored},
    )


def _field(entity: str, ours: str, place: str, target: str, spec: FieldSpec) -> MappedField:
    if "[]" in place:
        raise ValueError(f"{ours}: {place} is a list, but only {', '.join(sorted(ELEMENTS))} have elements")
    if "[]" in ours and element_of(ours) is None:
        raise ValueError(f"{ours}: name the role, such as addresses[billing].city")
    steps(place)
    refers = target or referred(entity, ours)
    kind = (
        Kind.REFERENCE if refers else (spec.kind if spec.kind and not is_known(entity, ours) else kind_of(entity, ours))
    )
    if target and target not in ENTITIES:
        raise ValueError(f"{ours}: there is no entity {target}; there are {', '.join(ENTITIES)}")
    return MappedField(
        ours=ours,
        place=place,
        kind=kind,
        refers=refers,
        values=tuple(_pairs(spec)),
        write_only=spec.write_only,
        read_only=spec.read_only,
        format=spec.format,
        scale=spec.scale,
        keeps_others=spec.others == "keep",
    )


def _pairs(spec: FieldSpec) -> Iterator[tuple[str, Any]]:
    for ours, theirs in spec.values.items():
        for each in theirs if isinstance(theirs, tuple) else (theirs,):
            yield ours, each


def _inside(ours: str, place: str) -> tuple[str, str]:
    array, found, inner = place.partition("[].")
    if not found or "[]" in inner:
        raise ValueError(f"{ours}: write the place in each element, such as items[].qty, not {place}")
    steps(array)
    steps(inner)
    return array, inner


def _collections(
    parts: Mapping[str, list[tuple[MappedField, str]]], ids: Mapping[str, tuple[str, str]]
) -> Iterator[Collection]:
    for name, id_and_array in ids.items():
        if name not in parts:
            raise ValueError(f"{name}[]: {id_and_array[0]} has an id but no field is mapped")
    for name, mapped in parts.items():
        arrays = {array for _, array in mapped} | ({ids[name][0]} if name in ids else set())
        if len(arrays) > 1:
            raise ValueError(f"{name}[]: its fields stand in different lists: {', '.join(sorted(arrays))}")
        id_place = ids[name][1] if name in ids else None
        yield Collection(name, arrays.pop(), id_place, tuple(each for each, _ in mapped))


def _reference(specs: Mapping[str, FieldSpec]) -> str | None:
    spec = specs.get(REFERENCE)
    if spec is None:
        return None
    steps(spec.path)
    return spec.path
