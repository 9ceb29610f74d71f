"""The description of the operators' API: the file in docs/, what the API serves, and its routes agree."""

from __future__ import annotations

import json

from shared.aws.api.application import made
from tests.aws.api.asking import Asking
from tests.docs.made_from_code import OPENAPI, openapi_text
from tests.docs.test_made_from_code import REWRITE
from tests.kit.world import World

METHODS = {"get", "post", "put", "delete", "patch"}


def test_the_file_says_what_the_code_says() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == openapi_text(), f"docs/openapi.json is behind: {REWRITE}"


def test_the_api_serves_the_same() -> None:
    assert Asking(World()).get("/openapi.json").content == json.loads(OPENAPI.read_text(encoding="utf-8"))


def test_every_route_is_described_with_its_scope_and_a_summary() -> None:
    described = json.loads(OPENAPI.read_text(encoding="utf-8"))
    told = {
        (method.upper(), path): operation
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }

    scopes = made(World().parts).scopes
    assert {route: operation["security"] for route, operation in told.items()} == {
        route: [{"token": [scope.word]}] for route, scope in scopes.items()
    }
    assert all(operation["summary"] for operation in told.values())
