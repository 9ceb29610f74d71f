"""match_demands: share goods out among the orders and deals that want them, and say in their records what each gets.

Only what a change bears on is looked at: the products that it touched, whoever wants them, and what else these want,
because an order is there when its last line is. Everything is read, decided, and written on condition of the version
read; then it is read again, until there is nothing left to write. So whoever writes last has seen what stood when he
wrote, however many work at the same time, and what is already said is not said again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.core.absorb import finish
from shared.core.allocate import Allocation, allocate, outcome
from shared.core.decisions import Cause
from shared.core.demands import DEMANDING, demand_of, located, products_of, wants
from shared.core.errors import TryAgain
from shared.core.explain import could_help, could_order
from shared.core.inputs import Inputs, Step
from shared.core.places import are_told_apart
from shared.core.promised import NOTHING, is_said, said_of, say
from shared.core.records import Record
from shared.core.reservations import Place
from shared.core.share import Lot, lots_at
from shared.core.supply import ZERO, Position
from shared.core.to_order import longest
from shared.core.unclaimed import unclaimed
from shared.core.values import Value
from shared.flows.business.positions import Ground, grounds_of
from shared.flows.parts import Parts
from shared.flows.saving import save

ROUNDS = 8
"""How often it is read again after a write before somebody else may go on; a quiet shop needs two."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What was shared out: the allocation of the products looked at, and the records whose outcome it tells."""

    allocation: Allocation
    records: Mapping[str, Record]
    grounds: Mapping[str, Ground]

    def positions(self) -> Mapping[str, Position]:
        """Return each product's position over all its locations."""
        return {product: ground.position for product, ground in self.grounds.items()}


@dataclass(frozen=True, slots=True)
class Matched:
    """How many products were looked at, demands answered, and records written."""

    products: int
    demands: int
    written: int


def match_demands(parts: Parts, products: Collection[str], records: Collection[str] = ()) -> Matched:
    """Say what orders and deals get of these products, and that these records get nothing if they want nothing.

    Raises `TryAgain` where others write all the time.
    """
    written = 0
    for _ in range(ROUNDS):
        shared = share_out(parts, products)
        said = _said(parts, shared, records)
        news = [(record, values) for record, values in said if not is_said(record, values)]
        if not news:
            return Matched(len(products), len(shared.records), written)
        written += sum(_write(parts, record, values) for record, values in news)
    raise TryAgain("orders and deals were written by others each time they were matched")


def share_out(parts: Parts, products: Collection[str], asked: Collection[str] = ()) -> Shared:
    """Share out what is there and coming of these products; `asked` names records that are answered too."""
    grounds = dict(grounds_of(parts, products))
    found = {each.id: each for ground in grounds.values() for each in ground.demands if wants(each)}
    found |= {key: each for key, each in (parts.records.get(asked) if asked else {}).items() if wants(each)}
    needed = {product for each in found.values() for product in products_of(each)}
    grounds |= grounds_of(parts, sorted(needed - grounds.keys()))
    rivals = {each.id: each for ground in grounds.values() for each in ground.demands if wants(each)} | found
    today = parts.clock.now().date()
    lots = {product: _lots(ground, rivals, today) for product, ground in grounds.items()}
    holders = {each.holder for ground in grounds.values() for each in ground.held}
    apart = {product for product, ground in grounds.items() if are_told_apart(ground.at)}
    demands = [located(demand_of(each, is_reserved=key in holders), apart) for key, each in rivals.items()]
    return Shared(
        allocate(demands, lots, today, parts.integration.matching),
        {key: rivals[key] for key in found},
        grounds,
    )


def _lots(ground: Ground, rivals: Collection[str], today: date) -> tuple[Lot, ...]:
    """Return what there is to share out: what is set aside for somebody who is no rival is not."""
    product = ground.position.product
    strangers = [each for each in ground.held if each.holder not in rivals]
    kept = [line for each in strangers for line in each.lines if line[0].product == product]
    return lots_at((_kept_back(name, each, kept, ground.at) for name, each in ground.at.items()), today)


def _kept_back(name: str, position: Position, kept: Iterable[tuple[Place, Decimal]], at: Collection[str]) -> Position:
    """Return what a location has to give; what is kept at none that is told apart is kept of all together."""
    there = unclaimed(position)
    mine = (quantity for place, quantity in kept if (place.location if place.location in at else "") == name)
    return replace(there, buffer=there.buffer + sum(mine, ZERO))


def _said(parts: Parts, shared: Shared, records: Collection[str]) -> Iterable[tuple[Record, Mapping[str, Value]]]:
    today = shared.allocation.today
    helps = could_help(shared.allocation, shared.records)
    positions = shared.positions()
    for key, record in shared.records.items():
        lead_days = longest(could_order(shared.allocation, key, positions))
        said = said_of(outcome(shared.allocation, key), today, helps.get(key, ()), lead_days)
        yield record, said if products_of(record) else NOTHING
    others = set(records) - shared.records.keys()
    for record in (parts.records.get(others) if others else {}).values():
        if record.entity in DEMANDING and record.tombstone is None and not products_of(record):
            yield record, NOTHING


def _write(parts: Parts, record: Record, values: Mapping[str, Value]) -> bool:
    """Write what is said of a record; tell whether it held (else somebody was quicker, and it is decided anew)."""
    rules = parts.integration.rules(record.entity)
    now = parts.clock.now()
    cause = Cause("promise", at=now, rules=rules.version, values=values, inputs=Inputs((Step.PROMISE,)))
    after = finish(record, say(record, values, rules, now), "", rules, [], cause, now)
    return isinstance(save(parts, record, after, rules), Record)
