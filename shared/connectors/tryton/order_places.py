"""Where orders go: an address of the customer that equals the order's ship-to, or a new one made for it.

Tryton ships to addresses of parties. A ship-to that the customer does not have becomes an address without a mark, so it
is no address of the customer's own for us; all that a batch needs are made in one call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.connectors.tryton.addresses import ROLES, countries_in, stored
from shared.connectors.tryton.answers import refusal
from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.order_rows import address_like, default_address
from shared.connectors.tryton.rpc import Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.writing import in_halves
from shared.core.entities import ADDRESS
from shared.core.values import Value

Parts = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order's customer (Tryton's id) and ship-to; empty parts mean wherever the customer's goods go."""

    party: int
    parts: Parts

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two of them the same place."""
        return (self.party, *(self.parts.get(part) or None for part in ADDRESS))

    @property
    def is_named(self) -> bool:
        """Whether the order names a ship-to at all."""
        return any(self.parts.values())


class Places:
    """Finds and makes the addresses of a batch of orders."""

    def __init__(self, rpc: Rpc, lookups: Lookups, settings: TrytonSettings) -> None:
        self._rpc = rpc
        self._lookups = lookups
        self._settings = settings

    def of(self, wanted: Sequence[Wanted]) -> list[int | Failed]:
        """Return the address of each order; the parties are learnt already."""
        if failed := self._lookups.learn_subdivisions(countries_in(each.parts for each in wanted)):
            return [failed] * len(wanted)
        held = {each.key: self._held(each) for each in wanted}
        missing = {each.key: each for each in wanted if held[each.key] is None and each.is_named}
        found: dict[tuple[Any, ...], int | Failed | None] = {**held, **self._made(missing)}
        return [found[each.key] or _nowhere() for each in wanted]

    def invoice_address(self, party: int) -> int | None:
        """Return where the customer's invoices go."""
        known = self._lookups.party(party)
        return default_address(known, (ROLES["billing"],)) if known else None

    def _held(self, wanted: Wanted) -> int | None:
        party = self._lookups.party(wanted.party)
        if party is None:
            return None
        if wanted.is_named:
            return address_like(party, wanted.parts, self._settings) or self._lookups.place(wanted.key)
        return default_address(party, (ROLES["shipping"],))

    def _made(self, missing: Mapping[tuple[Any, ...], Wanted]) -> dict[tuple[Any, ...], int | Failed]:
        rows = [
            {
                "party": each.party,
                "invoice": False,
                "delivery": False,
                **stored(each.parts, self._lookups, self._settings),
            }
            for each in missing.values()
        ]
        made = in_halves(rows, lambda some: self._rpc.call("party.address", "create", list(some)))
        for key, address in zip(missing, made, strict=True):
            if not isinstance(address, Failed):
                self._lookups.remember_place(key, address)
        return dict(zip(missing, made, strict=True))


def _nowhere() -> Failed:
    return refusal("no-address", "the customer has no address in Tryton: give the customer or the order one", "ship_to")
