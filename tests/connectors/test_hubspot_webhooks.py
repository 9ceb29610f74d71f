"""HubSpot's webhooks beyond the kit: what each kind of event is a hint for, identity, the address that is signed."""

from __future__ import annotations

import json
from typing import Any

from shared.connectors.hubspot import webhooks
from shared.connectors.hubspot.events import decoded_url, identity
from shared.ports.system import Received, Rejected
from tests.connectors.hubspot_bench import settings, signed, verifier
from tests.kit.kit_webhooks import NOW, through_the_api

APP_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"


def received(events: list[dict[str, Any]], **keys: Any) -> Received:
    """Receive genuine events."""
    body = json.dumps(events).encode()
    verify = webhooks(settings(**keys), lambda _name: {"webhook_secret": APP_SECRET})
    assert verify is not None
    answer = verify.receive(through_the_api(body, signed(body, APP_SECRET, NOW)), NOW)
    assert isinstance(answer, Received), answer
    return answer


def hinted(events: list[dict[str, Any]], **keys: Any) -> list[tuple[str, str]]:
    """Return what genuine events are hints for."""
    return [(hint.entity, hint.external_id) for hint in received(events, **keys).hints]


def test_a_merge_is_a_hint_for_all_that_took_part() -> None:
    merge = {
        "subscriptionType": "company.merge",
        "objectId": 9,
        "primaryObjectId": 7,
        "mergedObjectIds": [8],
        "newObjectId": 9,
    }

    assert {external_id for _, external_id in hinted([merge])} == {"7", "8", "9"}


def test_orders_come_as_objects_with_a_type_number() -> None:
    assert hinted([{"subscriptionType": "object.creation", "objectTypeId": "0-123", "objectId": 5}]) == [("order", "5")]


def test_a_changed_association_is_a_hint_for_the_record_it_starts_from() -> None:
    change = {"subscriptionType": "company.associationChange", "associationType": "COMPANY_TO_CONTACT"}

    assert hinted([{**change, "fromObjectId": 7, "toObjectId": 55}]) == [("customer", "7")]


def test_events_of_other_accounts_and_of_what_we_do_not_keep_are_passed_over() -> None:
    mine = {"subscriptionType": "company.creation", "portalId": 1, "objectId": 7}
    events = [mine, {**mine, "portalId": 2, "objectId": 8}, {**mine, "subscriptionType": "ticket.creation"}]

    assert hinted(events, portal_id=1) == [("customer", "7")]


def test_an_event_id_alone_is_no_identity() -> None:
    event = {"eventId": 1, "subscriptionType": "company.propertyChange", "objectId": 7, "occurredAt": 1}
    other = {**event, "objectId": 8}

    assert received([event]).event_id != received([other]).event_id
    assert identity([event, other]) == identity([other, {**event, "attemptNumber": 3}])


def test_only_the_documented_escapes_of_the_address_are_decoded() -> None:
    assert decoded_url("https://a.example/x%3Ay%2Fz?q=%40%21&b=%20%26") == "https://a.example/x:y/z?q=@!&b=%20%26"


def test_the_address_that_counts_is_the_configured_one() -> None:
    body = b"[]"
    verify = verifier(lambda _name: {"webhook_secret": APP_SECRET}, "https://other.example.com/webhooks/crm")

    answer = verify.receive(through_the_api(body, signed(body, APP_SECRET, NOW)), NOW)

    assert isinstance(answer, Rejected)
    assert answer.status == 401
