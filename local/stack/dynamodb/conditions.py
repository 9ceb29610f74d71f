"""Whether a condition holds for an item, and what a projection leaves of it."""

import itertools
import operator
from collections.abc import Mapping
from typing import Any

from local.stack.dynamodb.errors import validation
from local.stack.dynamodb.expressions import Between, Call, Compare, Condition, Given, In, Junction, Operand, Part, Path
from local.stack.dynamodb.values import Item, Value, copied, equal, holds, kind, length, ordered, plain

Values = Mapping[str, Value]

_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def true_of(condition: Condition, item: Item, values: Values) -> bool:
    """Whether the condition holds; `item` is empty where nothing is stored."""
    match condition:
        case Junction("AND", parts):
            return all(true_of(each, item, values) for each in parts)
        case Junction("OR", parts):
            return any(true_of(each, item, values) for each in parts)
        case Junction(_, parts):
            return not true_of(parts[0], item, values)
        case Compare(sign, left, right):
            return _compared(sign, resolve(left, item, values), resolve(right, item, values))
        case Between(operand, low, high):
            value = resolve(operand, item, values)
            above = ordered(resolve(low, item, values), value, operator.le)
            return above and ordered(value, resolve(high, item, values), operator.le)
        case In(operand, options):
            value = resolve(operand, item, values)
            return any(equal(value, resolve(each, item, values)) for each in options)
        case Call(function, arguments):
            return _called(function, [resolve(each, item, values) for each in arguments])


def resolve(operand: Operand, item: Item, values: Values) -> Value | None:
    """The value that an operand stands for; None where the item has no such attribute."""
    match operand:
        case Given(name):
            if name not in values:
                raise validation(
                    f"Invalid expression: An expression attribute value used in expression is not defined; "
                    f"attribute value: {name}"
                )
            return values[name]
        case Path(parts):
            return at(item, parts)
        case Call("size", (inner,)):
            value = resolve(inner, item, values)
            size = None if value is None else length(value)
            return None if size is None else {"N": str(size)}
        case Call(function, _):
            raise validation(f"The function {function} is not allowed here")


def at(item: Item, parts: tuple[Part, ...]) -> Value | None:
    """The value at a document path."""
    value: Any = item.get(str(parts[0]))
    for part in parts[1:]:
        if value is None:
            return None
        if isinstance(part, int):
            content = value.get("L", [])
            value = content[part] if part < len(content) else None
        else:
            value = value.get("M", {}).get(part)
    found: Value | None = value
    return found


def projected(item: Item, paths: tuple[Path, ...]) -> Item:
    """The item with only these paths, nested ones inside their parents."""
    result: Item = {}
    for path in paths:
        value = at(item, path.parts)
        if value is not None:
            _place(result, path.parts, copied(value))
    return result


def _place(target: Item, parts: tuple[Part, ...], value: Value) -> None:
    here: Any = target
    for part, following in itertools.pairwise(parts):
        empty: Value = {"L": []} if isinstance(following, int) else {"M": {}}
        if isinstance(here, list):
            here.append(empty)
            here = here[-1]
        else:
            here = here.setdefault(part, empty)
        here = here["L"] if isinstance(following, int) else here["M"]
    if isinstance(here, list):
        here.append(value)
    else:
        here[parts[-1]] = value


def _compared(sign: str, left: Value | None, right: Value | None) -> bool:
    if sign == "=":
        return equal(left, right)
    if sign == "<>":
        return not equal(left, right)
    return ordered(left, right, _ORDER[sign])


def _called(function: str, arguments: list[Value | None]) -> bool:
    first = arguments[0]
    if function == "attribute_exists":
        return first is not None
    if function == "attribute_not_exists":
        return first is None
    second = arguments[1]
    if function == "contains":
        return holds(first, second)
    if first is None or second is None:
        return False
    if function == "attribute_type":
        return kind(first) == second.get("S")
    return kind(first) == kind(second) in ("S", "B") and bool(plain(first).startswith(plain(second)))
