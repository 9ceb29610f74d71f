"""Messages with a token in the address are hints; without one, or without a record, they are refused."""

from __future__ import annotations

import json

import pytest

from shared.connectors.odoo import webhooks
from shared.ports.system import Hint, Received, Rejected, WebhookRequest
from tests.connectors.odoo_bench import settings
from tests.kit.kit_webhooks import NOW


def told(url: str, body: object, secret: str = "one two") -> Received | Rejected:
    found = webhooks(settings(), lambda _name: {"webhook_secret": secret})
    assert found is not None
    return found.receive(WebhookRequest({}, body if isinstance(body, bytes) else json.dumps(body).encode(), url), NOW)


HOOK = "https://sync.example.com/webhooks/erp"


ORDER = {"_action": "Tell(#12)", "_id": 41, "_model": "sale.order"}


@pytest.mark.parametrize("token", ["one", "two"])
def test_a_message_with_a_live_token_is_a_hint(token: str) -> None:
    assert told(f"{HOOK}?token={token}", ORDER) == Received((Hint("erp", "order", "41"),))


@pytest.mark.parametrize("query", ["", "?token=", "?token=onf", "?token=one%20two", "?token=one&token=two", "?t=one"])
def test_a_message_without_a_live_token_is_refused(query: str) -> None:
    refused = told(HOOK + query, ORDER)

    assert isinstance(refused, Rejected)
    assert refused.status == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", {"_model": "sale.order"}, {"_id": True}, {"_id": "41"}])
def test_a_message_that_names_no_record_is_a_bad_request(body: object) -> None:
    refused = told(f"{HOOK}?token=one", body)

    assert isinstance(refused, Rejected)
    assert refused.status == 400


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        ({"_model": "sale.order.line", "_id": 9, "order_id": 41}, (Hint("erp", "order", "41"),)),
        ({"_model": "sale.order.line", "_id": 9, "order_id": [41, "S41"]}, (Hint("erp", "order", "41"),)),
        ({"_model": "sale.order.line", "_id": 9}, ()),
        ({"_model": "res.partner", "_id": 9, "parent_id": 4}, (Hint("erp", "customer", "4"),)),
        ({"_model": "res.partner", "_id": 9, "parent_id": False}, (Hint("erp", "customer", "9"),)),
        ({"_model": "mail.message", "_id": 9}, ()),
    ],
)
def test_a_message_of_a_part_speaks_of_the_whole(body: object, hints: tuple[Hint, ...]) -> None:
    assert told(f"{HOOK}?token=one", body) == Received(hints)


def test_without_a_live_token_nothing_gets_in() -> None:
    refused = told(f"{HOOK}?token=", ORDER, secret="")

    assert isinstance(refused, Rejected)
    assert refused.status == 503


def test_an_odoo_that_sends_no_webhooks_has_no_verifier() -> None:
    assert webhooks(settings(webhooks=False), lambda _name: {}) is None
