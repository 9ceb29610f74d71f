"""Reads one table of `integration.toml` into its model, and says in the user's words what is wrong with it.

A validator of a model says `what - remedy` in its `ValueError`; all other mistakes are put into words here, by type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from shared.connectors.configuration_problems import Finding, Place, choose, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

_KINDS: Mapping[str, str] = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list in [ ]",
    "tuple_type": "a list in [ ]",
    "set_type": "a list in [ ]",
    "frozen_set_type": "a list in [ ]",
    "dict_type": "a table in { }",
    "mapping_type": "a table in { }",
    "model_type": "a table in { }",
    "model_attributes_type": "a table in { }",
}


def read_what_can_be(model: type[Model], table: Mapping[str, object], at: Place) -> tuple[Model | None, list[Finding]]:
    """Read a table; with mistakes in it, without the keys that have one, so that the others can be checked further."""
    whole, findings = read(model, table, at)
    if whole is not None:
        return whole, findings
    wrong = {finding.place[len(at)] for finding in findings if len(finding.place) > len(at)}
    return read(model, {key: value for key, value in table.items() if key not in wrong}, at)[0], findings


def read(model: type[Model], table: Mapping[str, object], at: Place) -> tuple[Model | None, list[Finding]]:
    """Return the table as its model, or nothing and everything that is wrong with it."""
    try:
        return model.model_validate(dict(table)), []
    except ValidationError as error:
        return None, _findings(model, table, at, error)


def _findings(model: type[BaseModel], table: Mapping[str, object], at: Place, error: ValidationError) -> list[Finding]:
    by_place: dict[Place, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_place.setdefault(_place(detail, table), []).append(detail)
    misspelt = {
        place[:-1]: _meant(model, place) for place, details in by_place.items() if _is(details, "extra_forbidden")
    }
    return [
        _finding(model, at, place, details)
        for place, details in by_place.items()
        if not any(_leads_to(place, other) for other in by_place)
        and not (_is(details, "missing") and misspelt.get(place[:-1]) == place[-1])
    ]


def _is(details: Sequence[ErrorDetails], kind: str) -> bool:
    return any(detail["type"] == kind for detail in details)


def _meant(model: type[BaseModel], place: Place) -> str | None:
    return nearest(str(place[-1]), _keys_at(model, place[:-1]))


def _place(detail: ErrorDetails, table: Mapping[str, object]) -> Place:
    """Return where the mistake is in the file: what pydantic names, without the names of alternatives."""
    place: list[str | int] = []
    here: object = table
    for step in detail["loc"]:
        if _has(here, step):
            here = here[step]  # type: ignore[index]  # _has has looked
        elif not (detail["type"] == "missing" and step == detail["loc"][-1]):
            continue
        place.append(step)
    return tuple(place)


def _has(here: object, step: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, Mapping) and step in here


def _leads_to(place: Place, other: Place) -> bool:
    return len(place) < len(other) and other[: len(place)] == place


def _finding(model: type[BaseModel], at: Place, place: Place, details: Sequence[ErrorDetails]) -> Finding:
    kinds = list(dict.fromkeys(_KINDS[detail["type"]] for detail in details if detail["type"] in _KINDS))
    telling = [detail for detail in details if detail["type"] not in _KINDS]
    if not telling:
        name = place[-1] if place else at[-1]
        return Finding(
            at + place, f"`{name}` must be {' or '.join(kinds)}", "write it so, see the example in the README"
        )
    tell: _Tell = _TELLING.get(telling[0]["type"], _plain)
    what, remedy = tell(model, place, telling[0])
    return Finding(at + place, what, remedy)


def _name(place: Place) -> str:
    """Return the key that a place is known by: not the number of an item in its list."""
    return next((step for step in reversed(place) if isinstance(step, str)), "")


def _unknown_key(model: type[BaseModel], place: Place, _detail: ErrorDetails) -> tuple[str, str]:
    return f"unknown key `{place[-1]}`", choose(str(place[-1]), sorted(_keys_at(model, place[:-1])))


def _missing_key(model: type[BaseModel], place: Place, _detail: ErrorDetails) -> tuple[str, str]:
    described = _description(model, place)
    what = f"`{place[-1]}` is missing"
    if described:
        return what, f"add it: {described}"
    if _tables_at(model, place) or _tables_at(model, (*place, "")):
        return what, f"add a table [….{place[-1]}], see the example in the README"
    return what, f"add `{place[-1]} = …` to the table"


def _no_such_choice(_model: type[BaseModel], place: Place, detail: ErrorDetails) -> tuple[str, str]:
    possible = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    return f"`{_name(place)}` cannot be {detail['input']!r}", choose(str(detail["input"]), possible)


def _other_pattern(_model: type[BaseModel], place: Place, detail: ErrorDetails) -> tuple[str, str]:
    pattern = detail.get("ctx", {}).get("pattern", "")
    remedy = "write such as https://crm.example.com" if "https?" in pattern else f"it must match {pattern}"
    return f"`{_name(place)}` cannot be {detail['input']!r}", remedy


def _own_words(_model: type[BaseModel], _place: Place, detail: ErrorDetails) -> tuple[str, str]:
    what, _, remedy = str(detail.get("ctx", {}).get("error", detail["msg"])).partition(" - ")
    return what, remedy or "see the example in the README"


def _plain(_model: type[BaseModel], place: Place, detail: ErrorDetails) -> tuple[str, str]:
    words = detail["msg"].replace("Input should", "it should")
    return f"`{_name(place)}` is not possible: {words}", "see the example in the README"


_Tell: TypeAlias = Callable[[type[BaseModel], Place, Any], tuple[str, str]]

_TELLING: Mapping[str, _Tell] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "literal_error": _no_such_choice,
    "enum": _no_such_choice,
    "string_pattern_mismatch": _other_pattern,
    "value_error": _own_words,
    "assertion_error": _own_words,
}


def _keys_at(model: type[BaseModel], place: Place) -> set[str]:
    """Return the keys that the table at a place may have; `name` is not written by the user at the top."""
    keys = {info.alias or name for table in _tables_at(model, place) for name, info in table.model_fields.items()}
    return keys if place else keys - {"name"}


def _description(model: type[BaseModel], place: Place) -> str:
    for table in _tables_at(model, place[:-1]):
        for name, info in table.model_fields.items():
            if place[-1] in (name, info.alias) and info.description:
                return info.description
    return ""


def _tables_at(model: type[BaseModel], place: Place) -> list[type[BaseModel]]:
    here: list[object] = [model]
    for step in place:
        here = [below for annotation in here for below in _below(annotation, step)]
    return [table for annotation in here for table in _tables(annotation)]


def _tables(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif not _is_container(annotation):
        for part in get_args(annotation):
            yield from _tables(part)


def _below(annotation: object, step: str | int) -> Iterator[object]:
    """Yield the annotations of what stands under one step: a field of a model, an item, a value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if step in (name, info.alias):
                yield info.annotation
    elif _is_container(annotation):
        yield from get_args(annotation)[-1:]
    else:
        for part in get_args(annotation):
            yield from _below(part, step)


def _is_container(annotation: object) -> bool:
    origin = getattr(annotation, "__origin__", None)
    return isinstance(origin, type) and issubclass(origin, Mapping | Sequence)
