"""GET /matching and GET /matching/{demand}."""

from __future__ import annotations

from decimal import Decimal

from shared.flows.business.match_demands import match_demands
from tests.aws.api.asking import Asking
from tests.kit.clock import START
from tests.kit.trade import Trade, days

TODAY = START.date().isoformat()


def trading() -> Trade:
    """Return six of tea that three want in turn, the first of them for later."""
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 6)
    trade.order("O-1", tea, 4, wanted_at=days(1))
    trade.order("O-2", tea, 6, wanted_at=days(5))
    trade.deal("Spring", tea, 1)
    match_demands(trade.world.parts, [tea.id])
    return trade


def test_what_each_gets_is_listed_page_by_page() -> None:
    api = Asking(trading().world, "tandem/read")

    first = api.get("/matching", limit=2)
    second = api.get("/matching", limit=2, next=first.content["next"])

    told = {
        (each["number"], each["name"]): each["promise"] for each in first.content["items"] + second.content["items"]
    }
    assert told == {("O-1", None): "available now", ("O-2", None): "short by 4", (None, "Spring"): "short by 1"}
    assert second.content["next"] is None


def test_only_what_is_late_may_be_asked_for() -> None:
    reply = Asking(trading().world).get("/matching", late="true")

    assert [(each["number"], each["short"], each["state"]) for each in reply.content["items"]] == [
        ("O-2", "4", "short")
    ]


def test_one_is_explained_line_by_line() -> None:
    reply = Asking(trading().world, "tandem/read").get("/matching/O-2")

    assert reply.status == 200
    assert (reply.content["answer"], reply.content["demand"]["is_late"]) == ("short by 4", True)
    (line,) = reply.content["items"]
    assert (line["sku"], line["quantity"], line["short"]) == ("tea", "6", "4")
    assert (line["demands_before"], line["quantity_before"]) == (1, "4")
    assert line["gets"] == [{"quantity": "2", "day": TODAY, "location": "WH", "source": ""}]


def test_what_is_short_is_told_with_the_day_on_which_it_could_come_if_it_was_ordered() -> None:
    trade = Trade()
    tea = trade.product(lead_time_days=Decimal(3))
    trade.order("O-1", tea, 4)
    day = days(3).date().isoformat()

    reply = Asking(trade.world, "tandem/read").get("/matching/O-1")

    assert reply.content["answer"] == f"short by 4, could come on {day} if ordered today"
    assert reply.content["could_come"] == day
    (line,) = reply.content["items"]
    assert line["not_yet_ordered"]["words"] == f"not yet ordered: 4 could come on {day}, lead time 3 days"


def test_who_wants_nothing_has_no_answer_and_nobody_is_not_there() -> None:
    trade = trading()
    trade.order("O-3", trade.product("cup"), status="draft")
    api = Asking(trade.world)

    assert api.get("/matching/O-3").content["answer"] is None
    assert api.get("/matching/nothing").status == 404
