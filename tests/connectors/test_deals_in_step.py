"""A deal in a named CRM wants goods of another system's stock, and its salesperson reads there what it gets, and when.

The real flows over the fakes' sockets; the stocks are told by a partner in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import espocrm, hubspot, salesforce
from shared.connectors.integration import load
from shared.core.records import Record
from shared.flows.business.watch_stock import watch_stock
from shared.ports.messages import Touch
from shared.ports.system import System
from tests.connectors.fakes.base import Asked, Fake, serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.connectors.fakes.hubspot import HubSpotFake
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.hubspot_bench import SECRET as TOKEN
from tests.connectors.in_step import Connected
from tests.connectors.salesforce_bench import SECRET as CLIENT
from tests.kit.clock import START, FakeClock
from tests.kit.one_token import OneToken
from tests.kit.trade import Trade
from tests.kit.world import World

INSTALLATION = """
[systems.crm]
connector = "{connector}"
side = "crm"
base_url = "{url}"
[systems.crm.entities.product]
[systems.crm.entities.opportunity]
{lines}
[systems.erp]
connector = "tryton"
side = "supply_chain"
base_url = "http://127.0.0.1:1"
database = "erp"
[entities.customer]
systems = ["crm"]
[entities.product]
systems = ["crm", "erp"]
[entities.opportunity]
systems = ["crm"]
[entities.stock]
systems = ["erp"]
[entities.supplier]
systems = ["erp"]
[entities.purchase_order]
systems = ["erp"]
"""

Row = Mapping[str, Any]


@dataclass
class Desk:
    """How a salesperson of one CRM works: enters a deal about some tea, changes it, and reads it."""

    fake: Fake
    enter: Callable[[int], str]
    edit: Callable[[str, Row], None]
    row: Callable[[str], Row]
    reads: Callable[[Asked], bool]
    words: Row
    """The names of what is said and until when, of the stage, and its words for a deal that is won."""


@dataclass
class Sales:
    """A CRM with deals, the stocks, and the flows between them."""

    desk: Desk
    world: World
    trade: Trade

    def sync(self) -> None:
        """Let all changes go both ways, and match."""
        self.world.poll()
        deals = self.world.records("opportunity")
        products = frozenset(each.id for each in self.world.records("product"))
        watch_stock(self.world.parts, [Touch(products, each.id) for each in deals])
        self.world.settle().later(200, 2)

    def said(self, deal: str) -> tuple[Any, Any]:
        """Return what the salesperson reads; the empty text is nothing."""
        row, words = self.desk.row(deal), self.desk.words
        return row.get(words["text"]) or None, row.get(words["date"]) or None

    def the_deal(self) -> Record:
        """Return the only deal that we know."""
        (deal,) = self.world.records("opportunity")
        return deal

    def writes(self) -> int:
        """Return how many writes the CRM has seen."""
        return len([each for each in self.desk.fake.log if not self.desk.reads(each)])


def hubspot_desk(fake: HubSpotFake) -> Desk:
    def enter(quantity: int) -> str:
        company = fake.enter("companies", name="Initech")
        tea = fake.enter("products", hs_sku="TEA", name="Tea")
        about = {"dealname": "Tea", "dealstage": "98765", "amount": "90.00", "hs_deal_stage_probability": "0.4"}
        deal = fake.enter("deals", closedate="2026-12-01T00:00:00.000Z", deal_currency_code="EUR", **about)
        line = fake.enter("line_items", hs_product_id=tea, quantity=str(quantity), price="18")
        fake.link("deals", deal, "companies", company)
        fake.link("deals", deal, "line_items", line)
        return deal

    return Desk(
        fake,
        enter,
        lambda deal, values: fake.edit("deals", deal, **values),
        lambda deal: fake.objects["deals"][deal]["properties"],
        lambda asked: asked.method == "GET" or asked.path.endswith(("/search", "/read")),
        {"text": "tandem_promise", "date": "tandem_promise_date", "stage": "dealstage", "won": "closedwon"},
    )


def salesforce_desk(fake: SalesforceFake) -> Desk:
    def enter(quantity: int) -> str:
        account = fake.enter("Account", Name="Initech")
        tea = fake.enter("Product2", StockKeepingUnit="TEA", Name="Tea")
        book = fake.enter("Pricebook2", IsStandard=True)
        entry = fake.enter("PricebookEntry", Product2Id=tea, Pricebook2Id=book, IsActive=True)
        about = {"StageName": "98765", "Amount": 90, "Probability": 40, "CloseDate": "2026-12-01"}
        deal = fake.enter("Opportunity", Name="Tea", AccountId=account, **about)
        fake.enter("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=entry, Quantity=quantity, UnitPrice=18)
        return deal

    return Desk(
        fake,
        enter,
        lambda deal, values: fake.edit("Opportunity", deal, **values),
        lambda deal: fake.rows["Opportunity"][deal],
        lambda asked: asked.method == "GET" or "oauth2" in asked.path,
        {
            **{"text": "Tandem_Promise__c", "date": "Tandem_Promise_Date__c"},
            **{"stage": "StageName", "won": "Closed Won"},
        },
    )


def espo_desk(fake: EspoFake) -> Desk:
    def enter(quantity: int) -> str:
        account = fake.enter("Account", name="Initech")
        tea = fake.enter("CProduct", name="Tea", sku="TEA")
        about = {"stage": "98765", "amount": 90, "amountCurrency": "EUR", "probability": 40, "closeDate": "2026-12-01"}
        deal = fake.enter("Opportunity", name="Tea", accountId=account, **about)
        fake.enter("COpportunityLine", opportunityId=deal, productId=tea, quantity=quantity, unitPrice=18)
        return deal

    return Desk(
        fake,
        enter,
        lambda deal, values: fake.edit("Opportunity", deal, **values),
        lambda deal: fake.types["Opportunity"][deal],
        lambda asked: asked.method == "GET",
        {"text": "tandemPromise", "date": "tandemPromiseDate", "stage": "stage", "won": "Closed Won"},
    )


LINES = 'children = { type = "COpportunityLine", parent = "opportunityId" }'


def connected(name: str, settings: Any) -> System:
    """Return the connected system."""
    if name == "salesforce":
        return salesforce.connect(settings, lambda _name: CLIENT, OneToken(), FakeClock())
    if name == "hubspot":
        return hubspot.connect(settings, lambda _name: TOKEN)
    return espocrm.connect(settings, lambda _name: {"api_key": "a-live-credential"})


def desk_of(name: str) -> Desk:
    """Return the desk at a fake of the CRM."""
    if name == "salesforce":
        return salesforce_desk(SalesforceFake())
    return hubspot_desk(HubSpotFake()) if name == "hubspot" else espo_desk(EspoFake(versioned=False))


@pytest.fixture(params=["hubspot", "salesforce", "espocrm"])
def sales(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sales]:
    """Run one CRM; in the end its fake complains of nothing."""
    name: str = request.param
    desk = desk_of(name)
    with serving(desk.fake):
        path = tmp_path / "integration.toml"
        lines = LINES if name == "espocrm" else ""
        path.write_text(INSTALLATION.format(connector=name, url=desk.fake.url, lines=lines))
        installation = load(path)
        world = World(installation.integration)
        crm: Any = connected(name, installation.connections["crm"].settings)
        world.parts = replace(world.parts, systems=Connected({"crm": crm, "erp": world.erp}))
        yield Sales(desk, world, Trade(world))
        crm.close()
    assert desk.fake.problems == []


def with_stock(sales: Sales, wanted: int, on_hand: int) -> tuple[str, Record]:
    """Enter a deal about as many units of tea, and count what there is; return the deal and the stock."""
    deal = sales.desk.enter(wanted)
    sales.world.poll()
    (tea,) = sales.world.records("product")
    stock = sales.trade.stock(tea, on_hand)
    sales.sync()
    return deal, stock


def test_a_deal_is_read_with_its_lines_and_all_that_the_matching_weighs(sales: Sales) -> None:
    sales.desk.enter(5)

    sales.sync()

    deal = sales.the_deal()
    line = next(path for path in deal.fields if path.endswith(".quantity"))
    assert (deal.value("name"), deal.value(line)) == ("Tea", Decimal(5))
    assert (deal.value("amount"), deal.value("probability")) == (Decimal(90), Decimal("0.4"))
    assert str(deal.value("wanted_at")) == "2026-12-01 00:00:00+00:00"
    assert deal.value("customer") == sales.world.records("customer")[0].id


def test_a_stage_of_the_pipeline_is_kept_by_its_own_name_and_won_is_won(sales: Sales) -> None:
    deal, _ = with_stock(sales, 5, 9)
    assert sales.the_deal().value("status") == "98765"

    sales.desk.edit(deal, {sales.desk.words["stage"]: sales.desk.words["won"]})
    sales.sync()

    assert sales.the_deal().value("status") == "won"
    assert sales.desk.row(deal)[sales.desk.words["stage"]] == sales.desk.words["won"]


def test_what_is_there_is_promised_in_the_deal_once_and_then_all_is_quiet(sales: Sales) -> None:
    deal, _ = with_stock(sales, 5, 9)
    assert sales.said(deal) == ("available now", None)
    before = sales.writes()

    sales.sync()

    assert sales.writes() == before


def test_the_promise_goes_with_the_stock_and_what_is_on_its_way(sales: Sales) -> None:
    deal, stock = with_stock(sales, 5, 2)
    assert sales.said(deal) == ("short by 3", None)
    (tea,) = sales.world.records("product")

    sales.trade.purchase("P-1", tea, 9, expected_at=START + timedelta(days=4))
    sales.sync()
    day = (START + timedelta(days=4)).date().isoformat()
    assert sales.said(deal) == (f"available on {day}", day)

    sales.trade.change(stock, on_hand=Decimal(11))
    sales.sync()
    assert sales.said(deal) == ("available now", None)


def test_what_somebody_writes_over_a_promise_is_put_right(sales: Sales) -> None:
    deal, _ = with_stock(sales, 5, 2)
    sales.desk.edit(deal, {sales.desk.words["text"]: "tomorrow, I am sure"})

    sales.sync()

    assert sales.said(deal) == ("short by 3", None)


def test_a_deal_that_is_won_is_promised_nothing_more(sales: Sales) -> None:
    deal, _ = with_stock(sales, 5, 2)

    sales.desk.edit(deal, {sales.desk.words["stage"]: sales.desk.words["won"]})
    sales.sync()

    assert sales.said(deal) == (None, None)
