"""fan_out: every write of a record becomes history, deliveries and business events (ARCHITECTURE §3).

The stream is the fast way to a delivery, the sweep the safe one. Repeating a batch changes nothing: ledger entries have
the version as their key, a delivery is only a reason to look, and events carry an id of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.decisions import Cause
from shared.core.demands import DEMANDING, touched
from shared.core.entities import PROMISE
from shared.core.newly import came_alive, newly_owed
from shared.core.promised import has_moved
from shared.core.records import Record
from shared.core.relations import all_named, is_low, is_low_with, names
from shared.core.values import Value, digest
from shared.flows.bringing import products_from, purchases_for
from shared.flows.parts import Parts
from shared.flows.relating import relate
from shared.ports.messages import TOUCHED, Delivery, Event
from shared.ports.stores import LedgerEntry

TOUCHED_AT_ONCE = 100
"""How many products one event names: few thousand bytes of the 256 kB that the bus takes."""

HISTORY = timedelta(days=365)
"""How far back the ledger surely reaches; the store keeps it longer."""


@dataclass(frozen=True, slots=True)
class Image:
    """One write of a record as the stream tells it; `before` is nothing for a new record."""

    before: Record | None
    after: Record
    cause: Cause


def fan_out(parts: Parts, images: Sequence[Image]) -> None:
    """Carry what a batch of writes sets going; raises `TryAgain` if it was not taken whole, then the batch repeats."""
    now = parts.clock.now()
    known = [each for each in images if each.after.entity in parts.integration.entities]
    parts.ledger.append([_entry(each, now) for each in images])
    gaps = _gaps(parts, images, now)
    if gaps:
        parts.telemetry.count("LedgerGaps", gaps)
    deliveries = list(dict.fromkeys(_deliveries(parts, known, now)))
    if deliveries:
        parts.messages.deliveries(deliveries)
    relate(parts, known)
    events = [event for each in known for event in _events(each)] + [*_low(parts, known), *_slower(parts, known)]
    if events:
        parts.messages.publish(events)
    if images:
        parts.states.note_change(now)
    _count_delays(parts, known, now)


def _entry(image: Image, now: datetime) -> LedgerEntry:
    return LedgerEntry(
        record_id=image.after.id,
        entity=image.after.entity,
        version=image.after.version,
        at=image.cause.at or now,
        cause=image.cause,
        changed=_changed(image),
        record=image.after,
    )


def _changed(image: Image) -> dict[str, tuple[str, str]]:
    """Return per changed field the digests before and after; the values stand in the record and in the cause."""
    before = {} if image.before is None else image.before.fields
    found = {}
    for path, held in image.after.fields.items():
        old = before.get(path)
        if old is None or old.value != held.value:
            found[path] = ("" if old is None else digest(old.value), digest(held.value))
    return found


def _gaps(parts: Parts, images: Sequence[Image], now: datetime) -> int:
    """Return how many versions before these are missing in the ledger: a batch of the stream was lost.

    A record that nobody has edited for as long as the ledger is kept has no history left, and is not counted.
    """
    first = {image.after.id: image for image in sorted(images, key=lambda each: each.after.version, reverse=True)}
    before = {(id_, each.after.version - 1) for id_, each in first.items() if _has_history(each, now)}
    return len(before - parts.ledger.known(before)) if before else 0


def _has_history(image: Image, now: datetime) -> bool:
    edits = [held.at for held in image.before.fields.values()] if image.before else []
    return image.after.version > 1 and any(now - at < HISTORY for at in edits)


def _deliveries(parts: Parts, images: Iterable[Image], now: datetime) -> Iterable[Delivery]:
    for image in images:
        rules = parts.integration.rules(image.after.entity)
        for system in newly_owed(image.before, image.after, rules, now):
            yield Delivery(system, image.after.entity, image.after.id)
        alive = came_alive(image.before, image.after)
        if alive:
            yield from _children(parts, image.after, alive)


def _children(parts: Parts, parent: Record, systems: Sequence[str]) -> Iterable[Delivery]:
    """Wake what waits for a parent; a wake-up that is lost is made up for by the child's own due time."""
    waiting = parts.records.waiting_for(parent.id)
    children = parts.records.get(waiting) if waiting else {}
    for child in children.values():
        for system in systems:
            if child.link(system).waits_for == parent.id:
                yield Delivery(system, child.entity, child.id)


