"""Master data of one Tryton, read in bulk when first needed and kept for a while: countries, units, terms, addresses.

`learn…` reads what is not known yet and answers the failure if that fails; after it the other methods only look.
Records that Tryton does not have are nothing, never an error: what cannot be looked up is not sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.connectors.tryton.rpc import Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.wire import Row

KEPT = timedelta(minutes=15)
ADDRESS_FIELDS = (
    *("active", "invoice", "delivery", "party_name", "street", "city", "postal_code"),
    *("country.code", "subdivision.code", "subdivision.name", "_timestamp"),
)
"""What is read of an address; `_timestamp` is its lock."""


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of master data: its model, which records, the field that names a record, other fields."""

    model: str
    domain: tuple[Any, ...]
    key: str
    fields: tuple[str, ...] = ()


class Lookups:
    """What one instance knows of a Tryton's master data."""

    def __init__(self, rpc: Rpc, settings: TrytonSettings, now: Callable[[], datetime]) -> None:
        self._rpc = rpc
        self._now = now
        self._until = now()
        self._known: dict[str, dict[Any, Row]] = {}
        self._tables = {
            "country": Table("country.country", (), "code"),
            "currency": Table("currency.currency", (), "code"),
            "unit": Table("product.uom", (), "symbol"),
            "payment_term": Table("account.invoice.payment_term", (), "name"),
            "warehouse": Table("stock.location", (("type", "=", "warehouse"),), "id", ("code", "name")),
            "freight": Table("product.product", (("code", "=", settings.freight_product),), "code", ("default_uom",)),
            "category": Table("party.category", (("name", "=", settings.customer_category),), "name"),
            "account_category": Table("product.category", (("accounting", "=", True),), "name"),
        }

    def learn(self, *tables: str) -> Failed | None:
        """Read whole tables that are not known yet."""
        self._expire()
        for name in tables:
            if name not in self._known:
                table = self._tables[name]
                failed = self._read(name, table.model, list(table.domain), (table.key, *table.fields), table.key)
                if failed:
                    return failed
        return None

    def id(self, table: str, key: object) -> int | None:
        """Return the id of the record of a learnt table that has this key."""
        found = self._known[table].get(key)
        return int(found["id"]) if found else None

    def rows(self, table: str) -> list[Row]:
        """Return all records of a learnt table."""
        return list(self._known[table].values())

    def learn_subdivisions(self, countries: Iterable[str]) -> Failed | None:
        """Read the countries, and the subdivisions of these of them (two-letter codes)."""
        if failed := self.learn("country"):
            return failed
        known = self._known.setdefault("subdivisions of", {})
        missing = sorted(set(countries) - known.keys())
        if not missing:
            return None
        failed = self._read(
            "subdivision", "country.subdivision", [["country.code", "in", missing]], ("code", "name"), "id"
        )
        known.update({country: {} for country in missing if failed is None})
        return failed

    def subdivision(self, country: str, region: str, named: Mapping[str, str]) -> int | None:
        """Return the subdivision that a region's text means: one of `named` (code → word), a code, or a name."""
        words = {word: code for code, word in named.items() if code.startswith(f"{country}-")}
        wanted = {_folded(region), _folded(words.get(region, region)), _folded(f"{country}-{region}")}
        mine = [
            row for row in self._known.get("subdivision", {}).values() if str(row["code"]).startswith(f"{country}-")
        ]
        by_code = (row for row in mine if _folded(row["code"]) in wanted)
        by_name = (row for row in mine if _folded(row["name"]) in wanted)
        found = next(by_code, None) or next(by_name, None)
        return int(found["id"]) if found else None

    def learn_parties(self, parties: Collection[int]) -> Failed | None:
        """Read payment term and addresses of the parties that are not known yet."""
        fields = ("customer_payment_term", *(f"addresses.{field}" for field in ADDRESS_FIELDS))
        return self._learn_ids("party", "party.party", parties, fields)

    def party(self, party: int) -> Row | None:
        """Return a learnt party."""
        return self._known["party"].get(party)

    def place(self, key: Hashable) -> int | None:
        """Return the address that was made for a place."""
        found = self._known.get("place", {}).get(key)
        return int(found["id"]) if found else None

    def remember_place(self, key: Hashable, address: int) -> None:
        """Keep the address that was made for a place: the party that was read does not show it yet."""
        self._known.setdefault("place", {})[key] = {"id": address}

    def learn_products(self, products: Collection[int]) -> Failed | None:
        """Read the own unit of the products that are not known yet."""
        return self._learn_ids("product", "product.product", products, ("default_uom",))

    def unit_of(self, product: int) -> int | None:
        """Return the own unit of a learnt product."""
        unit: int | None = self._known["product"].get(product, {}).get("default_uom")
        return unit

    def _learn_ids(self, name: str, model: str, ids: Collection[int], fields: tuple[str, ...]) -> Failed | None:
        self._expire()
        known = self._known.setdefault(name, {})
        missing = sorted({each for each in ids if each not in known})
        return self._read(name, model, [["id", "in", missing]], fields, "id") if missing else None

    def _read(self, name: str, model: str, domain: list[Any], fields: tuple[str, ...], key: str) -> Failed | None:
        ended = self._rpc.call(model, "search_read", domain, 0, None, None, list(fields))
        if isinstance(ended, Failed):
            return ended
        self._known.setdefault(name, {}).update({row[key]: row for row in ended.result})
        return None

    def _expire(self) -> None:
        if self._now() >= self._until:
            self._known.clear()
            self._until = self._now() + KEPT


def _folded(text: object) -> str:
    """Return a text without accents and case, so that `Québec` finds `Quebec`."""
    plain = unicodedata.normalize("NFKD", str(text or "")).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).strip()
