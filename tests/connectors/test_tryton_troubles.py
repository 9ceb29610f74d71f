"""What the Tryton connector makes of refusals, lost answers and a login that does not work, on a small stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.core.commands import Archive, Create, Update
from shared.core.observations import Accepted, Next, Refused, Trouble, Unknown
from shared.ports.system import Key
from tests.connectors.tryton_replay import Answer, serving
from tests.connectors.tryton_world import OneToken, StillClock, connected

LOGIN = {"common.db.login": [1, "session", None], "model.res.user.get_preferences": {"company": 1, "language": "en"}}
TABLES = {
    "model.party.category.search_read": [{"id": 1, "name": "Customer"}],
    "model.currency.currency.search_read": [],
    "model.account.invoice.payment_term.search_read": [],
}


def playing(**more: Any) -> Answer:
    """Return a server that logs in and answers methods with results, errors (lists under `error`), or statuses."""

    def answer(asked: Mapping[str, Any]) -> tuple[int, Any]:
        told = {**LOGIN, **TABLES, **more}.get(asked["method"], [])
        if isinstance(told, int) and told >= 400:
            return told, {}
        if isinstance(told, dict) and "error" in told:
            return 200, {"id": asked["id"], "error": told["error"]}
        return 200, {"id": asked["id"], "result": told}

    return answer


def fetched(answer: Answer, tokens: OneToken | None = None) -> Any:
    """Return what a fetch of one customer answers."""
    with serving(answer, StillClock().at) as url:
        system = connected(url, StillClock(), tokens=tokens)
        found = system.fetch("customer", ["1"])
        system.close()
        return found


def written(answer: Answer, *commands: Any) -> list[Any]:
    """Return what a write of customers answers."""
    with serving(answer, StillClock().at) as url:
        system = connected(url, StillClock())
        answers = system.write("customer", commands)
        system.close()
        return answers


@pytest.mark.parametrize(
    ("error", "next_", "code", "whole_system"),
    [
        (["UserError", ["The code on party must be unique.", "", None]], Next.PERMANENT, "UserError", False),
        (["UserWarning", ["name", "Sure?", ""]], Next.PERMANENT, "UserWarning", False),
        (["ConcurrencyException", "Records were modified"], Next.CONFLICT, "ConcurrencyException", False),
        (["RateLimitException", ""], Next.THROTTLED, "RateLimitException", True),
        (["MissingDependenciesException", ["party"]], Next.PERMANENT, "MissingDependenciesException", False),
        (["'nme'", ""], Next.PERMANENT, "unknown-name", False),
        (["database is locked", ""], Next.RETRYABLE, "unknown", False),
        ([], Next.RETRYABLE, "unknown", False),
    ],
)
def test_an_error_says_what_to_do_next(error: list[Any], next_: Next, code: str, whole_system: bool) -> None:
    answers = written(playing(**{"model.party.party.create": {"error": error}}), Create("r", {"name": "x"}))

    assert isinstance(answers[0], Refused)
    trouble = answers[0].trouble
    assert (trouble.next, trouble.code, trouble.whole_system) == (next_, code, whole_system)


@pytest.mark.parametrize(("status", "next_"), [(429, Next.THROTTLED), (503, Next.RETRYABLE), (404, Next.PERMANENT)])
def test_a_status_says_what_to_do_next(status: int, next_: Next) -> None:
    found = fetched(playing(**{"model.party.party.search_read": status}))

    assert isinstance(found, Trouble)
    assert found.next is next_


def test_a_lost_answer_to_a_write_is_unknown_and_not_halved() -> None:
    creates = [Create("a", {"name": "x"}), Create("b", {"name": "y"})]

    answers = written(playing(**{"model.party.party.create": 504}), *creates)

    assert answers == [Unknown("http-504"), Unknown("http-504")]


def test_a_write_that_cannot_be_read_back_is_accepted() -> None:
    answers = written(
        playing(**{"model.party.party.create": [7], "model.party.party.search_read": 503}), Create("a", {"name": "x"})
    )

    assert answers == [Accepted("7")]


def test_a_record_that_is_not_there_is_a_conflict_so_that_somebody_looks() -> None:
    update, archive = Update("a", "7", {"name": "x"}), Archive("b", "8")

    (changed,), (ended,) = written(playing(), update), written(playing(), archive)

    assert isinstance(changed, Refused)
    assert isinstance(ended, Refused)
    assert {changed.trouble.next, ended.trouble.next} == {Next.CONFLICT}


def test_a_refused_login_trips_and_is_not_repeated() -> None:
    tokens = OneToken()

    first = fetched(playing(**{"common.db.login": 401}), tokens)
    second = fetched(playing(), tokens)

    assert (first.next, first.whole_system) == (Next.AUTH, True)
    assert second.next is Next.RETRYABLE
    assert tokens.refused == ["wrong username or password"]


def test_a_login_that_wants_more_than_a_password_is_refused() -> None:
    tokens = OneToken()

    found = fetched(playing(**{"common.db.login": {"error": ["LoginException", ["token", "Code?", "char"]]}}), tokens)

    assert found.next is Next.AUTH
    assert tokens.refused


def test_an_outage_during_login_refuses_nothing() -> None:
    tokens = OneToken()

    found = fetched(playing(**{"common.db.login": 503}), tokens)

    assert found.next is Next.RETRYABLE
    assert tokens.refused == []


def test_an_unreadable_answer_to_a_read_may_be_asked_again() -> None:
    with serving(lambda _asked: (200, ["not", "an", "object"]), StillClock().at) as url:
        system = connected(url, StillClock())
        found = system.find("customer", [Key("number", ("1",))])
        system.close()

    assert isinstance(found, Trouble)
    assert found.next is Next.RETRYABLE


def test_an_order_without_a_customer_is_refused_with_the_field() -> None:
    with serving(playing(), StillClock().at) as url:
        system = connected(url, StillClock())
        (answer,) = system.write("order", [Create("a", {"number": "1"})])
        system.close()

    assert isinstance(answer, Refused)
    assert answer.trouble.field == "customer"


def test_what_tryton_makes_itself_is_refused() -> None:
    with serving(playing(), StillClock().at) as url:
        system = connected(url, StillClock())
        (answer,) = system.write("shipment", [Create("a", {})])
        system.close()

    assert isinstance(answer, Refused)
    assert answer.trouble.next is Next.PERMANENT


def test_a_login_takes_the_password_that_stands_in_the_secret_by_then() -> None:
    passwords: list[str] = []
    secret = {"username": "admin", "password": "old"}

    def answer(asked: Mapping[str, Any]) -> tuple[int, Any]:
        if asked["method"] == "common.db.login":
            passwords.append(asked["params"][1]["password"])
        return playing()(asked)

    with serving(answer, StillClock().at) as url:
        tokens = OneToken()
        system = connected(url, StillClock(), secret, tokens)
        system.fetch("customer", ["1"])
        tokens.held = None
        secret["password"] = "new"
        system.fetch("customer", ["1"])
        system.close()

    assert passwords == ["old", "new"]
