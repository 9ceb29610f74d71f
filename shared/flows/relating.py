"""relate: note which records have to do with a product or a customer, as the stream of writes tells it.

A relation too many costs a read, a missing one an answer. So three things are seen to:

* What a write no longer shows is taken away only if the record as it stands now does not show it either: the stream may
  be read again, and an old image must not take away what a newer one noted.
* A shipment stands under its order before its order is read for the customer. Whoever gives the order another customer
  writes first and looks for its shipments afterwards; so one of the two sees the other.
* Everything is noted in bulk and may be noted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from shared.core.records import Record
from shared.core.relations import SHIPMENT, Relation, all_named, names, relations_of
from shared.flows.parts import Parts


class Written(Protocol):
    """One write of a record: before (nothing for a new one) and after."""

    @property
    def before(self) -> Record | None:
        """Return the record before it."""

    @property
    def after(self) -> Record:
        """Return the record after it."""


def relate(parts: Parts, writes: Sequence[Written]) -> None:
    """Note what a batch of writes says of relations."""
    put, drop = _changes(writes)
    if put:
        parts.relations.put(put)
    _relate_shipments(parts, writes)
    if drop:
        standing = _standing(parts, {each.child for each in drop})
        gone = [each for each in drop if each.place not in standing]
        if gone:
            parts.relations.drop(gone)


def _changes(writes: Iterable[Written]) -> tuple[list[Relation], list[Relation]]:
    """Return what is to be put and what is to go, the last word on each place."""
    noted: dict[tuple[str, str], tuple[Relation, bool]] = {}
    for each in writes:
        old = frozenset[Relation]() if each.before is None else relations_of(each.before)
        new = relations_of(each.after)
        noted |= {relation.place: (relation, False) for relation in old - new}
        noted |= {relation.place: (relation, True) for relation in new - old}
    put = [relation for relation, stands in noted.values() if stands]
    return put, [relation for relation, stands in noted.values() if not stands]


def _relate_shipments(parts: Parts, writes: Sequence[Written]) -> None:
    """Note shipments under the customers of their orders: new shipments, and those of orders whose customer changed."""
    shipments = {each.after.id: each.after for each in writes if _is_new_to_its_order(each)}
    orders = all_named(shipments.values(), "order")
    standing = parts.records.get(orders) if orders else {}
    put = [
        relation
        for shipment in shipments.values()
        for relation in relations_of(shipment, names(standing.get(names(shipment, "order") or ""), "customer"))
        if relation.kind == SHIPMENT
    ]
    moved = list(_moved(parts, writes))
    if fresh := {each.place: each for each in (*put, *moved)}:
        parts.relations.put(list(fresh.values()))


def _is_new_to_its_order(write: Written) -> bool:
    return write.after.entity == "shipment" and (
        write.before is None or names(write.before, "order") != names(write.after, "order")
    )


def _moved(parts: Parts, writes: Sequence[Written]) -> Iterator[Relation]:
    """Yield the shipments of orders under the customer that their order has now; what is left under an older one only
    costs a read there."""
    for each in writes:
        customer = names(each.after, "customer") if each.after.entity == "order" else None
        if customer is not None and each.before is not None and customer != names(each.before, "customer"):
            for known in parts.relations.of(each.after.id, SHIPMENT):
                yield Relation(customer, SHIPMENT, known.child, each.after.id)


def _standing(parts: Parts, ids: set[str]) -> Mapping[tuple[str, str], Relation]:
    records = parts.records.get(ids)
    return {each.place: each for record in records.values() for each in relations_of(record)}
