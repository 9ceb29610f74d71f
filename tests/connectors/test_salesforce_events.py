"""Salesforce's change events on the bus: both envelopes, several records, gaps, overflow and wildcards."""

from __future__ import annotations

from typing import Any

import pytest

from shared.aws.systems import ConnectedSystems, Offered
from shared.connectors.integration import Connection
from shared.connectors.salesforce import change_events
from shared.core.errors import NeedsAPerson
from shared.ports.system import Hint
from tests.connectors.salesforce_bench import SECRET, settings
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken

SHORT, WHOLE, OTHER = "001D000000IRFma", "001D000000IRFmaIAH", "001000000000002AAA"
RELAY = "aws.partner/salesforce.com/00D5Y000001abcDUAQ/0YL5Y000000000AAA"
APPFLOW = "aws.partner/appflow/salesforce.com/123456789012/accounts"


def event(kind: str, ids: list[Any], change: str = "UPDATE", source: str = RELAY, **fields: Any) -> dict[str, Any]:
    """Return a change event as it arrives on the bus."""
    header = {"entityName": kind, "recordIds": ids, "changeType": change, "changeOrigin": "client=Tandem"}
    payload = {"ChangeEventHeader": header, **fields}
    detail = {"payload": payload, "event": {"replayId": 7}} if source == RELAY else payload
    return {"id": "e-1", "detail-type": f"{kind}ChangeEvent", "source": source, "detail": detail}


def hints(given: dict[str, Any], **keys: Any) -> list[tuple[str, str]] | None:
    """Return what an event hints at."""
    found = change_events(settings(**keys)).hints(given)
    return None if found is None else [(hint.entity, hint.external_id) for hint in found]


@pytest.mark.parametrize("source", [RELAY, APPFLOW])
def test_every_record_of_an_event_is_hinted_at_once(source: str) -> None:
    given = event("Account", [SHORT, OTHER, WHOLE], source=source)

    assert hints(given) == [("customer", WHOLE), ("customer", OTHER)]


@pytest.mark.parametrize(
    "change", ["CREATE", "DELETE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE"]
)
def test_a_gap_is_read_again_like_any_other_change(change: str) -> None:
    assert hints(event("Order", ["801000000000001AAA"], change)) == [("order", "801000000000001AAA")]


@pytest.mark.parametrize("named", ["001*", "*", "000000000000000AAA", "000000000000000", 7, None])
def test_what_names_no_record_is_left_to_the_poll(named: Any) -> None:
    assert hints(event("Account", [named], "GAP_OVERFLOW")) == []


def test_an_event_that_was_too_large_for_the_bus_is_left_to_the_poll() -> None:
    pointer = {"s3": {"bucket": "b", "key": "k"}}
    given = {"source": APPFLOW, "detail-type": "AccountChangeEvent", "detail": pointer}

    assert hints(given) == []
    assert hints({**given, "detail-type": "SomethingElse"}) is None


def test_a_part_hints_at_its_parent_where_the_event_names_it() -> None:
    assert hints(event("Contact", ["003000000000001AAA"], AccountId=SHORT)) == [("customer", WHOLE)]
    assert hints(event("Contact", ["003000000000001AAA"], Title="CEO")) == []


def test_other_objects_are_passed_over_and_other_events_are_not_ours() -> None:
    assert hints(event("Opportunity", ["006000000000001AAA"])) == []
    assert hints(event("Account", [WHOLE]), event_source="aws.partner/salesforce.com/00D9") is None
    others: list[dict[str, Any]] = [{"source": RELAY}, {"source": RELAY, "detail": {"payload": 7}}, {"detail": {}}]
    for broken in others:
        assert hints(broken) is None


def test_the_queue_understands_the_bus_and_what_nobody_knows_needs_a_person() -> None:
    connections = {"crm": Connection("salesforce", settings(), "crm"), "till": Connection("push", settings(), "")}
    offered = Offered(lambda _name: SECRET, OneToken(), FakeClock(), lambda: 9.0)
    systems = ConnectedSystems(connections, offered)

    assert systems.hints_of(event("Account", [SHORT])) == [Hint("crm", "customer", WHOLE)]
    assert systems.hints_of(event("Account", ["001*"])) == []
    told = {"detail-type": "record.changed", "detail": {"system": "crm", "entity": "order", "ids": ["7"]}}
    assert systems.hints_of(told) == [Hint("crm", "order", "7")]
    with pytest.raises(NeedsAPerson):
        systems.hints_of({"detail-type": "FooChangeEvent", "source": "somebody", "detail": {}})
