"""GET and POST /reservations, extend, DELETE."""

from __future__ import annotations

from tests.aws.api.asking import Asking
from tests.kit.trade import Trade


def trading() -> Trade:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    trade.order("O-1", tea, 4)
    return trade


def test_goods_are_set_aside_listed_kept_longer_and_given_back() -> None:
    trade = trading()
    api = Asking(trade.world, "tandem/operate tandem/read")

    made = api.send("POST", "/reservations", {"holder": "O-1", "id": "r1"})
    again = api.send("POST", "/reservations", {"holder": "O-1", "id": "r1"})
    longer = api.send("POST", "/reservations/r1/extend", {"hours": 48})
    listed = api.get("/reservations", limit=1)
    ended = api.send("DELETE", "/reservations/r1")

    assert [each.status for each in (made, again, longer, listed, ended)] == [200] * 5
    assert made.content == again.content
    assert made.content["reservation"]["number"] == "O-1"
    assert [(line["sku"], line["quantity"]) for line in made.content["reservation"]["lines"]] == [("tea", "4")]
    assert longer.content["reservation"]["until"] > made.content["reservation"]["until"]
    assert listed.content["items"] == [longer.content["reservation"]]
    assert ended.content["reservation"]["state"] == "released"
    assert api.get("/reservations").content["items"] == []


def test_too_much_is_refused_with_what_is_missing() -> None:
    api = Asking(trading().world)

    reply = api.send("POST", "/reservations", {"holder": "basket", "lines": [{"sku": "tea", "quantity": "7"}]})

    assert (reply.status, reply.content["detail"]) == (409, "nothing was set aside: there is not enough")
    assert reply.content["mistakes"] == [{"where": "tea", "what": "7 wanted, 6 free"}]


def test_who_or_what_nobody_knows_is_not_there() -> None:
    api = Asking(trading().world)

    replies = [
        api.send("POST", "/reservations", {"holder": "nobody"}),
        api.send("POST", "/reservations", {"holder": "basket", "lines": [{"sku": "jam", "quantity": "1"}]}),
        api.send("DELETE", "/reservations/none"),
        api.send("POST", "/reservations/none/extend", {"hours": 1}),
    ]

    assert [each.status for each in replies] == [404] * 4


def test_pages_go_on_and_who_may_only_look_sets_nothing_aside() -> None:
    trade = trading()
    api = Asking(trade.world)
    for name in ("a", "b"):
        one = [{"sku": "tea", "quantity": "1"}]
        assert api.send("POST", "/reservations", {"holder": name, "id": name, "lines": one}).status == 200

    first = api.get("/reservations", limit=1)
    second = api.get("/reservations", limit=1, next=first.content["next"])

    assert {each.content["items"][0]["holder"] for each in (first, second)} == {"a", "b"}
    assert second.content["next"] is None
    assert Asking(trade.world, "tandem/read").send("POST", "/reservations", {"holder": "O-1"}).status == 403
