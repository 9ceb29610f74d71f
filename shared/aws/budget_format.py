"""A budget as text: as short as it can be, so that an item stays within one write unit (1 kB) while eight workers call.

`{"f":1,"at":…,"s":{"10":[first bucket,"3,,2,1"]},"b":[[id,lane,calls,start,pace,end]],"w":{"1":[since,until,calls]},
"t":[[seconds,limit,used,at]]}`: times are seconds after `at`, calls of buckets stand in a row, nothing for none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.core.budget import Block, Budget, Waiting
from shared.core.quota import Told
from shared.core.turns import Turn

FORMAT = 1
READ = frozenset({FORMAT})


def text_of_budget(budget: Budget) -> str:
    """Return a budget as text."""
    at = int(min([each.start for each in budget.blocks] + [each.since for each in budget.waiting.values()], default=0))
    content = {
        "f": FORMAT,
        "at": at,
        "s": {name: _row(buckets) for name, buckets in budget.spent.items() if buckets},
        "b": [
            [each.id, each.lane, each.calls, *_short(each.start - at, each.pace, each.end - at)]
            for each in budget.blocks
        ],
        "w": {
            str(int(turn)): [*_short(each.since - at, each.until - at), each.calls]
            for turn, each in budget.waiting.items()
        },
        "t": [[*_short(each.seconds), each.limit, each.used, int(each.at)] for each in budget.told.values()],
    }
    return json.dumps({name: each for name, each in content.items() if each or name == "f"}, separators=(",", ":"))


def to_budget(text: str) -> Budget:
    """Return the budget that a text holds; an empty one where it is written by a newer version of this code."""
    content: Mapping[str, Any] = json.loads(text)
    if content.get("f") not in READ:
        return Budget()
    at = content.get("at", 0)
    blocks = tuple(
        Block(id_, lane, calls, at + start, pace, at + end)
        for id_, lane, calls, start, pace, end in content.get("b", ())
    )
    waiting = {
        Turn(int(turn)): Waiting(at + since, at + until, calls)
        for turn, (since, until, calls) in content.get("w", {}).items()
    }
    told = {float(row[0]): Told(float(row[0]), row[1], row[2], float(row[3])) for row in content.get("t", ())}
    spent = {name: _buckets(*row) for name, row in content.get("s", {}).items()}
    return Budget(spent, blocks, waiting, told)


def _short(*seconds: float) -> list[float]:
    """Return numbers to the millisecond; a tenth of one is nothing beside the skew of clocks."""
    return [round(each, 4) for each in seconds]


def _row(buckets: Mapping[int, int]) -> list[int | str]:
    first, last = min(buckets), max(buckets)
    return [first, ",".join(str(buckets[each]) if each in buckets else "" for each in range(first, last + 1))]


def _buckets(first: int, row: str) -> dict[int, int]:
    return {first + place: int(calls) for place, calls in enumerate(row.split(",")) if calls}
