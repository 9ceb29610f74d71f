"""What partners push is kept as it was pushed, the newest of each record, and read page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.aws.dynamodb_mailbox import DynamoMailbox
from shared.core.observations import Observation, Revision, Source
from shared.ports.mailbox import Mailbox
from tests.kit.builders import an_observation
from tests.kit.clock import FakeClock
from tests.kit.dynamodb import dynamo_stores
from tests.kit.mailbox import MemoryMailbox


@pytest.fixture(params=["memory", "moto", "local stack"])
def mailbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    if request.param == "memory":
        yield MemoryMailbox()
        return
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with dynamo_stores(FakeClock(), on_local_stack=request.param == "local stack") as made:
        (table,) = [name for name in made.clients.dynamodb.list_tables()["TableNames"] if "State" in name]
        yield DynamoMailbox(made.dynamo, table)


def pushed(external_id: str, revision: int | None = None, **fields: str) -> Observation:
    shown = an_observation(external_id, fields=fields or {"name": "Ada"}, source=Source.MESSAGE)
    return replace(shown, revision=None if revision is None else Revision(str(revision), revision, exact=True))


def test_a_state_comes_back_as_it_was_pushed(mailbox: Mailbox) -> None:
    state, gone = pushed("1", 7), replace(pushed("2"), deleted=True)

    assert mailbox.put(state)
    assert mailbox.put(gone)

    assert mailbox.get("crm", "customer", ["1", "2", "3"]) == {"1": state, "2": gone}
    assert mailbox.get("crm", "order", ["1"]) == {}
    assert mailbox.get("crm", "customer", []) == {}


def test_the_highest_revision_stays_and_the_same_one_may_come_again(mailbox: Mailbox) -> None:
    newer = pushed("1", 7, name="New")
    mailbox.put(newer)

    assert not mailbox.put(pushed("1", 6, name="Old"))
    assert mailbox.put(newer)

    assert mailbox.get("crm", "customer", ["1"]) == {"1": newer}


def test_without_revisions_the_last_to_arrive_stays(mailbox: Mailbox) -> None:
    mailbox.put(pushed("1", name="Old"))

    assert mailbox.put(pushed("1", name="New"))

    assert mailbox.get("crm", "customer", ["1"])["1"].fields == {"name": "New"}


def test_pages_follow_the_ids(mailbox: Mailbox) -> None:
    for external_id in ("b", "a", "c"):
        mailbox.put(pushed(external_id))

    first = mailbox.page("crm", "customer", None, 2)
    second = mailbox.page("crm", "customer", first[-1].external_id, 2)

    assert [each.external_id for each in [*first, *second]] == ["a", "b", "c"]
    assert list(mailbox.page("crm", "customer", "c", 2)) == []
