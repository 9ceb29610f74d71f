"""When a schedule is due: `rate(5 minutes)`, `cron(30 2 * * ? *)`, `at(2026-01-01T00:00:00)`; times in UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Due = Callable[[datetime], datetime | None]

_UNITS = {"minute": 1, "hour": 60, "day": 1440}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_DAYS_AHEAD = 366 * 5


def due_after(expression: str) -> Due:
    """A function from a moment to the next one at which the schedule fires; ValueError if it is no expression."""
    match = re.fullmatch(r"(rate|cron|at)\((.+)\)", expression.strip())
    if match is None:
        raise ValueError(f"{expression!r} is no schedule: rate(…), cron(…) or at(…)")
    kind, inside = match.groups()
    return {"rate": _rate, "cron": _cron, "at": _at}[kind](inside)


def _rate(text: str) -> Due:
    number, unit = text.split()
    period = timedelta(minutes=int(number) * _UNITS[unit.removesuffix("s")])
    return lambda moment: moment + period


def _at(text: str) -> Due:
    when = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return lambda moment: when if when > moment else None


def _cron(text: str) -> Due:
    fields = text.split()
    if len(fields) != len(_LIMITS):
        raise ValueError(f"cron({text}) has not six fields")
    minutes, hours, days, months, weekdays, years = (
        _members(each, low, high) for each, (low, high) in zip(fields, _LIMITS, strict=True)
    )

    def due(moment: datetime) -> datetime | None:
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(_DAYS_AHEAD):
            fits = (
                day.month in months and day.year in years and day.day in days and day.isoweekday() % 7 + 1 in weekdays
            )
            moments = (day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes))
            found = next((each for each in moments if each > moment), None) if fits else None
            if found is not None:
                return found
            day += timedelta(days=1)
        return None

    return due


def _members(field: str, low: int, high: int) -> set[int]:
    for names, offset in ((_MONTHS, 1), (_DAYS, 1)):
        if high in (12, 7):
            for index, name in enumerate(names):
                field = field.replace(name, str(index + offset))
    members: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first in ("*", "?") else int(first)
        end = high if first in ("*", "?") or (step and not last) else int(last or first)
        members |= set(range(begin, end + 1, int(step or 1)))
    return members
