"""What cannot be read of a partner stays with its record: parked with field and reason, and nobody else waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.crm import people
from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from shared.ports.stores import NoteKind
from tests.whole.describing import sample_crm, written
from tests.whole.running import Whole, running
from tests.whole.trading import change_customer, enter_customers, offer, place_orders

pytestmark = pytest.mark.whole_stack

VOID = ', cancelled = "void"'
CREDIT = 'credit_limit                      = "credit_limit"'
NO_NUMBER = 'credit_limit = "payment_terms"'


@pytest.fixture
def narrow(
    crm_server: SampleCrm, erp_server: SampleCrm, crm: CrmClient, erp: CrmClient, tmp_path: Path
) -> Iterator[Whole]:
    """A CRM of which less is described than it shows: no void orders, no tax numbers, a limit that is free text."""
    del crm, erp
    described = sample_crm("crm", "crm", crm_server.url).replace(VOID, "").replace(CREDIT, NO_NUMBER)
    for line in (
        'payment_terms                     = "payment_terms"',
        'tax_number                        = "tax_number"',
    ):
        assert line in described
        described = described.replace(line, "")
    described = described.replace('tax_number         = { many = "?tax_number={}" }', "")
    config = written(tmp_path, described, sample_crm("erp", "supply_chain", erp_server.url))
    with running(config, {"crm": crm_server.secret(), "erp": erp_server.secret()}) as whole:
        yield whole


def test_a_state_without_a_mapping_parks_that_order_alone_until_it_is_corrected(
    narrow: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    offer(erp)
    enter_customers(crm, range(1, 4))
    narrow.settle()
    place_orders(crm, range(1, 4))
    voided = people.find_one(crm, "orders", "number", "O2")
    people.cancel_order(crm, voided["id"])

    narrow.settle()

    assert {row["number"] for row in erp.all("orders")} == {"O1", "O3"}
    [note] = narrow.notes()
    assert (note.kind, note.system, note.entity) == (NoteKind.PARKED, "crm", "order")
    assert (note.external_id, note.field) == (voided["id"], "status")
    assert note.reason

    crm.change("orders", voided["id"], {"state": "open"})
    narrow.settle()

    assert {row["number"] for row in erp.all("orders")} == {"O1", "O2", "O3"}
    assert narrow.notes() == []


def test_a_quantity_that_is_no_number_parks_that_record_alone_and_keeps_what_was_known(
    narrow: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    enter_customers(crm, range(1, 4), payment_terms="100")
    narrow.settle()
    change_customer(crm, 2, "payment_terms", "a lot")
    change_customer(crm, 3, "payment_terms", "300")

    narrow.settle()

    assert {row["number"]: row["credit_limit"] for row in erp.all("customers")} == {
        "C1": "100",
        "C2": "100",
        "C3": "300",
    }
    [note] = narrow.notes()
    assert (note.kind, note.field, bool(note.reason)) == (NoteKind.PARKED, "credit_limit", True)
    assert narrow.seen.parked() == 1

    change_customer(crm, 2, "payment_terms", "250")
    narrow.settle()

    assert narrow.notes() == []
    assert {row["credit_limit"] for row in erp.all("customers")} == {"100", "250", "300"}


def test_a_field_that_nobody_described_is_ignored_and_kept_after_an_update(
    narrow: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    enter_customers(crm, [1], tax_number="CHE-1", payment_terms="100")
    narrow.settle()
    assert erp.all("customers")[0]["tax_number"] is None

    change_customer(erp, 1, "phone", "7")
    change_customer(erp, 1, "tax_number", "theirs")
    narrow.settle()

    [ours], [theirs] = crm.all("customers"), erp.all("customers")
    assert ours["phone"] == "7"
    assert (ours["tax_number"], theirs["tax_number"]) == ("CHE-1", "theirs")
