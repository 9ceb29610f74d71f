"""Values, theirs to ours and back: numbers or texts for decimals, moments in any usual form, value maps, references.

Reading raises `MisfitError` with a reason that holds no value. Writing is exact: a decimal goes out digit by digit, as
its mapping says, else in the JSON kind in which the partner shows the field (`Habits`), else as a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.connectors.mapping import moments
from shared.connectors.mapping.fields import MappedField
from shared.connectors.mapping.habits import Habit
from shared.connectors.mapping.places import MisfitError, UnknownValueError
from shared.core.entities import Kind
from shared.core.status import STATUSES
from shared.core.values import Reference, Value

_HALF = re.compile("[\ud800-\udfff]")
_TRUE, _FALSE = frozenset({"true", "1", "yes", "t", "y"}), frozenset({"false", "0", "no", "f", "n"})


class NoSuchValueError(ValueError):
    """The partner has no value for this one of ours."""


def incoming(system: str, entity: str, mapped: MappedField, raw: Any) -> Value:
    """Return a partner's value in canonical form. MisfitError where it is none."""
    if raw is None:
        return None
    if mapped.values or mapped.kind is Kind.STATUS:
        return _typed(mapped.kind, _mapped_in(entity, mapped, raw))
    if mapped.kind is Kind.REFERENCE:
        return _reference(system, mapped, raw)
    value = _READERS[mapped.kind](raw)
    return value.scaleb(-mapped.scale) if mapped.scale and isinstance(value, Decimal) else value


def outgoing(entity: str, mapped: MappedField, value: Value, habit: Habit | None) -> Any:
    """Return our value as the partner takes it. NoSuchValueError where the value map knows none."""
    if value is None:
        return None
    if mapped.values:
        return _mapped_out(entity, mapped, value)
    if isinstance(value, Reference):
        return _in_kind(value.external_id, habit.json if habit else mapped.format)
    if isinstance(value, datetime):
        return moments.written(value, _style(mapped, habit))
    if isinstance(value, bool):
        return int(value) if habit is not None and habit.json == "number" else value
    if isinstance(value, Decimal):
        return _number_out(value.scaleb(mapped.scale) if mapped.scale else value, mapped, habit)
    return _in_kind(value, habit.json if habit else mapped.format)


def text(raw: Any) -> str:
    """Return a text, or an id, as text. MisfitError for a list, an object, or text that is none (half a character)."""
    if isinstance(raw, str):
        if not raw.isascii() and _HALF.search(raw):
            raise MisfitError("holds half a character")
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, Decimal):
        return format(raw, "f")
    raise MisfitError("is not text")


def id_text(raw: Any) -> str | None:
    """Return a partner's id as text; nothing where none stands. An object that has an id stands for it."""
    if isinstance(raw, Mapping):
        raw = raw.get("id")
    if raw is None or isinstance(raw, bool):
        return None
    if isinstance(raw, Decimal) and raw == raw.to_integral_value():
        raw = int(raw)
    return text(raw).strip() or None


def _number(raw: Any) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | str):
        raise MisfitError("is not a number")
    if isinstance(raw, str) and not raw.strip():
        return None
    try:
        number = Decimal(raw.strip() if isinstance(raw, str) else raw)
    except InvalidOperation as error:
        raise MisfitError("is not a number") from error
    if not number.is_finite():
        raise MisfitError("is not a finite number")
    return number


def _flag(raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw
    word = text(raw).strip().casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if not word:
        return None
    raise MisfitError("is neither true nor false")


def _moment(raw: Any) -> datetime | None:
    if isinstance(raw, str) and not raw.strip():
        return None
    return moments.moment(raw)


_READERS: Mapping[Kind, Callable[[Any], Value]] = {
    Kind.TEXT: text,
    Kind.STATUS: text,
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.FLAG: _flag,
    Kind.PRESENCE: _flag,
    Kind.MOMENT: _moment,
}


def _reference(system: str, mapped: MappedField, raw: Any) -> Reference | None:
    external_id = id_text(raw)
    return None if external_id is None or mapped.refers is None else Reference(system, mapped.refers, external_id)


def _mapped_in(entity: str, mapped: MappedField, raw: Any) -> str | None:
    shown = text(raw)
    for ours, theirs in mapped.values:
        if text(theirs) == shown:
            return ours
    if not shown:
        return None
    if _is_same_in_both(entity, mapped, shown) and shown not in {ours for ours, _ in mapped.values}:
        return shown
    raise UnknownValueError("shows a value that the mapping does not know")


def _mapped_out(entity: str, mapped: MappedField, value: Value) -> Any:
    ours = _as_text(value)
    for known, theirs in mapped.values:
        if known == ours:
            return theirs
    if _is_same_in_both(entity, mapped, ours) and ours not in {text(theirs) for _, theirs in mapped.values}:
        return ours
    raise NoSuchValueError(mapped.ours)


def _is_same_in_both(entity: str, mapped: MappedField, word: str) -> bool:
    """Tell whether a word goes by the same name here and there, where the value map does not say otherwise."""
    return mapped.keeps_others or (mapped.kind is Kind.STATUS and word in STATUSES.get(entity, ()))


def _as_text(value: Value) -> str:
    if isinstance(value, Reference):
        return value.external_id
    return str(moments.written(value)) if isinstance(value, datetime) else text(value)


def _typed(kind: Kind, ours: str | None) -> Value:
    """Return one of our values, which a value map holds as text, in its kind."""
    return None if ours is None else _READERS.get(kind, text)(ours)


def _style(mapped: MappedField, habit: Habit | None) -> moments.Style:
    if mapped.format in moments.STYLES:
        return moments.STYLES[mapped.format]
    return habit.style if habit is not None and habit.style is not None else moments.ISO


def _number_out(number: Decimal, mapped: MappedField, habit: Habit | None) -> Decimal | int | str:
    kind = mapped.format or (habit.json if habit else "number")
    if kind == "text":
        return format(number, "f")
    return int(number) if number == number.to_integral_value() else number


def _in_kind(words: str, kind: str | None) -> str | int:
    """Return a text as a number where the partner shows numbers there and this one is spelled like one."""
    return int(words) if kind == "number" and _is_plain_number(words) else words


def _is_plain_number(words: str) -> bool:
    digits = words.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and (digits == "0" or digits[0] != "0") and words != "-0"
