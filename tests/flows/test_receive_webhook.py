"""receive_webhook: verify, queue, note the key (the sync rules, section 7.8)."""

from __future__ import annotations

from datetime import datetime

import pytest

from shared.core.errors import TryAgain
from shared.flows.receive_webhook import receive_webhook
from shared.ports.system import Hint, Received, Rejected, WebhookRequest
from tests.kit.world import World

REQUEST = WebhookRequest({}, b"{}")


class Reader:
    """Takes every request for one customer of the crm, and one record of an entity that takes no part."""

    def __init__(
        self,
        event_id: str | None = "evt-1",
        rejected: Rejected | None = None,
        hints: tuple[Hint, ...] = (Hint("crm", "customer", "1"), Hint("crm", "stock", "1")),
    ) -> None:
        self.event_id, self.rejected, self.hints = event_id, rejected, hints

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        assert (request, now.tzinfo is not None) == (REQUEST, True)
        return self.rejected or Received(self.hints, self.event_id)


def world_with(reader: Reader) -> World:
    world = World()
    world.systems.webhook_readers["crm"] = reader
    return world


def test_a_genuine_webhook_is_queued_and_its_event_remembered() -> None:
    world = world_with(Reader())

    reply = receive_webhook(world.parts, "crm", REQUEST)

    assert (reply.status, reply.queued) == (200, 1)
    assert [queued.thing.external_id for queued in world.messages.changes_queue] == ["1"]
    assert world.memory.idempotency.keys == {"webhook/crm/evt-1"}


def test_an_event_that_is_known_is_answered_and_not_queued_again() -> None:
    world = world_with(Reader())
    receive_webhook(world.parts, "crm", REQUEST)

    reply = receive_webhook(world.parts, "crm", REQUEST)

    assert (reply.status, reply.reason, reply.queued) == (200, "known", 0)
    assert len(world.messages.changes_queue) == 1


def test_a_queue_that_fails_leaves_the_event_unknown_so_that_its_repeat_is_queued() -> None:
    world = world_with(Reader())
    world.messages.broken = {"changes"}
    with pytest.raises(TryAgain):
        receive_webhook(world.parts, "crm", REQUEST)
    assert world.memory.idempotency.keys == set()
    world.messages.broken = set()

    assert receive_webhook(world.parts, "crm", REQUEST).queued == 1


def test_an_event_without_an_identity_of_its_own_is_queued_each_time() -> None:
    world = world_with(Reader(event_id=None))

    for _ in range(2):
        assert receive_webhook(world.parts, "crm", REQUEST).queued == 1

    assert world.memory.idempotency.keys == set()


def test_a_webhook_that_is_not_genuine_is_rejected_and_leaves_no_message() -> None:
    world = world_with(Reader(rejected=Rejected(401, "the signature does not match")))

    reply = receive_webhook(world.parts, "crm", REQUEST)

    assert (reply.status, reply.reason) == (401, "the signature does not match")
    assert world.messages.changes_queue == []
    assert world.telemetry.told[0][0] == "webhook rejected"


@pytest.mark.parametrize("system", ["erp", "nobody"])
def test_a_system_that_sends_no_webhooks_here_is_not_found(system: str) -> None:
    assert receive_webhook(world_with(Reader()).parts, system, REQUEST).status == 404


def test_a_webhook_about_nothing_that_takes_part_is_taken_and_queues_nothing() -> None:
    world = world_with(Reader(hints=(Hint("crm", "stock", "1"),)))

    assert receive_webhook(world.parts, "crm", REQUEST).queued == 0
    assert world.messages.changes_queue == []
