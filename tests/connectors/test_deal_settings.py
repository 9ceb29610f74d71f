"""How deals are described: the settings that the page shows, stages by their own names, and webhooks of deals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.connectors.catalog import CONNECTORS
from shared.connectors.integration import load
from shared.connectors.mapping import FieldSpec, Habits, Read, Spec, compiled, for_create, read
from tests.connectors.test_hubspot_webhooks import hinted

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"
STAGES = {"path": "stage", "values": {"won": ["Closed Won", "Sold"], "lost": "Closed Lost"}, "others": "keep"}
ERP = """
[systems.erp]
connector = "tryton"
side = "supply_chain"
base_url = "https://erp.example.com"
database = "erp"
"""


def shown(theirs: str, spec: dict[str, Any] | None = None) -> Any:
    """Return the stage that is read."""
    mapping = compiled("crm", "opportunity", {"status": FieldSpec.model_validate(spec or STAGES)})
    found = read(mapping, {"id": "1", "stage": theirs})
    return found.fields["status"] if isinstance(found, Read) else None


def sent(ours: str) -> Any:
    """Return the stage that is written."""
    mapping = compiled("crm", "opportunity", TypeAdapter(dict[str, Spec]).validate_python({"status": STAGES}))
    return for_create(mapping, {"status": ours}, "rec", Habits()).content.get("stage")


@pytest.mark.parametrize("name", ["hubspot", "salesforce", "espocrm"])
def test_the_settings_on_the_page_keep_the_deals_of_each_named_crm_in_step(name: str, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## Deals")[2]
    block = page.partition("```toml\n")[2].partition("```")[0].replace('"espocrm"', f'"{name}"')
    path = tmp_path / "integration.toml"
    path.write_text((block if name == "espocrm" else re.sub(r"^children.*$", "", block, flags=re.MULTILINE)) + ERP)

    rules = load(path).integration.rules("opportunity")

    assert set(rules.systems) == {"crm"}
    assert {"promise.text", "promise.date"} <= rules.systems["crm"].takes
    assert {"lines[].quantity", "amount", "probability", "wanted_at", "status"} <= rules.systems["crm"].carries
    assert rules.writers("promise.text", None) == frozenset()


@pytest.mark.parametrize(("theirs", "ours"), [("Closed Won", "won"), ("Sold", "won"), ("Closed Lost", "lost")])
def test_each_word_for_a_decided_deal_is_read(theirs: str, ours: str) -> None:
    assert shown(theirs) == ours


def test_a_stage_that_is_not_named_goes_both_ways_by_its_own_name() -> None:
    assert (shown("Needs Analysis"), sent("Needs Analysis")) == ("Needs Analysis", "Needs Analysis")
    assert (sent("won"), sent("lost")) == ("Closed Won", "Closed Lost")


def test_a_word_that_would_come_back_as_another_one_is_refused() -> None:
    assert sent("Sold") is None
    assert shown("won") is None


def test_without_saying_so_a_word_that_is_not_named_is_not_taken() -> None:
    assert shown("Needs Analysis", {**STAGES, "others": "refuse"}) is None
    with pytest.raises(ValidationError):
        FieldSpec.model_validate({**STAGES, "others": "drop"})


@pytest.mark.parametrize("kind", ["deal.propertyChange", "deal.creation"])
def test_a_webhook_of_a_deal_is_a_hint_for_it(kind: str) -> None:
    entities: dict[str, Any] = {"customer": {}, "opportunity": {}}

    assert hinted([{"subscriptionType": kind, "objectId": 123}], entities=entities) == [("opportunity", "123")]
    assert hinted([{"subscriptionType": kind, "objectId": 123}]) == []


@pytest.mark.parametrize(("name", "scale"), [("hubspot", 0), ("salesforce", 2), ("espocrm", 2)])
def test_a_probability_is_a_share_here_whatever_it_is_there(name: str, scale: int) -> None:
    settings: Any = CONNECTORS[name].settings.model_validate(
        {"name": "crm", "base_url": "https://crm.example.com", "entities": {"opportunity": {}}}
    )

    assert settings.mapping("opportunity").by_ours["probability"].scale == scale
