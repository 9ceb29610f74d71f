"""matching: what every open order and deal gets, when, and why; as it stands in their records, or worked out anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shared.core.allocate import Outcome, outcome
from shared.core.demands import products_of, wants
from shared.core.explain import Explanation, could_order, explain
from shared.core.open_orders import moment_of, wanted_day
from shared.core.promised import Promised
from shared.core.records import Record
from shared.core.relations import DEMAND, DEMANDS
from shared.core.supply import ZERO
from shared.core.to_order import longest
from shared.flows.business.match_demands import share_out
from shared.flows.operating.finding import Meant, Unclear, find_record
from shared.flows.parts import Parts


@dataclass(frozen=True, slots=True)
class Demanding:
    """An order or a deal that wants goods, with what is promised to it; late: after the day that it is wanted on."""

    record: Record
    is_late: bool


@dataclass(frozen=True, slots=True)
class DemandPage:
    """Some of them, and behind which record the list goes on; nothing at its end."""

    items: tuple[Demanding, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """The outcome of one order or deal as of now, line by line; none if it wants nothing.

    `named` holds the products and rivals by their ids. `could_come` is the day on which all that is short could be here
    if it was ordered today; nothing where none is, or nobody tells how long that takes.
    """

    demand: Demanding
    outcome: Outcome | None
    lines: tuple[Explanation, ...]
    named: Mapping[str, Record]
    could_come: date | None = None

    def words(self, today: date) -> str | None:
        """Return the outcome in a sentence; nothing if it wants nothing."""
        if self.outcome is None:
            return None
        said = self.outcome.words(today)
        return said if self.could_come is None else f"{said}, could come on {self.could_come} if ordered today"


def matching(parts: Parts, after: str | None, limit: int, *, only_late: bool = False) -> DemandPage:
    """Return a page of what wants goods, in order of the records' ids; a page may hold fewer than asked."""
    ids = [each.child for each in parts.relations.of(DEMANDS, DEMAND) if after is None or each.child > after]
    known = parts.records.get(ids[:limit]) if ids else {}
    today = parts.clock.now().date()
    found = (_demanding(known[each], today) for each in ids[:limit] if each in known and wants(known[each]))
    items = tuple(each for each in found if each.is_late or not only_late)
    return DemandPage(items, ids[limit - 1] if len(ids) > limit else None)


def matching_of(parts: Parts, name: str) -> Why | Unclear:
    """Return why an order or a deal gets what it gets, worked out from what stands there now."""
    found = find_demand(parts, name)
    if isinstance(found, Unclear):
        return found
    record = found.record
    if not products_of(record):
        return Why(Demanding(record, is_late=False), None, (), {})
    shared = share_out(parts, (), [record.id])
    positions = shared.positions()
    lines = explain(shared.allocation, record.id, positions)
    days = longest(could_order(shared.allocation, record.id, positions))
    answer = outcome(shared.allocation, record.id)
    rivals = {wait.demand for line in lines for wait in line.waits}
    named = parts.records.get(rivals | products_of(record))
    could_come = None if days is None else shared.allocation.today + timedelta(days=days)
    return Why(Demanding(record, answer.is_late(wanted_day(record))), answer, lines, named, could_come)


def find_demand(parts: Parts, name: str) -> Meant | Unclear:
    """Find an order or a deal by our id, what a system calls it, or its number; an order is meant before a deal."""
    unclear = Unclear()
    for entity in ("order", "opportunity"):
        found = find_record(parts, entity, name)
        if isinstance(found, Meant):
            return found
        unclear = unclear if unclear.candidates or unclear.notes else found
    return unclear


def _demanding(record: Record, today: date) -> Demanding:
    said, day = record.value("promise.state"), moment_of(record, "promise.date")
    promised = today if said == Promised.NOW else day.date() if day else None
    return Demanding(record, said is not None and Outcome(promised, ZERO).is_late(wanted_day(record)))
