"""What partners say by themselves: webhooks that are dropped, doubled, forged, and tried again when nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.observations import Observation, Source
from shared.flows.parts import Parts
from shared.flows.receive_webhook import receive_webhook
from shared.ports.system import Hint, Received, Rejected, WebhookRequest
from tests.simulation.connector import Connector

TRIES = 3


@dataclass
class SimWebhooks:
    """Reads the webhooks of a fake system: the body is the number of an event in its outbox."""

    outbox: dict[int, Hint] = field(default_factory=dict)

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:  # noqa: ARG002  # the port's shape
        """Return the event that a body names; a forged body is rejected."""
        if request.body == b"forged":
            return Rejected(401, "not signed")
        number = int(request.body)
        return Received((self.outbox[number],), str(number))

    def request(self, number: int, now: datetime, *, is_forged: bool) -> WebhookRequest:  # noqa: ARG002  # may be signed
        """Return the request that tells of an event."""
        return WebhookRequest({}, b"forged" if is_forged else str(number).encode())


class Announcer:
    """Tells us by webhook what changed at one partner; while `kept` is a list, events are only written down there."""

    def __init__(
        self, connector: Connector, reader: SimWebhooks, skew: Callable[[], float], parts: Callable[[], Parts]
    ) -> None:
        """Announce to whoever `parts` are; `skew` is how far off the receiving worker's clock is."""
        self._partner, self._reader, self._stage = connector.partner, reader, connector.stage
        self._connector = connector
        self._skew, self._parts = skew, parts
        self.kept: list[int] | None = None

    def __call__(self, entity: str, name: str, paths: frozenset[str]) -> None:
        """Announce that these fields of a row changed."""
        partner, chance = self._partner, self._stage.chance
        if partner.kind.webhooks == "none":
            return
        number = len(self._reader.outbox) + 1
        self._reader.outbox[number] = Hint(partner.name, entity, name, _payload(self._connector, entity, name, paths))
        if self.kept is not None:
            self.kept.append(number)
        elif not chance.strikes("webhook dropped"):
            self.send(number, chance.of("webhooks").uniform(0.1, 2.0))

    def send(self, number: int, seconds: float) -> None:
        """Send an event after so long; sometimes it goes twice."""
        self._stage.after(seconds, lambda: self._receive(number, TRIES))
        if self._stage.chance.strikes("webhook doubled"):
            again = self._stage.chance.of("webhooks").uniform(0.1, 9.0)
            self._stage.after(again, lambda: self._receive(number, TRIES))

    def _receive(self, number: int, tries: int) -> None:
        is_forged = self._stage.chance.strikes("webhook forged")

        def again(outcome: str) -> None:
            if outcome != "done" and tries > 1:
                self._stage.after(5.0, lambda: self._receive(number, tries - 1))

        request = self._reader.request(number, self._stage.now(), is_forged=is_forged)
        self._stage.start(
            "receive_webhook",
            lambda: receive_webhook(self._parts(), self._partner.name, request),
            again,
            self._skew(),
            10,
        )


def _payload(connector: Connector, entity: str, name: str, paths: frozenset[str]) -> Observation | None:
    partner = connector.partner
    shown = connector.mapped(partner.observe(entity, name, Source.MESSAGE))
    if not isinstance(shown, Observation) or partner.kind.webhooks == "id":
        return None
    if partner.kind.webhooks == "state":
        partner.note_shown(entity, name, shown.fields)
        return shown
    fields = {path: value for path, value in shown.fields.items() if path in paths}
    return Observation(
        partner.name, entity, name, fields, shown.revision, shown.modified_at, complete=False, source=Source.MESSAGE
    )
