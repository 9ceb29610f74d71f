"""What all routes share: problems, scopes, masks, and a description that is made from the routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from shared.aws.api.answers import Limit
from shared.aws.api.callers import Scope
from shared.aws.api.problems import PROBLEM_JSON, not_there
from shared.aws.api.serving import Api, described
from shared.core.errors import NeedsAPerson, TryAgain
from tests.aws.api.asking import Asking, Context
from tests.kit.world import World


class Wanted(BaseModel):
    """A body."""

    quantity: int


class Shown(BaseModel):
    """An answer."""

    by: str
    email: str | None = None
    quantity: int = 0


def add_toys(api: Api) -> None:
    @api.get("/toys/{id_}", Scope.READ, "A toy")
    def get_toy(id_: str, limit: Limit = 5) -> Shown:
        if id_ == "busy":
            raise TryAgain("the table is too busy")
        if id_ == "long":
            raise NeedsAPerson("read the table: AWS cannot take it")
        if id_ == "gone":
            raise not_there("no toy gone", "look at GET /toys")
        return Shown(by=api.caller.name, email=str(api.shown("customer", "email", "a@b.c")), quantity=limit)

    @api.post("/toys", Scope.OPERATE, "A new toy")
    def post_toy(wanted: Wanted) -> Shown:
        return Shown(by=api.caller.name, quantity=wanted.quantity)


@pytest.fixture
def asking() -> Asking:
    made = Asking(World())
    add_toys(made.api)
    return made


def test_path_query_and_caller_reach_the_route(asking: Asking) -> None:
    reply = asking.get("/toys/17", limit=7)

    assert (reply.status, reply.content) == (200, {"by": "ann", "email": "a@b.c", "quantity": 7})


def test_personal_data_is_masked_for_those_who_only_look(asking: Asking) -> None:
    asking.scope = "tandem/read"

    assert asking.get("/toys/17").content["email"] == "•••"


def test_a_scope_that_is_too_small_is_told_which_one_is_needed(asking: Asking) -> None:
    asking.scope = "tandem/read"

    reply = asking.send("POST", "/toys", {"quantity": 1})

    assert (reply.status, reply.content["remedy"]) == (
        403,
        "ask for a token with the scope tandem/operate, or for your role to be named in OperateCallers",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "where"),
    [
        ("GET", "/toys/17", None, {"limit": "many"}, "query.limit"),
        ("GET", "/toys/17", None, {"limit": "0"}, "query.limit"),
        ("POST", "/toys", {"quantity": "x"}, {}, "body.quantity"),
        ("POST", "/toys", {}, {}, "body.quantity"),
    ],
)
def test_what_cannot_be_read_is_told_part_by_part(
    asking: Asking, method: str, path: str, body: object, query: Mapping[str, str], where: str
) -> None:
    reply = asking.send(method, path, body, None, **query)

    assert reply.status == 422
    assert reply.headers["Content-Type"] == PROBLEM_JSON
    assert [mistake["where"] for mistake in reply.content["mistakes"]] == [where]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<toy/>", "application/xml"),
        ("quantity=1", "application/x-www-form-urlencoded"),
        ("{", "application/json"),
        ('{"quantity": "\\ud800"}', "application/json"),
        ('{"quantity": ' + "9" * 5_000 + "}", "application/json"),
        ("[" * 100_000, "application/json"),
    ],
)
def test_a_body_that_is_no_json_is_refused(asking: Asking, body: str, kind: str) -> None:
    reply = asking.send("POST", "/toys", body, headers={"content-type": kind})

    assert (reply.status, reply.content["detail"]) == (422, "the body is no JSON")


def test_bytes_that_are_no_text_are_refused(asking: Asking) -> None:
    event = asking.event("POST", "/toys", None) | {"body": "/v8=", "isBase64Encoded": True}

    answer = asking.api.answer(event, Context())

    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (422, PROBLEM_JSON)


@pytest.mark.parametrize(
    ("path", "status"), [("/toys/gone", 404), ("/toys/long", 422), ("/toys/busy", 503), ("/frobnicate", 404)]
)
def test_what_cannot_be_done_is_a_problem_with_its_remedy(asking: Asking, path: str, status: int) -> None:
    reply = asking.get(path)

    assert (reply.status, reply.content["status"]) == (status, status)
    assert reply.headers["Content-Type"] == PROBLEM_JSON
    assert reply.content["remedy"]
    assert ("retry-after" in reply.headers) is (status == 503)


def operations(description: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def test_the_description_names_every_route_with_its_scope_and_its_problems(asking: Asking) -> None:
    found = operations(described(asking.api))

    assert set(found) == set(asking.api.scopes)
    for route, operation in found.items():
        assert operation["security"] == [{"token": [asking.api.scopes[route].word]}]
        assert {"200", "401", "403", "422"} <= set(operation["responses"])
        assert "404" in operation["responses"] or "{" not in route[1]
    assert len({operation["operationId"] for operation in found.values()}) == len(found)


def test_the_description_is_openapi_3_1_and_refers_only_to_what_it_holds(asking: Asking) -> None:
    text = str(described(asking.api))

    assert described(asking.api)["openapi"] == "3.1.0"
    assert "HTTPValidationError" not in text
    assert "#/$defs" not in text
