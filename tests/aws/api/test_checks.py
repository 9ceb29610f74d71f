"""POST /systems/{system}/check."""

from __future__ import annotations

from tests.aws.api.asking import Asking
from tests.kit.world import World


def test_the_findings_are_listed() -> None:
    reply = Asking(World()).send("POST", "/systems/crm/check")

    assert (reply.status, reply.content["ok"], reply.content["system"]) == (200, True, "crm")
    (line,) = reply.content["items"]
    assert (line["check"], line["result"], line["create"]) == ("credentials", "not visible", None)


def test_a_system_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    reply = Asking(World()).send("POST", "/systems/mars/check")

    assert (reply.status, reply.content["remedy"]) == (404, "one of: crm, erp")


def test_it_costs_the_partner_calls_and_so_needs_more_than_looking() -> None:
    assert Asking(World(), "tandem/read").send("POST", "/systems/crm/check").status == 403
