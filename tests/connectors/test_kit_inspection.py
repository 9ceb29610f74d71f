"""The inspection kit on every connector that can be asked, and on inspectors that are blind or see ghosts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from shared.core.inspection import Described, Finding, Result, ToCreate
from shared.core.observations import Next, Trouble
from shared.ports.inspection import Greeted
from tests.connectors import espocrm_bench, hubspot_bench, odoo_bench, salesforce_bench
from tests.connectors.fakes.described import (
    DescribedEspo,
    DescribedHubSpot,
    DescribedOdoo,
    DescribedRest,
    DescribedSalesforce,
    DescribedTryton,
)
from tests.connectors.fakes.rest import PATH
from tests.connectors.rest_bench import connected as rest_connected
from tests.connectors.tryton_bench import connected as tryton_connected
from tests.kit.kit_inspection import SOMEBODY, InspectionBench, InspectionKit


def an_espo() -> DescribedEspo:
    """Return an EspoCRM with the webhooks that the settings name."""
    fake = DescribedEspo()
    named = espocrm_bench.settings().webhooks
    fake.webhooks = tuple({"id": each, "event": event, "isActive": True} for each, event in named.items())
    return fake


def share_a_reference(fake: DescribedRest) -> None:
    """Let two records show one reference."""
    for row in fake.rows.values():
        row["external_ref"] = "the-same"


HUBSPOT = InspectionBench(
    name="hubspot",
    make_fake=DescribedHubSpot,
    connect=hubspot_bench.connected,
    secret={**hubspot_bench.SECRET, "webhook_secret": "a-signing-key"},
    mapped="companies.phone",
    denied="companies",
    reference=ToCreate("companies", "tandem_id", "single-line text", unique=True),
)
ESPOCRM = InspectionBench(
    name="espocrm",
    make_fake=an_espo,
    connect=espocrm_bench.connected,
    secret={**espocrm_bench.SECRET, "webhook_secret": "a-signing-key"},
    mapped="Account.phoneNumber",
    denied="Account",
    reference=ToCreate("Account", "tandemId", "Varchar", unique=True),
)
SALESFORCE = InspectionBench(
    name="salesforce",
    make_fake=DescribedSalesforce,
    connect=salesforce_bench.connected,
    secret=salesforce_bench.SECRET,
    mapped="Account.Phone",
    denied="Account",
    reference=ToCreate("Account", "Tandem_Id__c", "Text(36), External ID, case sensitive", unique=True),
)
ODOO = InspectionBench(
    name="odoo",
    make_fake=DescribedOdoo,
    connect=odoo_bench.connected,
    secret={**odoo_bench.SECRET, "webhook_secret": "a-signing-key"},
    mapped="res.partner.vat",
    denied="res.partner",
    reference=ToCreate("res.partner", "x_tandem_id", "char", unique=True),
)
ODOO_RPC = InspectionBench(
    name="odoo by JSON-RPC",
    make_fake=partial(DescribedOdoo, rpc=True),
    connect=odoo_bench.connected_by_rpc,
    secret={**odoo_bench.RPC_SECRET, "webhook_secret": "a-signing-key"},
    mapped="res.partner.vat",
    denied="res.partner",
    reference=ToCreate("res.partner", "x_tandem_id", "char", unique=True),
)
TRYTON = InspectionBench(
    name="tryton",
    make_fake=DescribedTryton,
    connect=tryton_connected,
    secret={"username": "somebody", "password": "a-live-password"},
    mapped="party.party.customer_payment_term",
    denied="party.party",
)
REST = InspectionBench(
    name="rest",
    make_fake=DescribedRest,
    connect=rest_connected,
    secret={"token": "a-live-credential"},
    mapped=f"{PATH}.phone",
    denied=PATH,
    reference=ToCreate(PATH, "external_ref", "text", unique=True),
    share=share_a_reference,
    missing=Result.WARNING,
)


class TestHubSpot(InspectionKit):
    """HubSpot passes."""

    bench = HUBSPOT


class TestEspo(InspectionKit):
    """EspoCRM passes."""

    bench = ESPOCRM


class TestSalesforce(InspectionKit):
    """Salesforce passes."""

    bench = SALESFORCE


class TestOdoo(InspectionKit):
    """Odoo passes over JSON-2."""

    bench = ODOO


class TestOdooByRpc(InspectionKit):
    """Odoo passes over JSON-RPC."""

    bench = ODOO_RPC


class TestTryton(InspectionKit):
    """Tryton passes; nothing has to be created in it."""

    bench = TRYTON


class TestRest(InspectionKit):
    """A plain system passes."""

    bench = REST


class Blind:
    """Finds everything well, and never asks."""

    describes = True

    def greet(self) -> Greeted | Trouble:
        """Be let in."""
        return Greeted(None)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """See nothing to complain of."""
        return [Described(entity, PATH, may={"read": True})]

    def webhooks(self) -> Sequence[Finding]:
        """See nothing."""
        return []

    def close(self) -> None:
        """Do nothing."""


class Alarmist(Blind):
    """Finds everything ill, and says too much."""

    def greet(self) -> Greeted | Trouble:
        """Be shut out, and tell the token."""
        return Trouble(Next.RETRYABLE, "unreadable", f"a-live-credential does not work for {SOMEBODY}")


def checks_of(kit: type) -> list[str]:
    return sorted(name for name in dir(kit) if name.startswith("test_"))


@pytest.mark.parametrize("check", checks_of(InspectionKit))
def test_an_inspector_that_is_blind_or_sees_ghosts_is_caught(check: str) -> None:
    caught = 0
    for inspector in (Blind(), Alarmist()):
        with REST.stand() as stand:
            stand.inspector.close()
            stand.inspector = inspector
            try:
                getattr(InspectionKit(), check)(stand=stand)
            except (AssertionError, ValueError):  # what it should have found is not one finding
                caught += 1

    assert caught >= 1


def test_each_thing_that_is_wrong_with_an_espo_s_webhooks_is_told() -> None:
    with ESPOCRM.stand() as stand:
        (first, *others) = stand.fake.webhooks
        stand.fake.webhooks = ({**first, "isActive": False}, *({**each, "event": "Account.none"} for each in others))
        (off, *wrong) = stand.inspector.webhooks()
        stand.fake.webhooks = ()
        gone = stand.inspector.webhooks()
        del stand.secret["webhook_secret"]
        stand.inspector.greet()
        (lacking, *_) = stand.inspector.webhooks()

    assert off.result is Result.WARNING
    assert wrong
    assert {each.result for each in (*wrong, *gone, lacking)} == {Result.FAILED}
    assert "webhook_secret" in lacking.seen


def test_an_espo_s_lock_that_nobody_uses_or_has_is_told() -> None:
    with ESPOCRM.stand() as stand:
        stand.fake.versioned = False
        (lacks,) = stand.of("lock")

    assert (lacks.result, "switch it on" in lacks.remedy) == (Result.FAILED, True)


def test_a_reference_of_salesforce_that_is_no_external_id_has_to_be_created_anew() -> None:
    with SALESFORCE.stand() as stand:
        stand.fake.kinds["Account.Tandem_Id__c"] = "double"
        (found,) = stand.of("reference")
        (quota,) = stand.of("quota")

    assert found.result is Result.FAILED
    assert "is of type double" in found.seen
    assert quota.seen == "18 of the day's 100000 calls are used"


def test_a_hubspot_app_is_told_its_address_and_what_to_subscribe_to() -> None:
    with HUBSPOT.stand() as stand:
        (found,) = stand.inspector.webhooks()

    assert found.result is Result.NOT_VISIBLE
    for part in (hubspot_bench.URL, "company, contact, product", "propertyChange"):
        assert part in found.remedy
