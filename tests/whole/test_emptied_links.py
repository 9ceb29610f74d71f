"""What stands where is known twice: a table whose links are gone is rebuilt from the identity items by a reconcile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.crm.client import CrmClient
from shared.core.records import Record
from tests.whole.running import Whole
from tests.whole.trading import change_customer, disagreements, enter_customers, offer, place_orders, writes

pytestmark = pytest.mark.whole_stack


def without_links(record: Record) -> Record:
    return replace(record, links={}, due_at=None, parked_since=None, waits_for=None)


def test_a_reconcile_rebuilds_emptied_links_without_a_duplicate_or_a_write(
    whole: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    offer(erp)
    enter_customers(crm, range(1, 6))
    enter_customers(erp, range(10, 12))
    crm.create("customers", {"name": "Neither number nor e-mail"})
    whole.settle()
    place_orders(crm, range(1, 4))
    whole.settle()
    links = {record.id: _ids(record) for record in whole.records()}
    before = writes(crm, erp)

    assert whole.rewrite(without_links) == len(links) == 8 + 4 + 3
    whole.settle(reconcile=True)

    assert writes(crm, erp) == before
    assert {record.id: _ids(record) for record in whole.records()} == links
    assert whole.seen.parked() == 0


def test_what_was_edited_meanwhile_still_comes_over_after_the_links_are_rebuilt(
    whole: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    enter_customers(crm, range(1, 4))
    whole.settle()
    whole.rewrite(without_links)
    change_customer(crm, 2, "phone", "22")

    whole.settle(reconcile=True)
    change_customer(erp, 3, "billing.city", "Chur")
    whole.settle()

    assert disagreements(crm, erp) == []
    assert len(erp.all("customers")) == 3


def _ids(record: Record) -> dict[str, str | None]:
    return {system: link.external_id for system, link in record.links.items()}
