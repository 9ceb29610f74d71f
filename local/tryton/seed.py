"""The supply chain's side of Northwind in Tryton: carriers, suppliers, products, reorder levels, purchases, stock.

Everything goes over the API in a few bulk calls. Article numbers are `local.data.northwind.sku`; a discontinued
product is one that is not bought any more (not purchasable) but sold while stock lasts, as Northwind's own orders
show.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from local.data import northwind
from local.tryton.countries import Places
from local.tryton.purchasing import WAREHOUSE, Purchase, one, order_goods
from local.tryton.rpc import Client

OPENING_DAY = date(1996, 1, 1)


def seed(erp: Client, stock: Mapping[int, int]) -> None:
    """Fill a fresh database with carriers, suppliers, products, reorder levels, purchases and this opening stock."""
    create_carriers(erp, northwind.shippers())
    create_suppliers(erp, northwind.suppliers())
    products = create_products(erp, northwind.products())
    create_reorder_levels(erp, northwind.products(), products)
    create_purchases(erp, northwind.products(), products)
    discontinue(erp, [products[product.id] for product in northwind.products() if product.discontinued])
    take_inventory(erp, {products[product_id]: quantity for product_id, quantity in stock.items()}, OPENING_DAY)


def create_carriers(erp: Client, names: Iterable[str]) -> None:
    """A carrier per name, priced by the freight service."""
    freight = one(erp, "product.product", ["code", "=", "FREIGHT"])
    category = one(erp, "party.category", ["name", "=", "Carrier"])
    rows = [{"name": name, "code": f"CARRIER-{number}", **_in(category)} for number, name in enumerate(names, 1)]
    parties = erp.call("party.party", "create", rows)
    erp.call("carrier", "create", [{"party": party, "carrier_product": freight} for party in parties])


def create_suppliers(erp: Client, suppliers: Iterable[northwind.Supplier]) -> None:
    """A party per supplier, code `SUP-<id>`, with its address, its contact person, and how long it takes to deliver."""
    category = one(erp, "party.category", ["name", "=", "Supplier"])
    places = Places(erp)
    rows = [
        {
            "name": supplier.name,
            "code": f"SUP-{supplier.id}",
            **_in(category),
            "addresses": [["create", [_address(supplier, places)]]],
            "contact_mechanisms": [["create", [_contact(supplier)]]],
            "supplier_lead_time": lead_time(supplier.id),
        }
        for supplier in suppliers
    ]
    erp.call("party.party", "create", rows)


def lead_time(supplier_id: int) -> timedelta:
    """How long a supplier takes: one to four weeks by its number, since Northwind does not tell."""
    return timedelta(weeks=1 + supplier_id % 4)


def create_products(erp: Client, products: Iterable[northwind.Product]) -> dict[int, int]:
    """A product per row with its supplier; Tryton's product ids by Northwind's."""
    products = list(products)
    categories = _categories(erp, sorted({product.category for product in products}))
    account = one(erp, "product.category", ["accounting", "=", True])
    unit = one(erp, "product.uom", ["symbol", "=", "u"])
    suppliers = {
        row["code"]: row["id"] for row in erp.search_read("party.party", [["code", "like", "SUP-%"]], ["code"])
    }
    fixed = {
        "type": "goods",
        "default_uom": unit,
        "sale_uom": unit,
        "purchase_uom": unit,
        "salable": True,
        "purchasable": True,
    }
    rows = [
        {
            **fixed,
            "name": product.name,
            "code": northwind.sku(product.id),
            "list_price": product.price,
            "account_category": account,
            "categories": [["add", [categories[product.category]]]],
            "product_suppliers": [["create", [{"party": suppliers[f"SUP-{product.supplier_id}"]}]]],
            "products": [["create", [{"description": product.quantity_per_unit}]]],
        }
        for product in products
    ]
    erp.call("product.template", "create", rows)
    found = {row["code"]: row["id"] for row in erp.search_read("product.product", [["type", "=", "goods"]], ["code"])}
    return {product.id: found[northwind.sku(product.id)] for product in products}


def create_reorder_levels(erp: Client, products: Iterable[northwind.Product], ids: Mapping[int, int]) -> None:
    """An order point per product at the warehouse: buy when less than the reorder level is left."""
    warehouse = one(erp, "stock.location", ["code", "=", WAREHOUSE])
    rows = [
        {
            "product": ids[product.id],
            "location": warehouse,
            "type": "purchase",
            "min_quantity": float(product.reorder_level),
            "target_quantity": float(product.reorder_level),
        }
        for product in products
    ]
    erp.call("stock.order_point", "create", rows)


def create_purchases(erp: Client, products: Iterable[northwind.Product], ids: Mapping[int, int]) -> None:
    """One confirmed purchase per supplier of what Northwind has on order: Tryton expects it after the lead time."""
    wanted: dict[int, list[northwind.Product]] = {}
    for product in products:
        if product.units_on_order:
            wanted.setdefault(product.supplier_id, []).append(product)
    order_goods(erp, [_purchase(f"SUP-{supplier}", ordered, ids) for supplier, ordered in wanted.items()])


def discontinue(erp: Client, ids: list[int]) -> None:
    """Stop buying these products (Tryton's ids); what is in stock or under way can still be sold."""
    templates = [row["template"] for row in erp.call("product.product", "read", ids, ["template"])]
    erp.call("product.template", "write", templates, {"purchasable": False})


def take_inventory(erp: Client, quantities: Mapping[int, int], day: date) -> None:
    """Count these products (Tryton's ids) in the warehouse's storage location and book the difference."""
    warehouse = erp.search_read("stock.location", [["code", "=", WAREHOUSE]], ["storage_location"])[0]
    lines = [{"product": product, "quantity": float(quantity)} for product, quantity in quantities.items()]
    counted = {"location": warehouse["storage_location"], "date": day, "lines": [["create", lines]]}
    inventories = erp.call("stock.inventory", "create", [{**counted, "empty_quantity": "keep"}])
    erp.call("stock.inventory", "confirm", inventories)


def _in(category: int) -> dict[str, Any]:
    return {"categories": [["add", [category]]]}


def _address(supplier: northwind.Supplier, places: Places) -> dict[str, Any]:
    return {
        "street": supplier.address,
        "city": supplier.city,
        "postal_code": supplier.postal_code,
        "country": places.country(supplier.country),
        "subdivision": places.subdivision(supplier.country, supplier.region),
    }


def _contact(supplier: northwind.Supplier) -> dict[str, Any]:
    return {
        "type": "phone",
        "value": supplier.phone,
        "name": supplier.contact_name,
        "comment": supplier.contact_title,
    }


def _categories(erp: Client, names: list[str]) -> dict[str, int]:
    ids = erp.call("product.category", "create", [{"name": name} for name in names])
    return dict(zip(names, ids, strict=True))


def _purchase(supplier: str, ordered: Iterable[northwind.Product], ids: Mapping[int, int]) -> Purchase:
    return Purchase(
        supplier,
        tuple(
            (ids[product.id], product.units_on_order, (product.price / 2).quantize(Decimal("0.01")))
            for product in ordered
        ),
    )
