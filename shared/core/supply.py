"""Supply: the one definition of what is there, what is taken, and what is coming.

The definition is that of available-to-promise (ATP): of the inventory and the planned supply, what is not committed
(APICS Dictionary, ASCM; entries *available-to-promise*, *discrete* and *cumulative available-to-promise*). Written
out, for one product at one location and each day from today on:

    balance(day) = on hand − committed until then + incoming until then − safety buffer

`promise` makes dates of it. Three things that real systems do are settled here, once:

* A count is a fact of a moment. Orders that are newer than the partner's snapshot are not in it, so they are subtracted
  even when the partner says how much it has reserved; goods that left after the snapshot are still in its count.
* A count may be below zero. It is used as it is, so that what comes in fills the hole first; nobody is offered less
  than nothing.
* A supply that should have come and has not is no supply until it has a new day, unless the settings say in how many
  days a late one may be expected.

Quantities are in the product's own unit; days are the shop's calendar days. Everything is a value: no clock is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

ZERO = Decimal(0)


class Kind(StrEnum):
    """What moves a balance, in the words in which it is explained."""

    ON_HAND = "on hand"
    RESERVED = "reserved in the stock's own system"
    BUFFER = "kept back as safety buffer"
    COMMITTED = "committed to"
    LEFT = "left after the count, for"
    INCOMING = "incoming from"
    OVERDUE = "overdue and not counted, from"
    LATE = "overdue and expected anew, from"


@dataclass(frozen=True, slots=True)
class Commitment:
    """An open or just shipped order's claim: due at once if it has no day."""

    source: str
    quantity: Decimal
    due: date | None = None
    placed_at: datetime | None = None
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a supplier or a transfer will bring, and when."""

    source: str
    quantity: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Stock:
    """A count as its owner tells it; `reserved` is None where that system does not say, which is not zero."""

    on_hand: Decimal
    reserved: Decimal | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A product at one location ("" = all of them together) with everything that is known of its future.

    `lead_days` is the lead time for what is not ordered yet, `supplier` the number of who tells it, "" if that is the
    product; `overdue_days` says in how many days from today a late supply may be expected, None that it is not counted.
    """

    product: str
    stocks: tuple[Stock, ...]
    location: str = ""
    commitments: tuple[Commitment, ...] = ()
    incoming: tuple[Incoming, ...] = ()
    buffer: Decimal = ZERO
    lead_days: int | None = None
    overdue_days: int | None = None
    supplier: str = ""

    @property
    def on_hand(self) -> Decimal:
        """Return the count, below zero where the systems count below zero."""
        return sum((stock.on_hand for stock in self.stocks), ZERO)


Movement: TypeAlias = tuple[date, Decimal, Kind, str]
"""Day, signed quantity, kind, and what it comes from: the plain form, for sums over thousands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an explanation: what changed the balance on a day, and the balance after it."""

    day: date
    change: Decimal
    kind: Kind
    source: str
    balance: Decimal

    def __str__(self) -> str:
        """Say it in one line."""
        what = f"{self.kind} {self.source}".strip()
        return f"{self.day}: {signed(self.change)} {what} = {plain(self.balance)}"


def movements(position: Position, today: date) -> Iterator[Movement]:
    """Yield all that moves the balance, in no order: this is the definition, everything else adds it up."""
    for stock in position.stocks:
        yield today, stock.on_hand, Kind.ON_HAND, ""
        if stock.reserved:
            yield today, -stock.reserved, Kind.RESERVED, ""
    if position.buffer:
        yield today, -position.buffer, Kind.BUFFER, ""
    yield from _taken(position, today)
    yield from _coming(position, today)


def entries(position: Position, today: date) -> tuple[Entry, ...]:
    """Return the explanation of a position's balance, day by day, each line with the balance that it leaves."""
    ordered = sorted(movements(position, today), key=lambda m: (m[0], _PLACE[m[2]], m[3], m[1]))
    balance = ZERO
    found = []
    for day, change, kind, source in ordered:
        balance += change
        found.append(Entry(day, change, kind, source, balance))
    return tuple(found)


def signed_balance(position: Position) -> Decimal:
    """Return what is on hand minus all that is committed for whatever day; below zero where too much was sold.

    No supply to come and no buffer: the figure by which a buyer sees how deep the hole is.
    """
    fixed = sum((stock.on_hand - (stock.reserved or ZERO) for stock in position.stocks), ZERO)
    return fixed + sum((change for _, change, _, _ in _taken(position, date.min)), ZERO)


def incoming_total(position: Position) -> Decimal:
    """Return all that was ordered and has not come, late or not: what a buyer calls on order."""
    return sum((supply.quantity for supply in position.incoming), ZERO)


def together(positions: Iterable[Position]) -> Position:
    """Return a product's locations as one position; the lead time is the longest, a buffer the sum of all.

    A commitment that names no location stands in a position of its own without stock. Where one location does not
    count late supplies, none are counted.
    """
    every = tuple(positions)
    leads = [(position.lead_days, position.supplier) for position in every if position.lead_days is not None]
    slowest, supplier = max(leads, default=(None, ""))
    late = [position.overdue_days for position in every if position.incoming]
    known = [days for days in late if days is not None]
    return Position(
        product=every[0].product,
        stocks=tuple(stock for position in every for stock in position.stocks),
        commitments=tuple(each for position in every for each in position.commitments),
        incoming=tuple(each for position in every for each in position.incoming),
        buffer=sum((position.buffer for position in every), ZERO),
        lead_days=slowest,
        supplier=supplier,
        overdue_days=max(known) if known and len(known) == len(late) else None,
    )


def plain(quantity: Decimal) -> str:
    """Return a quantity as people write it: no exponent, no trailing zeros."""
    return f"{quantity.normalize() + 0:f}"


def signed(quantity: Decimal) -> str:
    """Return a change with its sign, a true minus included."""
    return f"+{plain(quantity)}" if quantity >= 0 else f"−{plain(-quantity)}"


_PLACE = {kind: place for place, kind in enumerate(Kind)}


def _taken(position: Position, today: date) -> Iterator[Movement]:
    """Yield what orders take; one of many locations' snapshots is enough to have missed an order."""
    says_reserved = bool(position.stocks) and all(stock.reserved is not None for stock in position.stocks)
    moments = [stock.as_of for stock in position.stocks]
    dated = [moment for moment in moments if moment is not None]
    as_of = min(dated) if dated and len(dated) == len(moments) else None
    covered = as_of if says_reserved else None
    kind = Kind.COMMITTED  # looked up once: a busy product has thousands
    for each in position.commitments:
        if each.shipped_at is not None:
            if as_of is not None and each.shipped_at > as_of and not _is_in(each, covered):
                yield today, -each.quantity, Kind.LEFT, each.source
        elif covered is None or not _is_in(each, covered):
            due = each.due
            yield today if due is None or due < today else due, -each.quantity, kind, each.source


def _is_in(commitment: Commitment, snapshot: datetime | None) -> bool:
    """Tell whether an order is old enough to be in what a snapshot says is reserved."""
    return snapshot is not None and commitment.placed_at is not None and commitment.placed_at <= snapshot


def _coming(position: Position, today: date) -> Iterator[Movement]:
    for supply in position.incoming:
        if supply.day >= today:
            yield supply.day, supply.quantity, Kind.INCOMING, supply.source
        elif position.overdue_days is None:
            yield today, ZERO, Kind.OVERDUE, f"{supply.source} ({plain(supply.quantity)} since {supply.day})"
        else:
            yield today + timedelta(days=position.overdue_days), supply.quantity, Kind.LATE, supply.source
