"""Makes, changes and cancels orders, and reads back after every step what Tryton made of it.

A placed order is created, quoted and confirmed, all orders of a batch together; confirming gives the number and, by
default, makes the shipment. Tryton answers an impossible transition with null and does nothing, so only the state
that is read back counts. Lines can be changed in a draft or quotation only: Tryton would take the change of a
processed sale's line without moving its shipments, so it is refused here. In a quotation lines are added and removed
by way of a draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.connectors.tryton import order_rows, orders
from shared.connectors.tryton.answers import answer_to, answers, changed_meanwhile, gone, refusal
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.order_places import Places, Wanted
from shared.connectors.tryton.reading import Reader
from shared.connectors.tryton.rpc import Ended, Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.wire import Row
from shared.connectors.tryton.writing import Change, in_halves, write_locked
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Answer, Refused
from shared.core.values import Value

MODEL = orders.MODEL
TABLES = ("currency", "warehouse", "freight")
CONFIRM = ("quote", "confirm")
_AHEAD = frozenset({"placed", "confirmed", "partly_shipped", "shipped", "delivered"})
_ANYTIME = frozenset({"status", "number"})
"""What may be changed whatever state the order is in."""


@dataclass(frozen=True, slots=True)
class Step:
    """A button to press on one sale."""

    external_id: str
    name: str


class OrderWriter:
    """Creates, changes and cancels orders."""

    def __init__(self, rpc: Rpc, reader: Reader, lookups: Lookups, settings: TrytonSettings, custom: Custom) -> None:
        self._rpc = rpc
        self._reader = reader
        self._lookups = lookups
        self._settings = settings
        self._custom = custom
        self._places = Places(rpc, lookups, settings)

    def create(self, commands: Sequence[Create]) -> list[Answer]:
        """Make orders; four calls: create, quote, confirm, read back, and one for ship-to addresses that are new."""
        failed = self._learn([command.fields for command in commands])
        if failed:
            return [answer_to(failed)] * len(commands)
        rows = self._new_rows(commands)
        sent = [row for row in rows if not isinstance(row, Failed)]
        made = iter(in_halves(sent, lambda some: self._rpc.call(MODEL, "create", list(some))))
        ids = [row if isinstance(row, Failed) else next(made) for row in rows]
        named = [each if isinstance(each, Failed) else str(each) for each in ids]
        ahead = [
            each
            for each, command in zip(named, commands, strict=True)
            if isinstance(each, str) and command.fields.get("status") in _AHEAD
        ]
        self._advance(ahead, self._way_ahead())
        return answers(self._reader, named)

    def update(self, commands: Sequence[Update]) -> list[Answer]:
        """Change orders; at most five calls: read, write, quote, confirm or cancel, read back."""
        now = self._reader.rows([command.external_id for command in commands])
        if isinstance(now, Failed):
            return [answer_to(now)] * len(commands)
        failed = self._learn([command.fields for command in commands], now.values())
        if failed:
            return [answer_to(failed)] * len(commands)
        rows = [self._checked(command, now.get(command.external_id)) for command in commands]
        rows, drafted = self._reopened(commands, rows)
        changes = self._changes(commands, rows)
        written = write_locked(self._rpc, MODEL, changes)
        stopped = self._move_on(commands, rows, written, drafted)
        told = answers(self._reader, written)
        return [
            self._told(each, change, stopped.get(command.external_id))
            for each, change, command in zip(told, changes, commands, strict=True)
        ]

    def archive(self, commands: Sequence[Archive]) -> list[Answer]:
        """Cancel orders; three calls: read, cancel, read back. One that is being processed is refused."""
        now = self._reader.rows([command.external_id for command in commands])
        if isinstance(now, Failed):
            return [answer_to(now)] * len(commands)
        rows = [_guarded(command, now.get(command.external_id)) for command in commands]
        named = [row if isinstance(row, Failed) else str(row["id"]) for row in rows]
        self._advance([each for each in named if isinstance(each, str)], ("cancel",))
        told = answers(self._reader, named)
        after = self._reader.rows([each for each in named if isinstance(each, str)])
        states = {} if isinstance(after, Failed) else {key: row["state"] for key, row in after.items()}
        return [_cancelled(answer, states.get(str(each))) for answer, each in zip(told, named, strict=True)]

    def _learn(self, groups: Sequence[Mapping[str, Value]], rows: Any = ()) -> Failed | None:
        parties = {order_rows.id_of(fields.get("customer")) for fields in groups}
        parties |= {row["party"] for row in rows} if any(order_rows.ship_to(fields) for fields in groups) else set()
        lines = [line for fields in groups for line in order_rows.line_changes(fields).values()]
        return (
            self._lookups.learn(*TABLES)
            or self._lookups.learn_parties({party for party in parties if party is not None})
            or self._lookups.learn_products(order_rows.products_in(lines))
        )

    def _new_rows(self, commands: Sequence[Create]) -> list[Row | Failed]:
        parties = [order_rows.id_of(command.fields.get("customer")) for command in commands]
        wanted = [
            Wanted(party, order_rows.ship_to(command.fields))
            for party, command in zip(parties, commands, strict=True)
            if party is not None
        ]
        places = iter(self._places.of(wanted))
        return [
            refusal("no-customer", "an order in Tryton needs a customer", "customer")
            if party is None
            else self._new(command, party, next(places))
            for party, command in zip(parties, commands, strict=True)
        ]

    def _new(self, command: Create, party: int, place: int | Failed) -> Row | Failed:
        if isinstance(place, Failed):
            return place
        fields = command.fields
        lines = [line for line in order_rows.line_changes(fields).values() if line.get("", True)]
        rows = [order_rows.new_line(line, self._lookups) for line in lines]
        known = self._lookups.party(party) or {}
        return {
            "party": party,
            "reference": fields.get("number"),
            "invoice_address": self._places.invoice_address(party) or place,
            "shipment_address": place,
            "payment_term": known.get("customer_payment_term"),
            "shipment_cost_method": None,
            "notes": [["create", [{"message": orders.OURS + command.record_id}]]],
            "lines": [["create", rows + order_rows.freight_row(fields.get("freight"), self._lookups)]],
            **order_rows.days(fields),
            **self._fixed(fields),
            **self._custom.stored(fields),
        }

    def _fixed(self, fields: Mapping[str, Value]) -> dict[str, Any]:
        """Return the warehouse and the currency, where they are named; Tryton has defaults for both."""
        wanted = self._settings.warehouse
        named = (row["id"] for row in self._lookups.rows("warehouse") if row["code"] == wanted)
        warehouse = next(named, None) if wanted else None
        currency = self._lookups.id("currency", fields["currency"]) if fields.get("currency") else None
        return ({"warehouse": warehouse} if warehouse else {}) | ({"currency": currency} if currency else {})

    def _checked(self, command: Update, row: Row | None) -> Row | Failed:
        guarded = _guarded(command, row)
        if isinstance(guarded, Failed) or guarded["state"] in orders.EDITABLE:
            return guarded
        fixed = sorted(command.fields.keys() - _ANYTIME - self._custom.takes)
        if not fixed:
            return guarded
        return refusal("not-a-draft", "Tryton changes an order only while it is a draft or a quotation", fixed[0])

    def _reopened(
        self, commands: Sequence[Update], rows: Sequence[Row | Failed]
    ) -> tuple[list[Row | Failed], frozenset[str]]:
        """Make drafts of the quotations whose lines come or go, and read those again."""
        edits = [
            [] if isinstance(row, Failed) else self._line_edits(command, row)
            for command, row in zip(commands, rows, strict=True)
        ]
        found = [
            str(row["id"])
            for row, each in zip(rows, edits, strict=True)
            if not isinstance(row, Failed) and row["state"] == "quotation" and order_rows.adds_or_removes(each)
        ]
        if not found:
            return list(rows), frozenset()
        self._advance(found, ("draft",))
        again = self._reader.rows(found)
        if isinstance(again, Failed):
            return [again if _id(row) in found else row for row in rows], frozenset(found)
        return [again.get(_id(row), row) for row in rows], frozenset(found)

    def _changes(self, commands: Sequence[Update], rows: Sequence[Row | Failed]) -> list[Change | Failed]:
        places = self._new_places(commands, rows)
        return [
            row if isinstance(row, Failed) else self._change(command, row, places.get(command.external_id))
            for command, row in zip(commands, rows, strict=True)
        ]

    def _new_places(self, commands: Sequence[Update], rows: Sequence[Row | Failed]) -> dict[str, int | Failed]:
        asked: dict[str, Wanted] = {}
        for command, row in zip(commands, rows, strict=True):
            parts = order_rows.ship_to(command.fields)
            if parts and not isinstance(row, Failed):
                shown = self._reader.view.observe(row).fields
                asked[command.external_id] = Wanted(row["party"], {**order_rows.ship_to(shown), **parts})
        return dict(zip(asked, self._places.of(list(asked.values())), strict=True)) if asked else {}

    def _change(self, command: Update, row: Row, place: int | Failed | None) -> Change | Failed:
        if isinstance(place, Failed):
            return place
        fields = command.fields
        values: dict[str, Any] = {**order_rows.days(fields), **self._custom.stored(fields)}
        if "number" in fields:
            values["reference"] = fields["number"]
        if place is not None:
            values["shipment_address"] = place
        values |= self._other_customer(fields) | (self._fixed(fields) if "currency" in fields else {})
        edits = self._line_edits(command, row)
        return Change(command.external_id, values | ({"lines": edits} if edits else {}), orders.locks(row))

    def _other_customer(self, fields: Mapping[str, Value]) -> dict[str, Any]:
        party = order_rows.id_of(fields.get("customer"))
        if party is None:
            return {}
        return {"party": party, "invoice_address": self._places.invoice_address(party)}

    def _line_edits(self, command: Update, row: Row) -> list[list[Any]]:
        return order_rows.line_edits(row, command.fields, command.elements, self._lookups, self._settings)

    def _move_on(
        self,
        commands: Sequence[Update],
        rows: Sequence[Row | Failed],
        written: Sequence[str | Failed],
        drafted: frozenset[str],
    ) -> dict[str, Failed]:
        """Press the buttons that the wanted statuses ask for; return the sales that refused one."""
        ways: dict[tuple[str, ...], list[str]] = {}
        for command, row, each in zip(commands, rows, written, strict=True):
            if isinstance(row, Failed) or isinstance(each, Failed):
                continue
            way = self._way(command.fields.get("status"), str(row["state"]), each in drafted)
            if way:
                ways.setdefault(way, []).append(each)
        stopped: dict[str, Failed] = {}
        for way, ids in ways.items():
            stopped |= self._advance(ids, way)
        return stopped

    def _way(self, status: Value, state: str, was_quoted: bool) -> tuple[str, ...]:
        """Return the buttons that lead from a state to the wanted status."""
        if status == "cancelled":
            return ("cancel",)
        if status == "draft":
            return ("draft",) if state == "quotation" else ()
        if status in _AHEAD and state in orders.EDITABLE:
            return self._way_ahead()[0 if state == "draft" else 1 :]
        return ("quote",) if was_quoted else ()

    def _way_ahead(self) -> tuple[str, ...]:
        return CONFIRM if self._settings.confirm_orders else CONFIRM[:1]

    def _advance(self, ids: Sequence[str], steps: Sequence[str]) -> dict[str, Failed]:
        """Press buttons one after the other on all sales together; one that refuses a button is left where it is."""
        left = [int(each) for each in ids]
        stopped: dict[str, Failed] = {}
        for step in steps:
            ended = in_halves(left, partial(self._press, step))
            stopped |= {str(i): each for i, each in zip(left, ended, strict=True) if isinstance(each, Failed)}
            left = [each for each in left if str(each) not in stopped]
        return stopped

    def _press(self, step: str, ids: Sequence[int]) -> Ended:
        return self._rpc.call(MODEL, step, list(ids))

    def _told(self, answer: Answer, change: Change | Failed, stopped: Failed | None) -> Answer:
        """Return the refusal of a button if nothing else was written, else what is stored."""
        if stopped is None or isinstance(change, Failed) or change.values:
            return answer
        return answer_to(stopped)


def _guarded(command: Update | Archive, row: Row | None) -> Row | Failed:
    if row is None:
        return gone()
    return row if orders.locks(row).same(command.precondition) else changed_meanwhile()


def _cancelled(answer: Answer, state: str | None) -> Answer:
    if isinstance(answer, Refused) or state in (None, "cancelled"):
        return answer
    return answer_to(refusal("no-effect", f"Tryton does not cancel an order whose state is {state}", "status"))


def _id(row: Row | Failed) -> str:
    return "" if isinstance(row, Failed) else str(row["id"])
