"""What people do in the demo's Tryton: ship, ship in part, count stock, change, cancel; by a client's own calls.

Tryton answers an impossible step with null and goes on, so every step is read back and a `NotPossibleError` says what
did not happen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from local.tryton.purchasing import one
from local.tryton.rpc import Client
from local.tryton.seed import take_inventory

BATCH = 50
AFTER_STEP = {"assign_try": "assigned", "pick": "picked", "pack": "packed", "do": "done"}


class NotPossibleError(Exception):
    """Tryton did not do what the warehouse asked for."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What the warehouse notes on a shipment: the order by its reference, the carrier by name, tracking, the day."""

    order: str
    carrier: str | None = None
    tracking: str | None = None
    day: date | None = None


def ship(erp: Client, dispatches: Iterable[Dispatch]) -> int:
    """Ship everything that is waiting of these orders, assigned from stock properly; return how many shipments left."""
    waiting = iter(dispatches)
    done = 0
    while batch := list(islice(waiting, BATCH)):
        done += len(_ship(erp, {dispatch.order: dispatch for dispatch in batch}))
    return done


def ship_in_part(erp: Client, dispatch: Dispatch, quantities: Mapping[str, int]) -> int:
    """Ship only these quantities (by article number) of one order and return the shipment; the rest is a back-order."""
    (shipment,) = _waiting(erp, [dispatch.order])
    rows = erp.search_read(
        "stock.move",
        [["shipment", "=", f"stock.shipment.out,{shipment}"]],
        ["product.code", "quantity", "to_location.type"],
    )
    outgoing = [row for row in rows if row["to_location."]["type"] == "customer"]
    left_behind = [row["id"] for row in outgoing if row["product."]["code"] not in quantities]
    for row in outgoing:
        if row["id"] not in left_behind:
            erp.call("stock.move", "write", [row["id"]], {"quantity": float(quantities[row["product."]["code"]])})
    if left_behind:
        erp.call("stock.move", "delete", left_behind)
    erp.call("stock.shipment.out", "wait", [shipment])
    _send(erp, {shipment: dispatch})
    return shipment


def count_stock(erp: Client, sku: str, on_hand: int, day: date) -> None:
    """A person counts one product on a day, and the stock is what was counted."""
    take_inventory(erp, {one(erp, "product.product", ["code", "=", sku]): on_hand}, day)


def edit_customer(erp: Client, number: str, changes: Mapping[str, Any]) -> None:
    """Change a customer's own fields, as Tryton names them."""
    erp.call("party.party", "write", [one(erp, "party.party", ["code", "=", number])], dict(changes))


def edit_address(erp: Client, number: str, changes: Mapping[str, Any]) -> None:
    """Change a customer's invoice address directly, as its form does: the party itself is not touched."""
    party = one(erp, "party.party", ["code", "=", number])
    addresses = erp.call("party.address", "search", [["party", "=", party], ["invoice", "=", True]], 0, 1)
    erp.call("party.address", "write", addresses, dict(changes))


def edit_line(erp: Client, order: str, sku: str, changes: Mapping[str, Any]) -> None:
    """Change one line of an order that is not confirmed yet."""
    line = erp.call("sale.line", "search", [["sale.reference", "=", order], ["product.code", "=", sku]])
    erp.call("sale.line", "write", line, dict(changes))


def cancel(erp: Client, order: str) -> str:
    """Press cancel on an order and return the state that it has then (a processed order stays what it is)."""
    sale = one(erp, "sale.sale", ["reference", "=", order])
    erp.call("sale.sale", "cancel", [sale])
    state: str = erp.call("sale.sale", "read", [sale], ["state"])[0]["state"]
    return state


def _ship(erp: Client, dispatches: Mapping[str, Dispatch]) -> Sequence[int]:
    shipments = _waiting(erp, dispatches)
    _send(erp, {shipment: dispatches[order] for shipment, order in shipments.items()})
    return list(shipments)


def _waiting(erp: Client, orders: Iterable[str]) -> dict[int, str]:
    """The shipments that wait for the warehouse, each with its order's reference."""
    sales = erp.search_read("sale.sale", [["reference", "in", list(orders)]], ["reference", "shipments.state"])
    return {
        shipment["id"]: sale["reference"]
        for sale in sales
        for shipment in sale["shipments."]
        if shipment["state"] == "waiting"
    }


def _send(erp: Client, dispatches: Mapping[int, Dispatch]) -> None:
    """Assign, pick, pack, note carrier, tracking and day, ship: each step for all, each read back."""
    if not dispatches:
        return
    _step(erp, "assign_try", dispatches)
    _note(erp, dispatches)
    for step in ("pick", "pack", "do"):
        _step(erp, step, dispatches)


def _step(erp: Client, step: str, shipments: Iterable[int]) -> None:
    ids = list(shipments)
    erp.call("stock.shipment.out", step, ids)
    states = {row["id"]: row["state"] for row in erp.call("stock.shipment.out", "read", ids, ["state"])}
    stuck = {shipment: state for shipment, state in states.items() if state != AFTER_STEP[step]}
    if stuck:
        raise NotPossibleError(f"{step} left these shipments as they were: {stuck}")


def _note(erp: Client, dispatches: Mapping[int, Dispatch]) -> None:
    carriers = {row["party."]["name"]: row["id"] for row in erp.search_read("carrier", [], ["party.name"])}
    arguments: list[Any] = []
    for shipment, dispatch in dispatches.items():
        noted = {
            "carrier": carriers[dispatch.carrier] if dispatch.carrier else None,
            "reference": dispatch.tracking,
            "effective_date": dispatch.day,
        }
        arguments += [[shipment], noted]
    erp.call("stock.shipment.out", "write", *arguments)
