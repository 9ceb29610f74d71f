"""Operators' routes on one machine: only who has read the state file gets in, and no web page does."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.stack.stack import LocalStack
from local.stack.state_file import announced

CONFIG = """
[systems.NAME]
connector = "rest"
side = "SIDE"
base_url = "http://127.0.0.1:9"
[systems.NAME.entities.customer]
path = "/customers"
[systems.NAME.entities.customer.fields]
name = "name"
email = "email"
"""

pytestmark = pytest.mark.whole_stack


@pytest.fixture(scope="module", params=[{}, {"JwtIssuer": "https://issuer.example.com"}], ids=["signature", "token"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    config = tmp_path_factory.mktemp("operators") / "integration.toml"
    sides = {"crm": "crm", "erp": "supply_chain"}
    config.write_text("".join(CONFIG.replace("NAME", name).replace("SIDE", side) for name, side in sides.items()))
    with LocalStack(config=config, parameters=request.param) as made:
        yield made


def status_of(stack: LocalStack, **headers: str) -> int:
    return requests.get(f"{stack.api}/status", headers=headers, timeout=10).status_code


def test_only_the_token_of_this_stack_opens_the_operators_routes(stack: LocalStack) -> None:
    assert status_of(stack) == 401
    assert status_of(stack, authorization=f"Bearer {stack.token}x") == 401
    assert status_of(stack, authorization=f"Bearer {stack.token}") == 200


def test_the_token_stands_in_the_state_file_of_its_owner_alone(stack: LocalStack, tmp_path: Path) -> None:
    file = tmp_path / "local.json"

    with announced(stack.state(), file):
        assert json.loads(file.read_text())["token"] == stack.token
        assert file.stat().st_mode & 0o077 == 0

    assert stack.token not in requests.get(f"{stack.api}/_local/stack", timeout=10).text


@pytest.mark.parametrize("header", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_web_page_cannot_invoke_a_function(stack: LocalStack, header: dict[str, str]) -> None:
    function = stack.function("ServeApi")
    address = f"{stack.aws}/2015-03-31/functions/{function.name}/invocations"
    before = len(function.outcomes)

    answer = requests.post(address, data="{}", headers=header, timeout=10)

    assert answer.status_code == 403
    assert len(function.outcomes) == before


def test_webhooks_keep_their_own_route(stack: LocalStack) -> None:
    answer = requests.post(f"{stack.api}/webhooks/nobody", data=b"{}", timeout=10)

    assert answer.status_code == 404
    assert answer.json()["type"] == "about:blank"
