"""The login that all functions share: one makes it, the others wait a moment for its token."""

from __future__ import annotations

import pytest

from shared.connectors.logins import SharedLogin
from shared.core.observations import Next, Trouble
from tests.kit.one_token import Busy, OneToken


def never() -> str | Trouble:
    raise AssertionError("nobody logs in")


def test_a_token_that_holds_is_used_without_a_login() -> None:
    assert SharedLogin("crm", OneToken(held="a token"), 60).token(never) == "a token"


def test_who_has_the_lease_logs_in() -> None:
    tokens = OneToken()

    assert SharedLogin("crm", tokens, 60).token(lambda: "a token") == "a token"
    assert tokens.logins == 1


@pytest.mark.parametrize("glances", [1, 30])
def test_the_others_wait_for_the_token(glances: int) -> None:
    tokens, waits = Busy(), list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        tokens.held = "a token" if len(waits) == glances else None

    assert SharedLogin("crm", tokens, 60, sleep).token(never) == "a token"
    assert len(waits) == glances


def test_but_not_for_long() -> None:
    waits = list[float]()

    trouble = SharedLogin("crm", Busy(), 60, waits.append).token(never)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.code, trouble.whole_system) == (Next.RETRYABLE, "login-under-way", True)
    assert sum(waits) == pytest.approx(3.0)


def test_a_refused_login_trips_the_system() -> None:
    tokens = OneToken()

    trouble = SharedLogin("crm", tokens, 60).refused("wrong password")

    assert trouble == Trouble(Next.AUTH, "login-refused", "wrong password", whole_system=True)
    assert tokens.refused == ["wrong password"]
