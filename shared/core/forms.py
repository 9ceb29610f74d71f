"""How partners respell what they are sent: declared stored forms, and spellings that mean the same.

A *declared* form is data of the catalog (`trim`, `upper`, `round:2`, `day`, …) and is applied to what is sent, so that
the answer is recognised by its digest. An *own form* is recognised on values alone: a difference of white space,
letter case, Unicode form or rounding is not an edit (SYNC §6.2).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from shared.core.values import Value

_TEXT: Mapping[str, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "collapse": lambda text: " ".join(text.split()),
}
_MOMENT: Mapping[str, Mapping[str, int]] = {
    "millisecond": {},
    "second": {"microsecond": 0},
    "minute": {"second": 0, "microsecond": 0},
    "day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
}
FORMS = frozenset({*_TEXT, *_MOMENT, "round"})


def stored_form(value: Value, forms: tuple[str, ...]) -> Value:
    """Return the value as a system that respells it in these ways will show it."""
    for form in forms:
        value = _respell(value, form)
    return value


def _respell(value: Value, form: str) -> Value:
    name, _, digits = form.partition(":")
    if isinstance(value, str) and name in _TEXT:
        return _TEXT[name](value)
    if isinstance(value, Decimal) and name == "round":
        return _rounded(value, int(digits))
    if isinstance(value, datetime) and name in _MOMENT:
        return _cut(value, name)
    return value


def is_own_form(sent: Value, stored: Value) -> bool:
    """Tell whether a stored value differs from the sent one only by trim, case, Unicode form or rounding."""
    if isinstance(sent, str) and isinstance(stored, str):
        return _plain(sent) == _plain(stored)
    if isinstance(sent, Decimal) and isinstance(stored, Decimal):
        return _rounded(sent, _digits(stored)) == stored
    if isinstance(sent, datetime) and isinstance(stored, datetime):
        return any(_cut(sent, name) == stored for name in _MOMENT)
    return _is_blank(sent) and _is_blank(stored)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _digits(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounded(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _cut(moment: datetime, name: str) -> datetime:
    utc = moment.astimezone(UTC)
    if name == "millisecond":
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
    return datetime(
        utc.year,
        utc.month,
        utc.day,
        _MOMENT[name].get("hour", utc.hour),
        _MOMENT[name].get("minute", utc.minute),
        _MOMENT[name].get("second", utc.second),
        tzinfo=UTC,
    )
