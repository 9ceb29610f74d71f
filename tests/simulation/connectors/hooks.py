"""Webhooks as a partner really posts them: signed, read by the connector's own reader, forged by a byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.connectors.http_secrets import ReadSecret, Secret
from shared.ports.system import Received, Rejected, WebhookRequest, Webhooks
from tests.simulation.webhooks import SimWebhooks


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a row: the how-manieth event it is, when it is told, and the secret of that moment."""

    number: int
    entity: str
    name: str
    at: datetime
    secret: Secret


@dataclass(frozen=True, slots=True)
class Hooks:
    """How a partner posts an event, and what reads it."""

    post: Callable[[Event], WebhookRequest]
    reader: Callable[[ReadSecret], Webhooks]


class PostedWebhooks(SimWebhooks):
    """The webhooks of one fake."""

    def __init__(self, hooks: Hooks, read_secret: ReadSecret, on_wrong: Callable[[str], None]) -> None:
        """Post and read by these; `on_wrong` hears of a genuine one that is rejected, or a forged one that is not."""
        super().__init__()
        self._hooks, self._read_secret, self._reader = hooks, read_secret, hooks.reader(read_secret)
        self._on_wrong = on_wrong
        self._forged: list[WebhookRequest] = []

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Verify and read as the connector does."""
        received = self._reader.receive(request, now)
        if isinstance(received, Rejected) is not any(each is request for each in self._forged):
            self._on_wrong(f"0 a message is believed if it is genuine: {received}")
        return received

    def request(self, number: int, now: datetime, *, is_forged: bool) -> WebhookRequest:
        """Return the request that tells of an event; who forges one does not know the secret."""
        hint = self.outbox[number]
        secret = {name: f"{value[:-1]}Z" for name, value in self._read_secret("").items()}
        known = secret if is_forged else self._read_secret("")
        request = self._hooks.post(Event(number, hint.entity, hint.external_id, now, known))
        self._forged += [request] if is_forged else []
        return request
