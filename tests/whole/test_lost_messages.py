"""A queue message holds no truth: losing every one of them in the middle of a run costs a delay, nothing else."""

from __future__ import annotations

import pytest

from local.crm import people
from local.crm.client import CrmClient
from tests.whole.running import Whole
from tests.whole.trading import change_customer, disagreements, enter_customers, offer, place_orders, writes

pytestmark = pytest.mark.whole_stack

QUEUES = ("ChangesQueue", "DeliveriesQueue")


def test_after_all_messages_of_both_queues_are_lost_settle_and_one_reconcile_bring_both_sides_to_agree(
    whole: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    offer(erp)
    enter_customers(crm, range(1, 9))
    whole.settle()
    place_orders(crm, range(1, 5))
    change_customer(crm, 1, "phone", "1")
    whole.stack.hold("DeliveriesQueue")
    whole.poll()  # absorbed, and on its way to the other system
    whole.stack.hold("ChangesQueue")
    enter_customers(crm, range(9, 13))
    enter_customers(erp, range(20, 23))
    place_orders(crm, range(5, 7))
    change_customer(crm, 2, "billing.city", "Basel")
    change_customer(erp, 3, "name", "Third & Co")
    whole.poll()  # asked for, and on its way to be absorbed
    assert all(whole.stack.queue_counts()[queue].total for queue in QUEUES)

    whole.stack.drop_messages(*QUEUES)
    for queue in QUEUES:
        whole.stack.release(queue)
    whole.settle()
    whole.settle(reconcile=True)

    assert disagreements(crm, erp) == []
    assert len(crm.all("customers")) == len(erp.all("customers")) == 15
    assert len(crm.all("orders")) == len(erp.all("orders")) == 6
    before = writes(crm, erp)
    assert whole.settle(reconcile=True).owed == 0
    assert writes(crm, erp) == before


def test_what_was_absorbed_before_its_delivery_was_lost_needs_the_sweep_alone(
    whole: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    whole.stack.hold("DeliveriesQueue")
    enter_customers(crm, range(1, 4))
    whole.poll()
    assert whole.stack.drop_messages("DeliveriesQueue") >= 1
    whole.stack.release("DeliveriesQueue")
    whole.make_due()

    assert whole.stack.fire("SweepOverdue")
    whole.rest()

    assert disagreements(crm, erp) == []
    assert whole.seen.owed() == 0


def test_what_was_lost_before_it_was_absorbed_needs_the_reconcile_alone(
    whole: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    enter_customers(crm, range(1, 4))
    whole.settle()
    whole.stack.hold("ChangesQueue")
    enter_customers(erp, [4])
    change_customer(crm, 2, "billing.city", "Basel")
    crm.archive("customers", people.find_one(crm, "customers", "number", "C3")["id"])
    whole.poll()
    assert whole.stack.drop_messages("ChangesQueue") >= 1
    whole.stack.release("ChangesQueue")

    assert whole.stack.fire("Reconcile")
    whole.rest()

    assert disagreements(crm, erp) == []
    assert {row["number"] for row in erp.all("customers")} == {"C1", "C2", "C4"}
