"""The signed messages of a system that is described in `integration.toml`: proven first, then read.

A message is a hint; the state that it carries is shown as such, and only where it carries the whole record and its
sender has signed what it is. `shared.connectors.signatures` knows how messages are signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.connectors.http_secrets import Secrets
from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.mapping.values import id_text
from shared.connectors.rest.observing import id_of, observed
from shared.connectors.rest.settings import RestSettings
from shared.connectors.rest.subject import Subject
from shared.connectors.signatures import proof_of, signature
from shared.core.observations import Observation, Source
from shared.ports.system import Hint, Received, Rejected, WebhookRequest

__all__ = ["RestWebhooks", "signature"]


class RestWebhooks:
    """Verifies and reads the messages of one system."""

    def __init__(self, settings: RestSettings, secrets: Secrets) -> None:
        self._spec = settings.webhook
        self._proof = proof_of(settings.webhook, secrets)
        self._subjects = {
            entity: Subject(settings.name, entity, given, settings.mapping(entity))
            for entity, given in settings.entities.items()
        }

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Verify the raw bytes against each live secret, then parse. Never raises for what came in."""
        genuine = self._proof.proven(request, now)
        if isinstance(genuine, Rejected):
            return genuine
        try:
            payload = json.loads(request.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            return Rejected(400, "the body is not JSON")
        events = payload if isinstance(payload, list) else [payload]
        if not all(isinstance(event, Mapping) for event in events):
            return Rejected(400, "the body is not an event")
        hints: list[Hint] = []
        for event in events:
            hint = self._hint(event, request)
            if isinstance(hint, Rejected):
                return hint
            hints += [hint] if hint is not None else []
        return Received(tuple(hints), genuine.event_id)

    def _kind(self, event: Mapping[str, Any], request: WebhookRequest) -> str:
        """Return the type of an event, its parts joined by dots; a header may write it with slashes."""
        spec = self._spec
        told = request.headers.get(spec.type_header.lower(), "") if spec.type_header else _at(event, spec.type)
        return str(told or "").replace("/", ".")

    def _hint(self, event: Mapping[str, Any], request: WebhookRequest) -> Hint | Rejected | None:
        """Return the hint that an event is; nothing for one about what is not kept in step."""
        spec = self._spec
        kind = self._kind(event, request)
        data = _at(event, spec.data) if spec.data else event
        resource = _at(data, spec.resource) or kind.partition(".")[0]
        entity = self._entity(str(resource))
        if entity is None:
            return None
        subject = self._subjects[entity]
        external_id = id_text(_at(data, spec.id)) if spec.id is not None else id_of(subject, data)
        if external_id is None:
            return Rejected(400, "the event names no record")
        ends = kind.rpartition(".")[2] in spec.ends
        is_whole = spec.full and not ends and not spec.type_header and isinstance(data, Mapping)
        shown = observed(subject, data, Source.MESSAGE) if is_whole else None
        is_state = isinstance(shown, Observation) and shown.complete and not shown.deleted
        return Hint(subject.system, entity, external_id, shown if isinstance(shown, Observation) and is_state else None)

    def _entity(self, resource: str) -> str | None:
        named = self._spec.resources.get(resource)
        if named is not None or resource in self._subjects:
            return named if named in self._subjects else resource if resource in self._subjects else None
        for entity, subject in self._subjects.items():
            last = subject.given.path.partition("?")[0].rstrip("/").rpartition("/")[2]
            if resource and resource in (last, f"{entity}s"):
                return entity
        return None


def _at(record: Any, place: str) -> Any:
    try:
        found = look(record, place) if isinstance(record, Mapping) else None
    except MisfitError:
        return None
    return None if found is MISSING else found
