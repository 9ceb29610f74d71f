"""The inspection kit on deals: `check-system` tells which fields of a deal are missing, what is said to it included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.connectors import espocrm, hubspot
from shared.connectors.http_secrets import ReadSecret
from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.inspection import ToCreate
from tests.connectors import espocrm_bench, hubspot_bench, salesforce_bench
from tests.connectors.test_kit_inspection import ESPOCRM, HUBSPOT, SALESFORCE
from tests.kit.kit_inspection import InspectionKit

DEALS: dict[str, Any] = {"customer": {}, "opportunity": {}}
LINES = {"children": {"type": "COpportunityLine", "parent": "opportunityId"}}


def an_account(url: str, read_secret: ReadSecret) -> hubspot.system.HubSpotSystem:
    """Return a connected HubSpot with deals."""
    return hubspot.connect(hubspot_bench.settings(url, entities=DEALS), read_secret)


def an_org(url: str, read_secret: ReadSecret) -> SalesforceSystem:
    """Return a connected Salesforce with opportunities."""
    return salesforce_bench.connected(url, read_secret, entities=DEALS)


def an_espo(url: str, read_secret: ReadSecret) -> espocrm.system.EspoSystem:
    """Return a connected EspoCRM with opportunities, and lines of its own."""
    return espocrm.connect(espocrm_bench.settings(url, entities={**DEALS, "opportunity": LINES}), read_secret)


class TestHubSpotDeals(InspectionKit):
    """Deals of HubSpot."""

    bench = replace(
        HUBSPOT,
        entity="opportunity",
        connect=an_account,
        mapped="deals.tandem_promise",
        denied="deals",
        reference=ToCreate("deals", "tandem_id", "single-line text", unique=True),
    )


class TestSalesforceOpportunities(InspectionKit):
    """Opportunities of Salesforce."""

    bench = replace(
        SALESFORCE,
        entity="opportunity",
        connect=an_org,
        mapped="Opportunity.Tandem_Promise_Date__c",
        denied="Opportunity",
        reference=ToCreate("Opportunity", "Tandem_Id__c", "Text(36), External ID, case sensitive", unique=True),
    )


class TestEspoOpportunities(InspectionKit):
    """Opportunities of EspoCRM, with lines."""

    bench = replace(
        ESPOCRM,
        entity="opportunity",
        connect=an_espo,
        mapped="COpportunityLine.quantity",
        denied="Opportunity",
        reference=ToCreate("Opportunity", "tandemId", "Varchar", unique=True),
    )
