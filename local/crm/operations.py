"""The writes of a batch: `[{"op": create | update | archive, "id"?, "if_match"?, "fields"?}, …]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

from local.crm.problems import Problem, wrong_field

LARGEST_BATCH = 100

Op = Literal["create", "update", "archive"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One write; a create has no id yet."""

    op: Op
    id: str
    if_match: str | None
    fields: Any

    @classmethod
    def create(cls, fields: Any) -> Self:
        """Return the write that makes a record."""
        return cls("create", "", None, fields)


def read_operations(given: Any) -> list[Operation | Problem] | Problem:
    """Return every write, or what is wrong with it alone; a problem where the batch itself is wrong."""
    if not isinstance(given, list):
        return wrong_field("(body)", "a list of writes is wanted")
    if len(given) > LARGEST_BATCH:
        return wrong_field("(body)", f"at most {LARGEST_BATCH} writes at once")
    return [_read(each) for each in given]


def _read(given: Any) -> Operation | Problem:
    if not isinstance(given, dict) or given.get("op") not in get_args(Op):
        return wrong_field("op", "one of create, update, archive is wanted")
    op = cast(Op, given["op"])
    if op == "create":
        return Operation.create(given.get("fields"))
    if not isinstance(given.get("id"), str):
        return wrong_field("id", "the record's id is wanted")
    return Operation(op, given["id"], version_of(given.get("if_match")), given.get("fields"))


def version_of(if_match: Any) -> str | None:
    """Return the version that a precondition names, written as an ETag, as text or as a number."""
    return None if if_match is None else str(if_match).strip().strip('"')
