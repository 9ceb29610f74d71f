"""Reading: what was deleted, parents of changed parts, ids of fifteen characters, queries that say nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.connectors.salesforce import CAPABILITIES
from shared.connectors.salesforce.ids import is_id, whole_id
from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.commands import Create
from shared.core.keys import REFERENCE
from shared.core.observations import Accepted, Gone, Observation, Trouble
from shared.ports.system import Key
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_soql import refused
from tests.connectors.salesforce.orders_bench import (
    RECORD,
    log_in,
    polled,
)
from tests.connectors.salesforce_bench import SECRET, connected, settings


def test_a_poll_shows_deletes_and_names_parents_of_changed_and_deleted_parts(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    first, second, third = (fake.put(name) for name in ("Initech", "Umbrella", "Hooli"))
    contact = fake.enter("Contact", LastName="Lee", AccountId=first)
    other = fake.enter("Contact", LastName="Poe", AccountId=second)
    fake.now += timedelta(hours=1)
    latest = fake.put("The latest so far")
    _, _, cursor = polled(salesforce, "customer")
    fake.now += timedelta(hours=1)
    fake.edit("Contact", contact, Title="CEO")
    fake.bin("Contact", other)
    fake.end(third)

    shown, named, _ = polled(salesforce, "customer", cursor)

    assert {(each.external_id, each.deleted) for each in shown if each.external_id != latest} == {(third, True)}
    assert set(named) == {first, second}


def test_ids_of_fifteen_characters_are_the_same_records(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    account = fake.put("Initech")

    found = salesforce.fetch("customer", [account[:15], account, "001*", "x' OR Id != '"])

    assert whole_id("001D000000IRFma") == "001D000000IRFmaIAH"
    assert whole_id(account) == account
    assert not is_id("001*")
    assert not isinstance(found, Trouble)
    assert isinstance(found[account[:15]], Observation)
    assert found["001*"] == Gone("001*")
    assert found["x' OR Id != '"] == Gone("x' OR Id != '")


def test_texts_in_queries_are_escaped(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    name = "O'Neil \\ Sons"
    account = fake.put(name)
    key = Key("name", (name,))

    found = salesforce.find("customer", [key])

    assert not isinstance(found, Trouble)
    assert [each.external_id for each in found[key]] == [account]


def test_without_a_reference_nothing_is_found_by_it(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: SECRET, entities={"customer": {"reference": ""}})

    assert isinstance(system.write("customer", [Create(RECORD, {"name": "Initech"})])[0], Accepted)

    assert isinstance(system.find("customer", [Key(REFERENCE, (RECORD,))]), Trouble)
    assert CAPABILITIES.credentials(settings()) == ("client_id", "client_secret")
    assert CAPABILITIES.credentials(settings(auth="jwt")) == ("client_id", "username", "private_key")
    system.close()


@pytest.mark.parametrize("body", [{"totalSize": 1}, {"records": [{"Name": "no id"}]}, {"records": "none"}])
def test_a_query_s_answer_that_is_none_is_no_empty_page(
    salesforce: SalesforceSystem, fake: SalesforceFake, body: dict[str, Any]
) -> None:
    log_in(salesforce)
    fake.next_replies.append(Given(200, body))

    assert isinstance(salesforce.fetch("customer", ["001D000000IRFma"]), Trouble)


def test_trouble_in_the_middle_of_a_read_is_the_trouble_of_the_whole(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    account = fake.put("Initech")
    fake.enter("Contact", LastName="Lee", AccountId=account)
    page = salesforce.changed_since("customer", None)
    assert not isinstance(page, Trouble)
    row = {"Id": account, "SystemModstamp": "2026-03-02T09:00:01.000+0000", "IsDeleted": False}
    own, limit = Given(200, {"records": [row], "done": True}), refused(403, "REQUEST_LIMIT_EXCEEDED")
    key = Key("name", ("Initech",))

    for read in (
        lambda: salesforce.changed_since("customer", None),
        lambda: salesforce.list("customer", None),
        lambda: salesforce.fetch("customer", [account]),
        lambda: salesforce.find("customer", [key]),
    ):
        fake.next_replies += [own, limit]
        assert isinstance(read(), Trouble)
    polled(salesforce, "customer", page.next_cursor)
    assert isinstance(salesforce.find("customer", [Key("tax_number", ("1",))]), Trouble)
