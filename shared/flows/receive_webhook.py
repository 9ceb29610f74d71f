"""receive_webhook: verify the raw bytes, queue, note the event's idempotency key; nothing else (SYNC §7.8).

A crash between queue and note costs a duplicate, never an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.flows.parts import Parts
from shared.ports.system import Rejected, WebhookRequest


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP status that the partner gets, and why in words that give nothing away."""

    status: int
    reason: str
    queued: int = 0


def receive_webhook(parts: Parts, system: str, request: WebhookRequest) -> Reply:
    """Take one webhook in; raises `TryAgain` if it could not be queued, so that the sender repeats it."""
    webhooks = parts.systems.webhooks(system) if system in parts.integration.systems else None
    if webhooks is None:
        return Reply(404, "no such system sends webhooks here")
    received = webhooks.receive(request, parts.clock.now())
    if isinstance(received, Rejected):
        parts.telemetry.tell("webhook rejected", system=system, status=received.status, reason=received.reason)
        return Reply(received.status, received.reason)
    key = f"webhook/{system}/{received.event_id}" if received.event_id else None
    if key and parts.idempotency.is_known(key):
        return Reply(200, "known")
    hints = [hint for hint in received.hints if parts.integration.takes_part(hint.system, hint.entity)]
    if hints:
        parts.messages.changes(hints)
    if key:
        parts.idempotency.remember(key)
    return Reply(200, "queued", len(hints))
