"""The tables of `integration.toml` that are the same for every connector, as models: `[entities.*]` and below.

What a `[systems.*]` table may say besides `connector`, `side` and `secret` is the connector's own settings model.
Everything has a default but what only the user can know.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from shared.core.priority import DEFAULT_RULE, By
from shared.core.rules import Decider, OnDelete

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Capture = Literal["webhook", "poll", "event", "push"]


def seconds(interval: str) -> int:
    """Return the seconds of an interval like `30s`, `15m`, `2h` or `1d`; raise `ValueError` for anything else."""
    number, unit = interval[:-1], interval[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise ValueError(f"{interval!r} is no interval - write a whole number and s, m, h or d, such as 30s or 15m")
    return int(number) * _UNITS[unit]


def _interval(value: str) -> str:
    seconds(value)
    return value


def _some(names: list[str]) -> list[str]:
    if not names:
        raise ValueError("the list is empty - name at least one system, or leave the key out: then it means all")
    return names


Interval = Annotated[StrictStr, AfterValidator(_interval)]
Names = Annotated[list[StrictStr], AfterValidator(_some)]


class Table(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MatchingTable(Table):
    """Whose turn it is when several want the same goods: criteria, compared one after the other; `transfer`: goods are
    moved between locations for any order, so that all locations count as one."""

    by: list[By] = Field(default_factory=lambda: list(DEFAULT_RULE))
    transfer: StrictBool = False


class KeyTable(Table):
    """A match key: one field, or several joined by `+`; unique as the systems enforce it."""

    key: Annotated[StrictStr, Field(description='the field that identifies the record, such as "number"')]
    unique: StrictBool | None = None


class FieldTable(Table):
    """Who may write a field, and who decides when two systems changed it."""

    writers: Names | None = None
    writers_of: dict[str, Names] | None = None
    writers_from: dict[str, Names] | None = None
    rule: Decider | None = None
    owner: StrictStr | None = None


class EntityTable(Table):
    """How one entity is kept in step, and between whom."""

    systems: Names | None = None
    capture: Capture | dict[str, Capture] = Field(default_factory=dict)
    every: Interval | dict[str, Interval] = Field(default_factory=dict)
    owner: StrictStr | None = None
    creators: Names | None = None
    identity: list[KeyTable] | None = None
    on_delete: OnDelete = OnDelete.ARCHIVE
    max_deletes_per_run: Annotated[StrictInt, Field(ge=0)] = 20
    max_creates_per_run: Annotated[StrictInt, Field(ge=0)] = 20_000
    max_updates_per_run: Annotated[StrictInt, Field(ge=0)] = 20_000
    max_archives_per_run: Annotated[StrictInt, Field(ge=0)] = 200
    fields: dict[str, FieldTable] = Field(default_factory=dict)
