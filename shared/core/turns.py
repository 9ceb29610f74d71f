"""Whose turn it is when a stop ends and everything that was set aside may go: one table.

Orders go first, because somebody waits for the goods; then what is known of customers; then products and their stock,
which the next count corrects anyway; last the load: whatever the system has never had and nobody asked for yet. A
parent that is not there goes along with what needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class Turn(IntEnum):
    """Lower goes first."""

    ORDERS = 1
    CUSTOMERS = 2
    STOCK = 3
    LOAD = 4


TURNS: Mapping[str, Turn] = MappingProxyType(
    {
        "order": Turn.ORDERS,
        "shipment": Turn.ORDERS,
        "opportunity": Turn.ORDERS,
        "customer": Turn.CUSTOMERS,
        "product": Turn.STOCK,
        "stock": Turn.STOCK,
        "supplier": Turn.STOCK,
        "purchase_order": Turn.STOCK,
    }
)
"""Per entity the turn of its changes; an entity that is not named goes with stock."""


def turn_of(entity: str, *, is_there: bool) -> Turn:
    """Return the turn of a delivery; creates of anything but orders and shipments are load."""
    turn = TURNS.get(entity, Turn.STOCK)
    return turn if is_there or turn is Turn.ORDERS else Turn.LOAD
