"""`python -m bench`: how long the business core takes on a real year of orders; a table, then one JSON object.

Exit 1 if a budget is missed. Times are those of one core (processor time, the garbage collector's work included), so
that a busy machine does not change them much; the median by the wall clock stands beside. What is held against the
budget is the median where a whole run is repeated, the 99th percentile where many single questions are asked.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from statistics import median, quantiles
from time import perf_counter, process_time

from bench.online_retail import SUPPLIES, TODAY, Shop, committed, read, seeded
from shared.core.allocate import Allocation, allocate, demanded, outcome, restocked
from shared.core.promise import available, promise, timeline
from shared.core.share import Lot, lots_of
from shared.core.supply import Position, Stock


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing, in milliseconds."""

    name: str
    runs: int
    median_ms: float
    p99_ms: float
    worst_ms: float
    wall_ms: float
    budget_ms: float | None = None

    @property
    def is_kept(self) -> bool:
        """Tell whether the budget is kept; a whole run is measured too seldom for a percentile."""
        measured = self.p99_ms if self.runs >= 100 else self.median_ms
        return self.budget_ms is None or measured <= self.budget_ms


def main() -> int:
    """Measure, print, and answer 0 if every budget is kept."""
    shop = read()
    positions = seeded(shop)
    lots = {product: lots_of(position, TODAY) for product, position in positions.items()}
    figures = [*_whole(shop, positions, lots)]
    allocation = allocate(shop.demands, lots, TODAY)
    figures += [*_changes(allocation, shop, positions), *_questions(shop, positions)]
    _print(figures)
    print(json.dumps(_summary(shop, allocation, figures)))
    return 0 if all(figure.is_kept for figure in figures) else 1


def _whole(shop: Shop, positions: dict[str, Position], lots: dict[str, tuple[Lot, ...]]) -> Iterator[Figure]:
    def share() -> Allocation:
        return allocate(shop.demands, lots, TODAY)

    def supply() -> list[tuple[Lot, ...]]:
        return [lots_of(position, TODAY) for position in positions.values()]

    yield _figure("lots of every position", [_timed(supply) for _ in range(5)])
    yield _figure("full allocation", [_timed(share) for _ in range(5)], 2000)


def _changes(allocation: Allocation, shop: Shop, positions: dict[str, Position]) -> Iterator[Figure]:
    """Measure one change at a time, for the busiest hundred products and a spread over all of them."""
    busiest = sorted(allocation.pools, key=lambda product: -len(allocation.pools[product].claims))
    sample = [*busiest[:100], *busiest[100::40]]

    def one_more(product: str) -> Callable[[], object]:
        lots = lots_of(_counted(positions[product], Decimal(1)), TODAY)
        return lambda: restocked(allocation, product, lots)

    def tenth_more(product: str) -> Callable[[], object]:
        lots = lots_of(_counted(positions[product], shop.wanted[product] // 10), TODAY)
        return lambda: restocked(allocation, product, lots)

    def arrived(product: str) -> Callable[[], object]:
        whole = sum((supply.quantity for supply in positions[product].incoming[:1]), Decimal(0))
        moved = replace(_counted(positions[product], whole), incoming=positions[product].incoming[1:])
        lots = lots_of(moved, TODAY)
        return lambda: restocked(allocation, product, lots)

    yield _figure("after one unit of stock", [_timed(one_more(product)) for product in sample], 10)
    yield _figure("after a tenth of the demand", [_timed(tenth_more(product)) for product in sample], 10)
    yield _figure("after a supply came", [_timed(arrived(product)) for product in sample], 10)
    yield _raised(allocation, shop)


def _raised(allocation: Allocation, shop: Shop) -> Figure:
    """Measure an order of one line that is put first: a change of demand of one product."""
    small = [demand for demand in shop.demands if len(demand.lines) == 1]
    raised = [replace(demand, priority=1) for demand in small[:: max(1, len(small) // 200)]]
    return _figure("after one line went first", [_timed(partial(demanded, allocation, each)) for each in raised], 10)


def _questions(shop: Shop, positions: dict[str, Position]) -> Iterator[Figure]:
    open_lines = committed(shop)
    full = [replace(position, commitments=open_lines[product]) for product, position in positions.items()]
    full.sort(key=lambda position: -len(position.commitments))

    def ask(position: Position) -> Callable[[], object]:
        return lambda: (available(line := timeline(position, TODAY)), promise(line, Decimal(10)))

    def again(position: Position) -> Callable[[], object]:
        line = timeline(position, TODAY)
        return lambda: (available(line, SUPPLIES[0]), promise(line, Decimal(10)))

    gc.collect()
    gc.freeze()  # who asks has one product in memory, not the year: the collector shall not walk through that meanwhile
    yield _figure("ATP query", [_timed(ask(position)) for position in full], 2)
    yield _figure("ATP query, the busiest 50", [_timed(ask(position)) for position in full[:50]], 2)
    yield _figure("ATP query, timeline kept", [_timed(again(position)) for position in full])


def _counted(position: Position, more: Decimal) -> Position:
    return replace(position, stocks=(Stock(position.on_hand + more),))


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    """Return how many milliseconds a run takes, of the processor and by the wall clock."""
    wall, busy = perf_counter(), process_time()
    run()
    return (process_time() - busy) * 1000, (perf_counter() - wall) * 1000


def _figure(name: str, runs: list[tuple[float, float]], budget_ms: float | None = None) -> Figure:
    times = [busy for busy, _ in runs]
    wall = round(median(wall for _, wall in runs), 3)
    p99 = quantiles(times, n=100, method="inclusive")[98]
    return Figure(name, len(times), round(median(times), 3), round(p99, 3), round(max(times), 3), wall, budget_ms)


def _print(figures: list[Figure]) -> None:
    print(f"{'':32}{'runs':>6}{'median ms':>12}{'p99 ms':>12}{'worst ms':>12}{'wall ms':>12}{'budget ms':>12}")
    for f in figures:
        budget = f"{f.budget_ms:>12.0f}" if f.budget_ms else " " * 12
        missed = "" if f.is_kept else "  missed"
        print(
            f"{f.name:32}{f.runs:>6}{f.median_ms:>12.3f}{f.p99_ms:>12.3f}{f.worst_ms:>12.3f}{f.wall_ms:>12.3f}{budget}{missed}"
        )


def _summary(shop: Shop, allocation: Allocation, figures: list[Figure]) -> dict[str, object]:
    outcomes = [outcome(allocation, demand.id) for demand in shop.demands]
    return {
        "ok": all(figure.is_kept for figure in figures),
        "products": len(shop.wanted),
        "orders": len(shop.demands),
        "lines": sum(len(demand.lines) for demand in shop.demands),
        "available_now": sum(each.day == TODAY for each in outcomes),
        "later": sum(each.day is not None and each.day > TODAY for each in outcomes),
        "short": sum(each.day is None for each in outcomes),
        "figures": [asdict(figure) for figure in figures],
    }


if __name__ == "__main__":
    sys.exit(main())
