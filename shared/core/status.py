"""The order of statuses: what may follow what, and which of two claims about one order stands.

Statuses form a line with one branch: an order may be cancelled until something of it has left the house. Two systems
that disagree are decided by what has happened in the world: goods that left outrank a cancellation, a cancellation
outranks every earlier status. So the later of two claims is a maximum in one total order, the same whoever is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

ORDER = ("draft", "placed", "confirmed", "cancelled", "partly_shipped", "shipped", "delivered")
SHIPMENT = ("planned", "packed", "cancelled", "shipped", "delivered", "returned")
PURCHASE_ORDER = ("draft", "placed", "cancelled", "partly_received", "received")
STATUSES: Mapping[str, tuple[str, ...]] = {"order": ORDER, "shipment": SHIPMENT, "purchase_order": PURCHASE_ORDER}

_CANCELLABLE: Mapping[str, frozenset[str]] = {
    "order": frozenset({"draft", "placed", "confirmed"}),
    "shipment": frozenset({"planned", "packed"}),
    "purchase_order": frozenset({"draft", "placed"}),
}


def has_order(entity: str) -> bool:
    """Tell whether the entity's status is one of an ordered set; a customer's status is plain text."""
    return entity in STATUSES


def rank(entity: str, status: object) -> int:
    """Return the place of a status in the total order; -1 for one that the order does not know."""
    statuses = STATUSES[entity]
    return statuses.index(status) if isinstance(status, str) and status in statuses else -1


def may_follow(entity: str, before: object, after: object) -> bool:
    """Tell whether the business lets one status follow another (ARCHITECTURE §2)."""
    if before is None:
        return rank(entity, after) >= 0
    if after == "cancelled":
        return before in _CANCELLABLE[entity]
    if before == "cancelled":
        return False
    return rank(entity, after) > rank(entity, before)


def has_reached(entity: str, status: object, milestone: str) -> bool:
    """Tell whether a status stands at or beyond a milestone; a cancelled record stands nowhere on the way."""
    if status == "cancelled" and milestone != "cancelled":
        return False
    return rank(entity, status) >= rank(entity, milestone)
