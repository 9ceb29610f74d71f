"""Attribute values as they travel: `{"S": "text"}`, `{"N": "1"}`, `{"M": {…}}`; binary is base64 text.

Sizes follow "DynamoDB item sizes and formats" of the developer guide.
"""

import base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from local.stack.dynamodb.errors import validation

Value = dict[str, Any]
Item = dict[str, Value]
Key = str | Decimal | bytes

_SETS = {"SS": "S", "NS": "N", "BS": "B"}
_ORDERED = ("S", "N", "B")


def kind(value: Value) -> str:
    """The type letters of a value: S, N, B, BOOL, NULL, L, M, SS, NS, BS."""
    return next(iter(value))


def plain(value: Value) -> Any:
    """Something that compares by value: numbers by size, sets without order."""
    letters, content = next(iter(value.items()))
    if letters == "N":
        return Decimal(content)
    if letters == "B":
        return base64.b64decode(content)
    if letters == "L":
        return [(kind(each), plain(each)) for each in content]
    if letters == "M":
        return {name: (kind(each), plain(each)) for name, each in content.items()}
    if letters in _SETS:
        return {plain({_SETS[letters]: each}) for each in content}
    return content


def equal(left: Value | None, right: Value | None) -> bool:
    """Whether two values are of one type and the same; two missing ones are not equal to anything."""
    if left is None or right is None:
        return False
    return kind(left) == kind(right) and (left == right or plain(left) == plain(right))


def ordered(left: Value | None, right: Value | None, test: Callable[[Any, Any], bool]) -> bool:
    """A comparison of order; false where a value is missing, of another type or has no order."""
    if left is None or right is None or kind(left) != kind(right) or kind(left) not in _ORDERED:
        return False
    return test(plain(left), plain(right))


def holds(container: Value | None, sought: Value | None) -> bool:
    """`contains`: part of a text, member of a set or of a list."""
    if container is None or sought is None:
        return False
    letters, content = next(iter(container.items()))
    if letters in ("S", "B"):
        return kind(sought) == letters and plain(sought) in plain(container)
    if letters in _SETS:
        return kind(sought) == _SETS[letters] and plain(sought) in plain(container)
    return letters == "L" and any(equal(each, sought) for each in content)


def length(value: Value) -> int | None:
    """What `size()` gives: characters, bytes or elements; None for a type without one."""
    letters, content = next(iter(value.items()))
    if letters == "S":
        return len(content.encode())
    if letters == "B":
        return len(base64.b64decode(content))
    return len(content) if letters in ("L", "M", *_SETS) else None


def item_size(item: Mapping[str, Value]) -> int:
    """Bytes of an item as AWS bills and limits it."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Bytes of one attribute value without its name."""
    letters, content = next(iter(value.items()))
    if letters == "S":
        return len(content) if content.isascii() else len(content.encode())
    if letters == "N":
        return _number_size(content)
    if letters == "M":
        return 3 + sum(1 + len(name) + value_size(each) for name, each in content.items())
    if letters == "L":
        return 3 + sum(1 + value_size(each) for each in content)
    if letters in _SETS:
        return sum(value_size({_SETS[letters]: each}) for each in content)
    return len(base64.b64decode(content)) if letters == "B" else 1


def copied(value: Any) -> Any:
    """A value, or anything made of them, that shares nothing with the original."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return value


def with_bytes(value: Any) -> Any:
    """A copy in which binary is `bytes`, as boto3's client hands it out."""
    if isinstance(value, list):
        return [with_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("B"), str):
        return {"B": base64.b64decode(value["B"])}
    if len(value) == 1 and isinstance(value.get("BS"), list):
        return {"BS": [base64.b64decode(each) for each in value["BS"]]}
    return {name: with_bytes(each) for name, each in value.items()}


def check(item: Mapping[str, Value]) -> None:
    """Raises a ValidationException for values that DynamoDB would not store."""
    for name, value in item.items():
        if len(value) != 1:
            raise validation(f"Supplied AttributeValue of {name} must contain exactly one of the supported datatypes")
        _check_value(value)


def _check_value(value: Value) -> None:
    letters, content = next(iter(value.items()))
    if letters == "N":
        _check_number(content)
    elif letters in _SETS and not content:
        raise validation("One or more parameter values were invalid: An set may not be empty")
    elif letters in _SETS and len(plain(value)) != len(content):
        raise validation("One or more parameter values were invalid: Input collection contains duplicates")
    elif letters == "M":
        check(content)
    elif letters == "L":
        for each in content:
            _check_value(each)


def _check_number(text: str) -> None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise validation(f"The parameter cannot be converted to a numeric value: {text}") from None
    if not number.is_finite() or len(number.normalize().as_tuple().digits) > 38:
        raise validation("Attempting to store more than 38 significant digits in a Number")


def _number_size(text: str) -> int:
    digits = len(text.strip("-").replace(".", "").strip("0"))
    return 1 + (digits + 1) // 2 + (1 if text.startswith("-") else 0)
