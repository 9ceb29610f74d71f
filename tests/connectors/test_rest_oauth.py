"""Tokens by client credentials: got once for all, renewed once, and a refused login that trips the system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from shared.connectors.rest import CAPABILITIES, RestSettings, connect
from shared.connectors.rest.system import RestSystem
from shared.core.commands import Create
from shared.core.errors import BadSettings
from shared.core.observations import Next, Refused, Trouble
from shared.ports.inspection import Greeted
from tests.connectors.fakes.base import Given, serving
from tests.connectors.fakes.rest_variants import CLIENT, TOKEN_PATH, OAuthFake
from tests.kit.clock import FakeClock
from tests.kit.kit_bench import CUSTOMER
from tests.kit.memory import MemoryStates
from tests.kit.one_token import OneToken
from tests.kit.rest import a_customer
from tests.kit.tokens import MemoryTokens


def described(url: str, **keys: Any) -> RestSettings:
    """Return the description of the fake."""
    customer = {"path": "/api/v1/customers", "fields": {"name": "name"}, "page": {"by": "cursor", "size": 100}}
    oauth = {"scope": "customers"}
    return RestSettings.model_validate(
        {"name": "crm", "base_url": url, "oauth": oauth, "entities": {CUSTOMER: customer}, **keys}
    )


@contextmanager
def connected(
    fake: OAuthFake, tokens: Any = None, secret: Mapping[str, str] = CLIENT, **keys: Any
) -> Iterator[RestSystem]:
    """Run the partner and connect to it."""
    with serving(fake):
        system = connect(described(fake.url, **keys), lambda _name: secret, None, tokens or OneToken(), FakeClock())
        yield system
        system.close()


def test_one_login_serves_all_calls() -> None:
    fake = OAuthFake()
    with connected(fake) as system:
        for _ in range(3):
            assert not isinstance(system.list(CUSTOMER, None), Trouble)

    assert fake.logins == [{"grant_type": "client_credentials", "scope": "customers"}]
    assert fake.problems == []
    assert system.calls == {"read": 4, "write": 0}


@pytest.mark.parametrize(
    ("told", "holds_seconds"), [(1800, 1740), ("600", 540), (60, 30), (None, 3540), ("soon", 3540)]
)
def test_a_token_is_shared_until_a_little_before_it_ends(told: Any, holds_seconds: int) -> None:
    fake, clock = OAuthFake(), FakeClock()
    tokens = MemoryTokens(MemoryStates(), clock)
    fake.next_replies.append(Given(200, {"access_token": "a-live-credential", "expires_in": told}))
    with connected(fake, tokens) as system:
        assert not isinstance(system.list(CUSTOMER, None), Trouble)

    assert tokens.kept["crm"] == ("a-live-credential", FakeClock().now() + timedelta(seconds=holds_seconds))


def test_a_token_that_is_no_longer_taken_is_replaced_once() -> None:
    fake, tokens = OAuthFake(), OneToken()
    with connected(fake, tokens) as system:
        system.list(CUSTOMER, None)
        fake.expire()
        assert not isinstance(system.list(CUSTOMER, None), Trouble)
        fake.credential = "one that nobody is given"
        fake.next_replies += [Given(401), Given(200, {"access_token": "x"})]
        trouble = system.list(CUSTOMER, None)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.whole_system) == (Next.AUTH, True)
    assert len(fake.logins) == 2
    assert tokens.held is None


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_login_trips_the_system_and_says_why(status: int) -> None:
    fake, tokens = OAuthFake(), OneToken()
    fake.next_replies.append(Given(status, {"error": "invalid_client", "error_description": "no such client"}))
    with connected(fake, tokens) as system:
        trouble = system.list(CUSTOMER, None)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.code) == (Next.AUTH, "login-refused")
    assert tokens.refused == ["the login was refused: no such client"]
    assert len(fake.log) == 1


@pytest.mark.parametrize(
    ("given", "next_", "wait"),
    [
        (Given(503, headers={"Retry-After": "30"}), Next.RETRYABLE, 30.0),
        (Given(429, headers={"Retry-After": "30"}), Next.THROTTLED, 30.0),
        (Given(500), Next.RETRYABLE, None),
        (Given(200, {"token": "?"}), Next.RETRYABLE, None),
        (Given(200, raw=b"<html>"), Next.RETRYABLE, None),
    ],
)
def test_a_login_that_does_not_work_now_refuses_what_was_surely_not_sent(
    given: Given, next_: Next, wait: float | None
) -> None:
    fake, tokens = OAuthFake(), OneToken()
    fake.next_replies.append(given)
    with connected(fake, tokens) as system:
        (answer,) = system.write(CUSTOMER, [Create("r-1", {"name": "Ann"})])

    assert isinstance(answer, Refused)
    assert (answer.trouble.next, answer.trouble.wait_seconds, answer.trouble.whole_system) == (next_, wait, True)
    assert tokens.refused == []
    assert fake.shown() == {}


def test_a_client_may_show_itself_in_the_form_with_more_parameters() -> None:
    fake = OAuthFake()
    fake.next_replies.append(Given(200, {"access_token": "a-live-credential"}))
    oauth = {"client": "body", "parameters": {"audience": "https://api.example.com"}}
    with connected(fake, oauth=oauth) as system:
        assert not isinstance(system.list(CUSTOMER, None), Trouble)

    login = fake.log[0]
    assert (login.method, login.path) == ("POST", TOKEN_PATH)
    assert "authorization" not in login.headers
    assert login.raw == (
        b"grant_type=client_credentials&audience=https%3A%2F%2Fapi.example.com"
        b"&client_id=tandem+client&client_secret=a-client%2Bsecret"
    )


def test_tokens_may_be_given_by_another_host() -> None:
    desk, fake = OAuthFake(), OAuthFake()
    with serving(desk), connected(fake, oauth={"token_url": "/elsewhere"}) as system:
        assert isinstance(system.list(CUSTOMER, None), Trouble)
        oauth = {"token_url": f"{desk.url}{TOKEN_PATH}", "scope": "customers"}
        other = connect(described(fake.url, oauth=oauth), lambda _name: CLIENT, None, OneToken(), FakeClock())
        assert not isinstance(other.list(CUSTOMER, None), Trouble)
        other.close()

    assert (len(desk.logins), fake.logins) == (1, [])


@pytest.mark.parametrize("secret", [{}, {"client_id": "x"}, {"client_id": "x", "client_secret": ""}])
def test_a_secret_that_lacks_something_trips_the_system_without_a_call(secret: Mapping[str, str]) -> None:
    fake, tokens = OAuthFake(), OneToken()
    with connected(fake, tokens, secret) as system:
        trouble = system.list(CUSTOMER, None)

    assert isinstance(trouble, Trouble)
    assert trouble.next is Next.AUTH
    assert "secret crm" in trouble.message
    assert (len(tokens.refused), fake.log) == (1, [])


def test_without_a_place_for_its_token_it_is_not_connected() -> None:
    with pytest.raises(BadSettings):
        connect(described("http://127.0.0.1:1"), lambda _name: CLIENT)


def test_oauth_is_asked_for_by_its_table_and_its_secret_is_named_like_the_system() -> None:
    given = RestSettings.model_validate(
        {"name": "shop", "base_url": "http://x", "oauth": {}, "entities": {CUSTOMER: a_customer()}}
    )

    assert (given.auth, given.secret) == ("client_credentials", "shop")
    assert CAPABILITIES.credentials(given) == ("client_id", "client_secret")


def test_who_asks_how_it_is_set_up_logs_in_alone_and_trips_nothing() -> None:
    fake, clock = OAuthFake(), FakeClock()
    states = MemoryStates()
    tokens = MemoryTokens(states, clock)
    with connected(fake, tokens) as system:
        inspector = system.inspector()
        assert isinstance(inspector.greet(), Greeted)
        assert tokens.kept == {}
        fake.next_replies.append(Given(401, {"error": "invalid_client"}))
        other = system.inspector()
        shut_out = other.greet()
        inspector.close()
        other.close()

    assert isinstance(shut_out, Trouble)
    assert (shut_out.next, shut_out.code) == (Next.AUTH, "login-refused")
    assert len(fake.logins) == 1
    assert all(state.may_write(clock.now()) for state in states.stops("crm").values())
