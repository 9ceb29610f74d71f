"""Times as a person says them: `3 min ago`, `in 2 h`."""

from __future__ import annotations

from datetime import datetime

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def ago(seconds: float) -> str:
    """Return a span in its largest whole unit: `3 min`, `2 h`, `0 s`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"


def in_words(moment: str | None, now: datetime) -> str:
    """Return a moment (ISO 8601) as seen from now: `3 min ago`, `in 2 h`, `now`; empty where there is none."""
    if moment is None:
        return ""
    seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{ago(seconds)} ago" if seconds > 0 else f"in {ago(-seconds)}"
