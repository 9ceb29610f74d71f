"""The entries of a price book: a new order line names one, where we know its product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.connectors.salesforce.api import Api
from shared.connectors.salesforce.ids import is_id, whole_id
from shared.connectors.salesforce.walk import quoted
from shared.core.observations import Trouble

PRODUCT, ENTRY, BOOK = "Product2Id", "PricebookEntryId", "Pricebook2Id"
_AT_A_TIME = 200


@dataclass(frozen=True)
class Prices:
    """The active entries of products in one price book, and that book."""

    book: str = ""
    entries: Mapping[str, str] = field(default_factory=dict)

    def entry(self, product: str) -> str | None:
        """Return the entry of a product; nothing where the book has none."""
        return self.entries.get(whole_id(product))


def prices_of(api: Api, products: Sequence[str], book: str) -> Prices | Trouble:
    """Return the entries of products in a book; without a name, in the standard one."""
    wanted = list(dict.fromkeys(whole_id(each) for each in products if is_id(each)))
    where = f"{BOOK} = {quoted(book)}" if book else "Pricebook2.IsStandard = true"
    entries: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_A_TIME):
        among = ", ".join(map(quoted, wanted[start : start + _AT_A_TIME]))
        condition = f"IsActive = true AND {where} AND {PRODUCT} IN ({among})"
        found = api.query(["Id", PRODUCT, BOOK], "PricebookEntry", condition, "Id")
        if isinstance(found, Trouble):
            return found
        for row in found.rows:
            entries.setdefault(whole_id(str(row[PRODUCT])), str(row["Id"]))
            book = book or str(row[BOOK])
    return Prices(book, entries)
