"""The schemas of the promised events: made from the models, and what is published follows them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from shared.aws.event_models import MODELS, json_schema
from shared.aws.events import KINDS, VERSIONS, _entry
from shared.core.demands import DEMANDING
from shared.core.entities import ENTITIES
from shared.flows import fan_out
from shared.flows.business.match_demands import match_demands
from shared.ports.messages import TOUCHED, Event
from tests.docs.made_from_code import EVENTS, event_schemas
from tests.docs.test_made_from_code import REWRITE
from tests.kit.builders import a_record
from tests.kit.clock import START
from tests.kit.trade import Trade, changed

TYPES = sorted(MODELS)


def test_the_files_say_what_the_models_say() -> None:
    standing = {path: path.read_text(encoding="utf-8") for path in EVENTS.glob("*.json")}

    assert standing == event_schemas(), f"docs/events is behind: {REWRITE}"


def test_whatever_fan_out_can_tell_has_a_form() -> None:
    told = re.findall(r'_event\(f?"([^"]+)"', Path(fan_out.__file__).read_text(encoding="utf-8"))
    assert len(told) >= 5
    possible = {
        each.replace("{after.entity}", entity).replace("{kind}", kind)
        for each in told
        for entity in ENTITIES
        for kind in KINDS
    }

    unasked = {f"{entity}.promise-changed" for entity in ENTITIES if entity not in DEMANDING}
    assert possible | {TOUCHED} == set(MODELS) | unasked


def test_every_promised_event_has_a_model_and_a_schema_with_its_version() -> None:
    assert set(MODELS) == set(VERSIONS)
    for type_ in TYPES:
        schema = json_schema(type_)
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"urn:tandem:event:{type_}:{VERSIONS[type_]}"
        assert schema["properties"]["dataschema"]["const"] == schema["$id"]


def published() -> Iterator[Event]:
    """Yield everything that a small trade publishes, with numbers of every shape and parts that are not known."""
    trade = Trade()
    tea, ann = trade.product("tea"), trade.customer()
    trade.change(ann, name="Ann Low", email=None)
    order = trade.order("O-1", tea, customer=ann.id, status=None)
    trade.change(order, status="placed")
    trade.change(order, status="confirmed", number=None)
    trade.write(replace(changed(ann, {}), version=9, parked_since=START))
    trade.stock(tea, -3, "A", reorder_level=Decimal("1E+3"), incoming=Decimal("0.50"))
    trade.stock(trade.product("cup", sku=None), 0, "B", reorder_level=Decimal(5), location=None)
    match_demands(trade.world.parts, [tea.id], [order.id])
    trade.change(order, number="O-1", wanted_at=START)
    trade.stock(tea, 9, "C")
    match_demands(trade.world.parts, [tea.id])
    deal = trade.deal("D-1", tea, 2)
    match_demands(trade.world.parts, [tea.id], [deal.id])
    for entity in ENTITIES:
        record = a_record(f"one more {entity}", entity=entity, fields={"name": "One", "status": "draft"})
        trade.write(record)
        trade.change(record, status="placed")
        trade.end(record)
    trade.world.fan_out()
    yield from trade.world.messages.bus


def details() -> list[Any]:
    return [json.loads(_entry("bus", event)["Detail"]) for event in published()]


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_published_follows_its_schema_and_says_nothing_beside_it(type_: str) -> None:
    mine = [detail for detail in details() if detail["type"] == type_]
    schema = json_schema(type_)

    assert mine
    for detail in mine:
        Draft202012Validator(schema).validate(detail)
        assert set(detail) == set(schema["properties"])
        (data,) = (
            part for name, part in schema["$defs"].items() if schema["properties"]["data"]["$ref"].endswith(name)
        )
        assert set(detail["data"]) == set(data["properties"])


def test_what_does_not_follow_is_noticed() -> None:
    (low, *_) = (detail for detail in details() if detail["type"] == "stock.low")
    broken = {**low, "data": {**low["data"], "on_hand": "1E+3"}}

    with pytest.raises(ValidationError):
        Draft202012Validator(json_schema("stock.low")).validate(broken)


def test_nothing_is_published_without_a_schema() -> None:
    found = details()

    assert {detail["type"] for detail in found} == set(MODELS)
    assert all(detail["dataschema"] == json_schema(detail["type"])["$id"] for detail in found)


def test_a_promise_to_a_deal_is_told_as_one_to_an_order_is() -> None:
    (told,) = (detail for detail in details() if detail["type"] == "opportunity.promise-changed")

    assert told["subject"].startswith("opportunity/")
    assert (told["data"]["state"], told["data"]["text"]) == ("now", "available now")
