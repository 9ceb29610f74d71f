"""A poison message: no code can read it. It ends among the dead letters; what it should have told is found anyway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local.crm import people
from local.demo.faults.stage import Stage, expect
from local.tryton import read_back

CUSTOMER, PHONE = "AROUT", "(171) 555-0006"
DEAD_SECONDS = 90.0


def poison_message(stage: Stage) -> None:
    """Put a broken message in place of a webhook; `tandem discard` it, and a poll finds the change."""
    stage.tell("broken: a customer is edited in the CRM, but its webhook is cut off on the way: no code can read it")
    stage.systems.crm.set_faults({"webhooks_dropped": {"next": 1}})
    people.edit_field(stage.systems.crm, "customers", stage.customer(CUSTOMER)["id"], "phone", PHONE)
    queue = stage.systems.physical_id("ChangesQueue")
    with _retried_at_once(stage, queue):
        stage.systems.aws_client("sqs").send_message(QueueUrl=queue, MessageBody='{"format": 1, "hints": [{"sys')
        stage.awaits(
            lambda: stage.operator.asks("dead-letters")["items"], DEAD_SECONDS, "the message is no dead letter"
        )
    stage.types("dead-letters")
    letter = stage.only_item("dead-letters")

    stage.tell("repaired: the message is of no use to anybody; what it was about is asked for")
    stage.types("discard", letter["queue"], letter["id"], "--yes")
    stage.settles()
    stage.types("dead-letters")
    expect("the phone in the ERP", read_back.customers(stage.systems.erp)[CUSTOMER]["phone"], PHONE)


@contextmanager
def _retried_at_once(stage: Stage, queue: str) -> Iterator[None]:
    """Have what failed tried again after a second instead of twelve minutes, so that it is dead within the demo."""
    sqs = stage.systems.aws_client("sqs")
    seconds = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=seconds)
