"""Run inside `.venvs/tryton`, never imported: makes a fresh Tryton database into a small trading company's.

    python set_up.py <trytond.conf> <database>

Prints one line per finished step. What a company needs before it can sell and ship: every country and subdivision of
ISO 3166, a currency with a rate, the company, a chart of accounts, a fiscal year, a payment term, a warehouse with
its address, a freight service and the party categories that tell customers from suppliers.
"""

import datetime
import os
import sys
from decimal import Decimal
from typing import Any

import pycountry  # type: ignore[import-not-found]  # stands in Tryton's environment, not in ours
from proteus import Model, Wizard, config

COMPANY = "Northwind Traders"
CURRENCY = "USD"
FIRST_YEAR, LAST_YEAR = 1996, datetime.date.today().year + 1
CATEGORIES = ("Customer", "Supplier", "Carrier")


def main(configuration_file: str, database: str) -> None:
    """Set the company up, step by step."""
    config.set_trytond(database=f"sqlite:///{database}", user="admin", config_file=configuration_file)
    for step in (countries, company, accounts, fiscal_year, payment_term, categories, freight, defaults):
        step()
        print(step.__name__, flush=True)


def countries() -> None:
    """All countries and subdivisions of ISO 3166, in a few bulk calls; parents first."""
    country = Model.get("country.country")
    rows = [_country(entry) for entry in pycountry.countries]
    known = dict(zip((row["code"] for row in rows), country._proxy.create(rows, _context()), strict=True))
    subdivision = Model.get("country.subdivision")
    waiting = [entry for entry in pycountry.subdivisions if entry.country_code in known]
    ids: dict[str, int] = {}
    while ready := [entry for entry in waiting if not entry.parent_code or entry.parent_code in ids]:
        rows = [_subdivision(entry, known, ids) for entry in ready]
        ids.update(zip((entry.code for entry in ready), subdivision._proxy.create(rows, _context()), strict=True))
        waiting = [entry for entry in waiting if entry.code not in ids]


def company() -> None:
    """One company in US dollars, and the administrator working for it."""
    currency = Model.get("currency.currency")(name="US Dollar", symbol="$", code=CURRENCY, numeric_code="840")
    currency.rounding, currency.digits = Decimal("0.01"), 2
    currency.rates.new(date=datetime.date(1990, 1, 1), rate=Decimal(1))
    currency.save()
    party = Model.get("party.party")(name=COMPANY)
    (address,) = party.addresses
    address.street, address.city, address.postal_code = "1 Harbour Street", "Seattle", "98101"
    address.country = _one("country.country", code="US")
    address.subdivision = _one("country.subdivision", code="US-WA")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = party, currency
    wizard.execute("add")
    config.get_config()._context = Model.get("res.user").get_preferences(True, {})


def accounts() -> None:
    """Tryton's own universal chart of accounts, with the defaults that products and parties take."""
    template = Model.get("account.account.template")(
        Model.get("ir.model.data").get_id("account.account_template_root_en", _context())
    )
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template, wizard.form.company = template, _one("company.company")
    wizard.execute("create_account")
    wizard.form.account_receivable, wizard.form.account_payable = _account("receivable"), _account("payable")
    for field, kind in (("category_account_expense", "expense"), ("category_account_revenue", "revenue")):
        if hasattr(wizard.form, field):
            setattr(wizard.form, field, _account(kind))
    wizard.execute("create_properties")
    category = Model.get("product.category")(name="Trade goods", accounting=True)
    category.account_expense, category.account_revenue = _account("expense"), _account("revenue")
    category.save()


def fiscal_year() -> None:
    """One long open year over the sample orders and today, so that an order of any of its days can be processed."""
    the_company = _one("company.company")
    year = Model.get("account.fiscalyear")(name=f"{FIRST_YEAR}-{LAST_YEAR}", company=the_company)
    year.start_date, year.end_date = datetime.date(FIRST_YEAR, 1, 1), datetime.date(LAST_YEAR, 12, 31)
    year.move_sequence = _sequence("Account Move", the_company)
    for sequence in year.invoice_sequences:
        for field in ("in_invoice", "in_credit_note", "out_invoice", "out_credit_note"):
            setattr(sequence, f"{field}_sequence", _sequence("Invoice", the_company))
    year.save()


def payment_term() -> None:
    """The remainder, thirty days after the invoice; the default of every customer."""
    term = Model.get("account.invoice.payment_term")(name="30 days")
    line = term.lines.new(type="remainder")
    line.relativedeltas.new(days=30)
    term.save()
    settings = Model.get("account.configuration")(1)
    settings.default_customer_payment_term = term
    settings.save()


def categories() -> None:
    """The categories that tell customers, suppliers and carriers apart: Tryton's parties have no kind of their own."""
    for name in CATEGORIES:
        Model.get("party.category")(name=name).save()


def freight() -> None:
    """A service that stands for freight on an order, at no price of its own: each order says what it pays."""
    template = Model.get("product.template")(name="Freight", code="FREIGHT", type="service", salable=True)
    template.default_uom = _one("product.uom", symbol="u")
    template.list_price = Decimal(0)
    template.account_category = _one("product.category", accounting=True)
    template.save()


def defaults() -> None:
    """A warehouse with an address that ships in three steps; orders are invoiced by hand."""
    warehouse = _one("stock.location", type="warehouse")
    warehouse.address = _one("company.company").party.addresses[0]
    warehouse.save()
    settings = Model.get("sale.configuration")(1)
    settings.sale_invoice_method, settings.sale_shipment_method = "manual", "order"
    settings.save()


def _one(model: str, **where: object) -> Any:
    found = Model.get(model).find([(field, "=", value) for field, value in where.items()], limit=1)
    if not found:
        raise SystemExit(f"Tryton holds no {model} with {where}")
    return found[0]


def _account(kind: str) -> Any:
    return Model.get("account.account").find([(f"type.{kind}", "=", True), ("closed", "!=", True)], limit=1)[0]


def _sequence(kind: str, the_company: Any) -> Any:
    sequence = Model.get("ir.sequence.strict")(name=kind, sequence_type=_one("ir.sequence.type", name=kind))
    sequence.company = the_company
    sequence.save()
    return sequence


def _country(entry: Any) -> dict[str, Any]:
    name = getattr(entry, "common_name", entry.name)
    return {"name": name, "code": entry.alpha_2, "code3": entry.alpha_3, "code_numeric": entry.numeric}


def _subdivision(entry: Any, known: dict[str, int], ids: dict[str, int]) -> dict[str, Any]:
    parent = ids.get(entry.parent_code) if entry.parent_code else None
    return {
        "country": known[entry.country_code],
        "code": entry.code,
        "name": entry.name,
        "type": entry.type.lower(),
        "parent": parent,
    }


def _context() -> dict[str, Any]:
    return dict(config.get_config().context)


if __name__ == "__main__":
    os.umask(0o077)
    main(*sys.argv[1:3])