def _events(image: Image) -> Iterable[Event]:
    before, after = image.before, image.after
    changed = sorted(_changed(image))
    if changed:
        kind = "created" if before is None else "changed"
        yield _event(f"{after.entity}.{kind}", after, {"fields": ", ".join(changed)})
    if before is not None and before.value("status") != after.value("status") and after.value("status"):
        yield _event(f"{after.entity}.status-changed", after, _status(before, after))
    if touching := touched(before, after):
        yield _event(TOUCHED, after, {"products": ", ".join(sorted(touching))})
    if after.entity in DEMANDING and has_moved(before, after):
        yield _event(f"{after.entity}.promise-changed", after, _promise(before, after))
    if after.tombstone is not None and (before is None or before.tombstone is None):
        yield _event(f"{after.entity}.deleted", after, {})
    if after.parked_since is not None and (before is None or before.parked_since is None):
        yield _event("sync.parked", after, {"entity": after.entity})


def _status(before: Record, after: Record) -> Mapping[str, Value]:
    return {"status": str(after.value("status")), "before": before.value("status"), "number": after.value("number")}


def _promise(before: Record | None, after: Record) -> Mapping[str, Value]:
    said = {path.partition(".")[2]: after.value(path) for path in PROMISE}
    old = None if before is None else before.value("promise.text")
    return {"number": after.value("number"), **said, "before": old, "wanted_at": after.value("wanted_at")}


def _low(parts: Parts, images: Iterable[Image]) -> Iterable[Event]:
    """Yield one event for each stock that has just come down to its reorder level, if its product is still bought.

    What purchase orders bring counts where the stock does not tell what is on its way.
    """
    crossing = [
        each.after
        for each in images
        if each.after.entity == "stock" and is_low(each.after) and (each.before is None or not is_low(each.before))
    ]
    products = parts.records.get(all_named(crossing, "product")) if crossing else {}
    for stock in crossing:
        product = products.get(names(stock, "product") or "")
        is_bought = product is not None and product.value("discontinued") is not True
        if product is not None and is_bought and is_low_with(stock, purchases_for(parts, stock)):
            data = {name: stock.value(name) for name in ("product", "location", "on_hand", "incoming", "reorder_level")}
            yield _event("stock.low", stock, {"sku": product.value("sku"), **data})


def _slower(parts: Parts, images: Iterable[Image]) -> Iterable[Event]:
    """Touch what a supplier still brings when the time that it takes has changed, some products an event."""
    for before, after in ((each.before, each.after) for each in images if each.after.entity == "supplier"):
        if before is not None and before.value("lead_time_days") != after.value("lead_time_days"):
            products = products_from(parts, after.id)
            for at in range(0, len(products), TOUCHED_AT_ONCE):
                some = ", ".join(products[at : at + TOUCHED_AT_ONCE])
                event = _event(TOUCHED, after, {"products": some})
                yield replace(event, id=f"{event.id}/{at}")


def _event(type_: str, record: Record, data: Mapping[str, Value]) -> Event:
    return Event(type_, f"{record.entity}/{record.id}", f"{record.id}/{record.version}/{type_}", data)


def _count_delays(parts: Parts, images: Iterable[Image], now: datetime) -> None:
    """From an edit at a partner to its confirmed delivery elsewhere, as far as the partner tells the time of it."""
    for image in images:
        if image.cause.operation == "confirm" and image.before is not None:
            changed = [held.at for held in image.after.fields.values() if held.version == image.before.version - 1]
            if changed:
                parts.telemetry.count("SyncDelaySeconds", max(0.0, (now - max(changed)).total_seconds()))
