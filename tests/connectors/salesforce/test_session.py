"""The session: limits that are waited for, the last calls of the day, logins that end or are refused, settings."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.salesforce import connect
from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.commands import Create
from shared.core.observations import Accepted, Next, Trouble
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_soql import refused
from tests.connectors.salesforce.orders_bench import (
    RECORD,
    log_in,
)
from tests.connectors.salesforce_bench import SECRET, connected, settings
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken


@pytest.mark.parametrize(
    ("message", "seconds"),
    [("TotalRequests Limit exceeded.", 900.0), ("ConcurrentRequests (Concurrent API) Limit exceeded.", 5.0)],
)
def test_a_limit_is_waited_for_as_long_as_its_kind_takes(
    salesforce: SalesforceSystem, fake: SalesforceFake, message: str, seconds: float
) -> None:
    log_in(salesforce)
    fake.next_replies.append(refused(403, "REQUEST_LIMIT_EXCEEDED", message))

    trouble = salesforce.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.wait_seconds, trouble.whole_system) == (Next.THROTTLED, seconds, True)


def test_the_last_of_the_day_s_calls_are_left_to_others(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    fake.limit_info = "api-usage=89999/100000; per-app-api-usage=17/250(appName=x)"
    assert not isinstance(salesforce.list("customer", None), Trouble)
    fake.limit_info = "api-usage=90000/100000"
    assert not isinstance(salesforce.list("customer", None), Trouble)
    before = len(fake.log)

    trouble = salesforce.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.whole_system) == (Next.THROTTLED, True)
    assert len(fake.log) == before
    assert salesforce.quota is not None
    assert (salesforce.quota.used, salesforce.quota.allowed) == (90_000, 100_000)


def test_an_ended_session_has_one_new_login_and_the_write_is_made_once(fake: SalesforceFake) -> None:
    tokens = OneToken()
    system = connect(settings(fake.url), lambda _name: SECRET, tokens, FakeClock())
    assert not isinstance(system.list("customer", None), Trouble)
    fake.access = "00D-access-2"

    assert isinstance(system.write("customer", [Create(RECORD, {"name": "Initech"})])[0], Accepted)

    assert (tokens.logins, len(fake.rows["Account"])) == (2, 1)
    system.close()


def test_a_login_that_names_a_foreign_address_is_refused(fake: SalesforceFake) -> None:
    tokens = OneToken()
    system = connect(settings(fake.url), lambda _name: SECRET, tokens, FakeClock())
    body = {"access_token": "x", "instance_url": "https://salesforce.com.example.invalid"}
    fake.next_replies.append(Given(200, body))

    trouble = system.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert trouble.next is Next.AUTH
    assert len(tokens.refused) == 1
    system.close()


@pytest.mark.parametrize("given", [Given(503), Given(200, raw=b"<html>"), Given(429)])
def test_a_login_that_fails_by_the_way_trips_nothing(fake: SalesforceFake, given: Given) -> None:
    tokens = OneToken()
    system = connect(settings(fake.url), lambda _name: SECRET, tokens, FakeClock())
    fake.next_replies += [given, given]

    trouble = system.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert trouble.next in (Next.RETRYABLE, Next.THROTTLED)
    assert tokens.refused == []
    system.close()


def test_a_secret_without_a_key_is_told_by_name(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: {"client_id": "x"})

    trouble = system.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert "client_secret" in trouble.message
    assert trouble.next is Next.AUTH
    system.close()


def test_mistakes_of_a_description_are_told() -> None:
    wrong: list[dict[str, Any]] = [
        {"stock": {}},
        {"customer": {"type": "Account WHERE"}},
        {"customer": {"fields": {"fax": "Fax FROM User"}}},
    ]
    for entities in wrong:
        with pytest.raises(ValidationError):
            settings(entities=entities)
