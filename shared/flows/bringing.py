"""bringing: the purchase orders that bring something to a stock, or of a supplier, read from what relations name."""

from __future__ import annotations

from collections.abc import Sequence

from shared.core.purchase_orders import coming
from shared.core.records import Record
from shared.core.relations import BRINGING, TAKING, names
from shared.flows.parts import Parts


def purchases_for(parts: Parts, stock: Record) -> Sequence[Record]:
    """Return the purchase orders that may bring something to a stock of which its system does not say; else none."""
    near = [] if stock.value("incoming") is not None else parts.relations.of(names(stock, "product") or "", TAKING)
    known = parts.records.get({each.child for each in near}) if near else {}
    return [each for each in known.values() if each.entity == "purchase_order"]


def products_from(parts: Parts, supplier: str) -> Sequence[str]:
    """Return the products that a supplier still brings, in order of their ids."""
    near = parts.relations.of(supplier, BRINGING)
    known = parts.records.get({each.child for each in near}) if near else {}
    return sorted({each.product for order in known.values() for each in coming(order)})
