"""watch_stock: what a change of stock or demand sets going: who gets what is worked out anew, and who buys is warned.

What is low is told once, when it becomes so, and not again until it has recovered: whoever notes the alert first tells
it. If people cannot be told the note is taken back and the message comes again; should the worker die between the two,
the digest of the next day still names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from shared.core.cases import is_record_id
from shared.core.demands import products_of
from shared.core.errors import TryAgain
from shared.core.records import Record
from shared.core.relations import DEMAND, DEMANDS, LOW_STOCK, is_low_with
from shared.core.supply import plain
from shared.core.values import Value
from shared.flows.business.low_stock import Low, low_stock
from shared.flows.business.match_demands import Matched, match_demands
from shared.flows.business.matching import matching
from shared.flows.business.positions import grounds_of
from shared.flows.business.reserving import expire_due, follow_demands, restock_shelves
from shared.flows.parts import Parts
from shared.ports.messages import Touch

MOST_NAMED = 50
"""How many of a kind a digest names."""


def watch_stock(parts: Parts, touches: Sequence[Touch]) -> Matched:
    """Match and warn after changes; raises `TryAgain` where that was not done whole, then it may be repeated."""
    records = {each.record for each in touches}
    moved = follow_demands(parts, records)
    products = sorted(moved.union(*(each.products for each in touches)))
    restock_shelves(parts, products)
    matched = match_demands(parts, products, records)
    warn(parts, products)
    return matched


def end_overdue(parts: Parts) -> Matched:
    """End the reservations whose time is up, and match anew what they held."""
    ended = expire_due(parts)
    products = sorted({place.product for each in ended for place, _ in each.lines})
    holders = {each.holder for each in ended if is_record_id(each.holder)}
    return match_demands(parts, products, holders)


def warn(parts: Parts, products: Collection[str]) -> int:
    """Tell of each stock of these products that has just become low; return how many were told."""
    known = parts.alerts.known(LOW_STOCK)
    grounds = grounds_of(parts, products)
    bought = parts.records.get(products) if products else {}
    stocks = [(stock, bought.get(product), ground) for product, ground in grounds.items() for stock in ground.stocks]
    low = [(stock, of) for stock, of, ground in stocks if of is not None and _is_alarming(stock, of, ground.purchases)]
    for recovered in known & {stock.id for stock, _, _ in stocks} - {stock.id for stock, _ in low}:
        parts.alerts.end(LOW_STOCK, recovered)
    return sum(_told(parts, stock, product) for stock, product in low if stock.id not in known)


def digest(parts: Parts) -> Matched:
    """Once a day: match everything anew, since days have passed, and tell what is low and who waits, if anything."""
    ids = [each.child for each in parts.relations.of(DEMANDS, DEMAND)]
    records = parts.records.get(ids) if ids else {}
    products = {product for each in records.values() for product in products_of(each)}
    matched = match_demands(parts, sorted(products), ids)
    low = low_stock(parts, None, MOST_NAMED).items
    late = [each.record for each in matching(parts, None, max(1, len(ids)), only_late=True).items]
    if low or late:
        parts.notices.tell(f"{len(low)} products are low, {len(late)} orders and deals wait", _letter(low, late))
    return matched


def _is_alarming(stock: Record, product: Record, purchases: Sequence[Record]) -> bool:
    return is_low_with(stock, purchases) and product.value("discontinued") is not True


def _told(parts: Parts, stock: Record, product: Record) -> bool:
    """Tell of one stock, if nobody else has."""
    if not parts.alerts.begin(LOW_STOCK, stock.id, parts.clock.now()):
        return False
    sku = _text(product.value("sku"))
    try:
        parts.notices.tell(f"{sku} is low", "\n".join(_words(stock, product)))
    except TryAgain:
        parts.alerts.end(LOW_STOCK, stock.id)
        raise
    return True


def _words(stock: Record, product: Record) -> Iterable[str]:
    counts: Mapping[str, Value] = {name: stock.value(name) for name in ("on_hand", "incoming", "reorder_level")}
    yield f"{_text(product.value('sku'))} {_text(product.value('name'))} at {_text(stock.value('location'))}:"
    yield ", ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in counts.items())
    yield "tandem low-stock says for how many days there is enough, and how much to buy."


def _letter(low: Sequence[Low], late: Sequence[Record]) -> str:
    buy = [f"  {_text(each.product.value('sku'))}: {each.standing.because}{_suggested(each)}" for each in low]
    wait = [f"  {_called(each)}: {_text(each.value('promise.text'))}" for each in late[:MOST_NAMED]]
    more = [f"  and {len(late) - MOST_NAMED} more"] if len(late) > MOST_NAMED else []
    return "\n".join(
        ["Low on stock:", *(buy or ["  nothing"]), "", "Short or too late:", *(wait or ["  nothing"]), *more]
    )


def _suggested(each: Low) -> str:
    return "" if each.suggested is None else f"; buy {plain(each.suggested)}"


def _called(record: Record) -> str:
    return f"{record.entity} {_text(record.value('number') or record.value('name') or record.id)}"


def _text(value: Value) -> str:
    return "" if value is None else plain(value) if isinstance(value, Decimal) else str(value)
