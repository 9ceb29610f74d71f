"""GET /reorder-points: at which level to buy each product, by its own orders."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.serving import Api
from shared.core.buying import Terms, span_until
from shared.core.reorder import SERVICE_LEVEL
from shared.core.supply import plain
from shared.flows.business.low_stock import HISTORY_DAYS
from shared.flows.business.reorder_points import USUAL_LEAD_DAYS, ToBuy, reorder_points
from shared.flows.parts import Parts

Until = Annotated[date | None, Query(description="The last day of orders to look at; yesterday if none is named.")]
Days = Annotated[int, Query(ge=7, le=1500, description="Over how many days to look back.")]
ServiceLevel = Annotated[
    float, Query(ge=0.5, le=0.9999, description="The share of replenishments that shall end without a stock-out.")
]
LeadDays = Annotated[int, Query(ge=0, le=1000, description="How long buying takes where nobody tells.")]


class ReorderLine(Line):
    """One product over all its locations; what follows from orders is nothing where there were none."""

    sku: str | None
    product: str
    name: str | None
    on_hand: str
    on_order: str = Field(description="All that was bought and has not come.")
    committed: str
    counted: str | None = Field(description="What is held against the level.")
    weeks: list[str] = Field(description="What was ordered in each whole week, the oldest first.")
    per_day: float | None = Field(description="Mean of a day's orders.")
    deviation: float | None = Field(description="Standard deviation of a day's orders.")
    lead_days: float
    lead_is_known: bool = Field(description="The product or a supplier tells the lead time; else it is assumed.")
    over_lead_time: str | None = Field(description="The demand expected while a replenishment is on its way.")
    safety_stock: str | None
    reorder_point: str | None = Field(description="Computed: both of these, rounded up to whole units.")
    because: str | None
    own_level: str | None = Field(description="What is set in the stock's own system.")
    is_low: bool
    days_of_cover: float | None
    suggested: str | None


class ReorderAnswer(Listed[ReorderLine]):
    """Products in order of their SKUs."""

    first: date
    last: date
    service_level: float


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""

    @api.get("/reorder-points", Scope.READ, "At which level to buy each product, by its orders", family="products")
    def get_reorder_points(
        until: Until = None,
        days: Days = HISTORY_DAYS,
        service_level: ServiceLevel = SERVICE_LEVEL,
        lead_days: LeadDays = USUAL_LEAD_DAYS,
        limit: Limit = 100,
        next_: Next = None,
    ) -> ReorderAnswer:
        first, last = span_until(until or parts.clock.now().date() - timedelta(days=1), days)
        after = cursor_parts("reorder-points", next_)
        behind = (str(after[0]), str(after[1])) if after else None
        page = reorder_points(parts, Terms(first, last, service_level), lead_days, behind, limit)
        return ReorderAnswer(
            items=[_line(api, each) for each in page.items],
            next=None if page.next is None else cursor_text("reorder-points", list(page.next)),
            first=first,
            last=last,
            service_level=service_level,
        )


def _line(api: Api, each: ToBuy) -> ReorderLine:
    product, advice = each.product, each.advice
    past, computed, own, standing = advice.past, advice.computed, advice.own, advice.standing
    return ReorderLine(
        sku=api.in_text("product", "sku", product.value("sku")),
        product=product.id,
        name=api.in_text("product", "name", product.value("name")),
        on_hand=plain(each.on_hand),
        on_order=plain(each.on_order),
        committed=plain(each.committed),
        counted=None if standing is None else plain(standing.counted),
        weeks=[plain(week) for week in advice.weeks],
        per_day=None if past is None else past.mean,
        deviation=None if past is None else past.deviation,
        lead_days=each.lead.days,
        lead_is_known=each.is_lead_known,
        over_lead_time=None if computed is None else plain(computed.over_lead_time),
        safety_stock=None if computed is None else plain(computed.safety_stock),
        reorder_point=None if computed is None else plain(computed.level),
        because=None if computed is None else computed.because,
        own_level=None if own is None else plain(own.level),
        is_low=standing is not None and standing.is_low,
        days_of_cover=advice.days_of_cover,
        suggested=None if advice.suggested is None else plain(advice.suggested),
    )
