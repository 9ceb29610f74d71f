"""Reads `[systems.<name>.quota]` and `calls_per_day`: what differs from what the catalog says that a partner allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, Field

from shared.connectors.configuration_problems import Finding
from shared.connectors.configuration_reading import read
from shared.core.quota import DAY_SECONDS, UNLIMITED, Quota, Window

CALLS_PER_DAY = "calls_per_day"
QUOTA = "quota"
KEYS = (CALLS_PER_DAY, QUOTA)


class WindowTable(BaseModel):
    """So many calls in so many seconds; of one path's ending only, or of all but one's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: int = Field(ge=1, description="how many calls, such as 190")
    seconds: float = Field(gt=0, le=DAY_SECONDS, description="in how many seconds, such as 10")
    fixed: bool = False
    only: str = ""
    but: str = ""


class QuotaTable(BaseModel):
    """`[systems.<name>.quota]`: each key replaces what the catalog says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: tuple[WindowTable, ...] | None = None
    concurrent: int | None = Field(default=None, ge=0)
    call_seconds: float | None = Field(default=None, gt=0, le=3600)


def read_quota(name: str, table: Mapping[str, object], usual: Quota = UNLIMITED) -> tuple[Quota, list[Finding]]:
    """Return what a system allows, and everything that is wrong with what its table says of it."""
    findings = list(_check_calls_per_day(name, table))
    given, wrong = None, list[Finding]()
    if QUOTA in table:
        quota = table[QUOTA]
        if isinstance(quota, Mapping):
            given, wrong = read(QuotaTable, quota, ("systems", name, QUOTA))
        else:
            remedy = f"write [systems.{name}.quota] with windows or concurrent, or leave it out"
            wrong = [Finding(("systems", name, QUOTA), "`quota` must be a table", remedy)]
    windows = usual.windows if given is None or given.windows is None else _windows(given.windows)
    day = calls_per_day(table)
    if day:
        windows = (*windows, Window(day, float(DAY_SECONDS), fixed=True))
    told = given or QuotaTable()
    return Quota(
        windows,
        usual.concurrent if told.concurrent is None else told.concurrent,
        usual.call_seconds if told.call_seconds is None else told.call_seconds,
    ), [*findings, *wrong]


def calls_per_day(table: Mapping[str, object]) -> int:
    """Return the calls that a system allows in a day; nought where that is not said, or is no number of calls."""
    given = table.get(CALLS_PER_DAY)
    return given if type(given) is int and given > 0 else 0


def _windows(tables: tuple[WindowTable, ...]) -> tuple[Window, ...]:
    return tuple(Window(each.calls, each.seconds, each.fixed, each.only, each.but) for each in tables)


def _check_calls_per_day(name: str, table: Mapping[str, object]) -> Iterator[Finding]:
    if CALLS_PER_DAY in table and not calls_per_day(table):
        remedy = f"write a whole number, such as {CALLS_PER_DAY} = 250000, or leave it out"
        yield Finding(("systems", name, CALLS_PER_DAY), f"`{CALLS_PER_DAY}` is no number of calls", remedy)
