"""Reads an UpdateExpression and carries it out on a copy of the item.

All values are read from the item as it was, so the order of the clauses does not matter.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local.stack.dynamodb.conditions import Values, at, resolve
from local.stack.dynamodb.errors import validation
from local.stack.dynamodb.expressions import Call, Given, Names, Operand, Part, Path, Reader
from local.stack.dynamodb.values import Item, Value, copied, kind, plain

_KIND = "UpdateExpression"
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


@dataclass(frozen=True, slots=True)
class Sum:
    """left + right, or left - right."""

    sign: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Action:
    """One change: the clause it stands in, the path, and what is set, added or deleted."""

    clause: str
    path: Path
    operand: Operand | Sum | None


@functools.lru_cache(maxsize=1024)
def read_update(text: str, names: Names) -> tuple[tuple[Action, ...], frozenset[str]]:
    """The changes of an UpdateExpression and the placeholders in it."""
    reader = Reader(text, dict(names), _KIND)
    actions: list[Action] = []
    seen: set[str] = set()
    while reader.peek():
        clause = reader.next().upper()
        if clause not in _CLAUSES or clause in seen:
            raise reader.wrong(clause)
        seen.add(clause)
        actions.append(_action(reader, clause))
        while reader.take(","):
            actions.append(_action(reader, clause))
    _refuse_overlap(actions)
    return tuple(actions), frozenset(reader.used)


def updated(item: Item, actions: tuple[Action, ...], values: Values) -> Item:
    """A new item with every change made; the given one stays as it was."""
    result: Item = copied(item)
    for action in sorted(actions, key=_removals_from_the_end):
        _carry_out(result, item, action, values)
    return result


def _removals_from_the_end(action: Action) -> tuple[bool, int]:
    last = action.path.parts[-1]
    removes = action.clause == "REMOVE"
    return removes, -last if removes and isinstance(last, int) else 0


def _action(reader: Reader, clause: str) -> Action:
    path = reader.path()
    if clause == "REMOVE":
        return Action(clause, path, None)
    if clause in ("ADD", "DELETE"):
        return Action(clause, path, reader.operand())
    reader.expect("=")
    left = _operand(reader)
    if reader.peek() in ("+", "-"):
        return Action(clause, path, Sum(reader.next(), left, _operand(reader)))
    return Action(clause, path, left)


def _operand(reader: Reader) -> Operand:
    function = reader.peek()
    if function not in ("if_not_exists", "list_append") or reader.peek(1) != "(":
        return reader.operand()
    reader.next()
    reader.expect("(")
    first = _operand(reader)
    reader.expect(",")
    second = _operand(reader)
    reader.expect(")")
    return Call(function, (first, second))


def _refuse_overlap(actions: list[Action]) -> None:
    paths = [each.path.parts for each in actions]
    for index, path in enumerate(paths):
        for other in paths[index + 1 :]:
            shorter = min(len(path), len(other))
            if path[:shorter] == other[:shorter]:
                raise validation(
                    f"Invalid {_KIND}: Two document paths overlap with each other; must remove or rewrite one of "
                    f"these paths; path one: {list(path)}, path two: {list(other)}"
                )


def _carry_out(result: Item, before: Item, action: Action, values: Values) -> None:
    parts = action.path.parts
    if action.clause == "REMOVE":
        _remove(result, parts)
    elif action.clause == "SET":
        _set(result, parts, _value(action.operand, before, values))
    else:
        given = _value(action.operand, before, values)
        change = _added if action.clause == "ADD" else _deleted
        value = change(at(before, parts), given)
        if value is None:
            _remove(result, parts)
        else:
            _set(result, parts, value)


def _value(operand: Operand | Sum | None, item: Item, values: Values) -> Value:
    match operand:
        case Sum(sign, left, right):
            return _sum(sign, _value(left, item, values), _value(right, item, values))
        case Call("if_not_exists", (path, fallback)):
            found = resolve(path, item, values)
            return copied(found) if found is not None else _value(fallback, item, values)
        case Call("list_append", (first, second)):
            return {"L": _list(_value(first, item, values)) + _list(_value(second, item, values))}
        case Path() | Given() | Call():
            found = resolve(operand, item, values)
            if found is None:
                raise validation("The provided expression refers to an attribute that does not exist in the item")
            copy: Value = copied(found)
            return copy
    raise validation(f"Invalid {_KIND}: operand missing")


def _list(value: Value) -> list[Any]:
    if kind(value) != "L":
        raise validation("An operand in the update expression has an incorrect data type")
    content: list[Any] = value["L"]
    return content


def _sum(sign: str, left: Value, right: Value) -> Value:
    if kind(left) != "N" or kind(right) != "N":
        raise validation("An operand in the update expression has an incorrect data type")
    return {"N": _number(plain(left) + plain(right) if sign == "+" else plain(left) - plain(right))}


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _added(old: Value | None, given: Value) -> Value:
    if old is None:
        return given
    if kind(old) == kind(given) == "N":
        return _sum("+", old, given)
    return _sets(old, given, lambda old_members, members: [*old_members, *(m for m in members if m not in old_members)])


def _deleted(old: Value | None, given: Value) -> Value | None:
    if old is None:
        return None
    result = _sets(old, given, lambda old_members, members: [m for m in old_members if m not in members])
    return result if result[kind(result)] else None


def _sets(old: Value, given: Value, merge: Callable[[list[Any], list[Any]], list[Any]]) -> Value:
    letters = kind(old)
    if letters != kind(given) or letters not in ("SS", "NS", "BS"):
        raise validation("An operand in the update expression has an incorrect data type")
    return {letters: merge(old[letters], given[letters])}


def _parent(item: Item, parts: tuple[Part, ...]) -> Any:
    here: Any = item
    for part, following in itertools.pairwise(parts):
        letters = "L" if isinstance(following, int) else "M"
        inside = isinstance(here, list) and isinstance(part, int) and part < len(here)
        value = here[part] if inside else here.get(part) if isinstance(here, dict) else None
        if value is None or letters not in value:
            raise validation("The document path provided in the update expression is invalid for update")
        here = value[letters]
    return here


def _set(item: Item, parts: tuple[Part, ...], value: Value) -> None:
    parent, last = _parent(item, parts), parts[-1]
    if isinstance(parent, list) and isinstance(last, int) and last >= len(parent):
        parent.append(value)
    else:
        parent[last] = value


def _remove(item: Item, parts: tuple[Part, ...]) -> None:
    parent, last = _parent(item, parts), parts[-1]
    if isinstance(parent, dict):
        parent.pop(last, None)
    elif isinstance(last, int) and last < len(parent):
        del parent[last]
