"""The kit's checks of webhooks: what is genuine gets in, and whatever differs by one byte, minute or header does not.

A `WebhookBench` describes one verifier: how its sender signs, one genuine message, and the vectors that are published
for the scheme. Messages come the way that the receiver sees them, through the event of the HTTP API.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from shared.aws.http_event import request_of
from shared.connectors.http_secrets import ReadSecret
from shared.core.errors import BadSettings
from shared.ports.system import Received, Rejected, WebhookRequest, Webhooks
from tests.kit.kit_room import leave_out, where

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://sync.example.com/webhooks/crm"


@dataclass(frozen=True, slots=True)
class Vector:
    """A published message: what was signed with which secret, and the headers that came out."""

    body: bytes
    secret: str
    headers: Mapping[str, str]
    at: datetime = NOW
    url: str = URL


@dataclass(frozen=True)
class WebhookBench:
    """One verifier. `sign` gives the headers as the sender writes them. `hints` are what the message speaks of.

    `tolerance_seconds` is nothing for a scheme without a time. `make` takes the URL that is configured.
    """

    name: str
    make: Callable[[ReadSecret, str], Webhooks]
    sign: Callable[[bytes, str, datetime], Mapping[str, str]]
    body: bytes
    hints: Sequence[tuple[str, str]]
    secret: str
    other_secret: str
    tolerance_seconds: int | None = 300
    vectors: Sequence[Vector] = ()
    fixed_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Gate:
    """A verifier with its secret, and the messages that come to it."""

    bench: WebhookBench
    secret: dict[str, str]
    webhooks: Webhooks

    def receive(self, body: bytes, headers: Mapping[str, str], at: datetime = NOW) -> Received | Rejected:
        """Let a message come in through the HTTP API."""
        return self.webhooks.receive(through_the_api(body, headers), at)

    def signed(self, secret: str | None = None, at: datetime = NOW, body: bytes | None = None) -> dict[str, str]:
        """Return the headers of the genuine message."""
        return dict(self.bench.sign(self.bench.body if body is None else body, secret or self.bench.secret, at))


def through_the_api(body: bytes, headers: Mapping[str, str], *, encoded: bool = True) -> WebhookRequest:
    """Return the request as the HTTP API hands it over."""
    event: dict[str, Any] = {
        "headers": dict(headers),
        "body": b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
        "rawPath": "/stage/webhooks/crm",
        "requestContext": {"domainName": "internal.example.com"},
    }
    return request_of(event)


def gate_of(bench: WebhookBench, url: str = URL, secret: str | None = None) -> Gate:
    """Return a verifier that knows the secret of the bench."""
    store = {"webhook_secret": secret or bench.secret}
    return Gate(bench, store, bench.make(lambda _name: dict(store), url))


class WebhookKit:
    """All checks of a verifier."""

    webhook_bench: ClassVar[WebhookBench]

    def __init_subclass__(cls) -> None:
        """Leave out what the sender has no room for."""
        leave_out(cls, cls.webhook_bench)

    @pytest.fixture
    def gate(self) -> Gate:
        """Set up the verifier."""
        return gate_of(self.webhook_bench)

    def test_a_genuine_message_gives_its_hints(self, gate: Gate) -> None:
        received = gate.receive(gate.bench.body, gate.signed())

        assert isinstance(received, Received), received
        assert [(hint.entity, hint.external_id) for hint in received.hints] == list(gate.bench.hints)

    @where(lambda bench: bool(bench.vectors))
    def test_every_published_vector_is_genuine(self, gate: Gate) -> None:
        for vector in gate.bench.vectors:
            webhooks = gate_of(gate.bench, vector.url, vector.secret).webhooks
            received = webhooks.receive(through_the_api(vector.body, vector.headers), vector.at)
            assert getattr(received, "status", 200) != 401, (vector, received)

    @where(lambda bench: bool(bench.vectors))
    def test_no_published_vector_is_genuine_with_one_byte_changed(self, gate: Gate) -> None:
        for vector in gate.bench.vectors:
            webhooks = gate_of(gate.bench, vector.url, vector.secret).webhooks
            for place in range(0, len(vector.body), 7):
                changed = _with_a_byte_changed(vector.body, place)
                _is_refused(webhooks.receive(through_the_api(changed, vector.headers), vector.at))

    def test_one_changed_byte_is_noticed_wherever_it_stands(self, gate: Gate) -> None:
        headers = gate.signed()
        for place in range(len(gate.bench.body)):
            _is_refused(gate.receive(_with_a_byte_changed(gate.bench.body, place), headers))

    def test_a_changed_header_is_noticed(self, gate: Gate) -> None:
        headers = gate.signed()
        for name, value in headers.items():
            for place in range(0, len(value), 5):
                letter = "A" if value[place] != "A" else "B"
                _is_refused(
                    gate.receive(gate.bench.body, {**headers, name: value[:place] + letter + value[place + 1 :]})
                )

    def test_a_missing_or_empty_header_is_refused(self, gate: Gate) -> None:
        headers = gate.signed()
        for name in headers:
            _is_refused(gate.receive(gate.bench.body, {each: headers[each] for each in headers if each != name}))
            _is_refused(gate.receive(gate.bench.body, {**headers, name: ""}))

    @where(lambda bench: bench.tolerance_seconds is not None)  # others sign no time
    def test_what_is_stale_or_from_the_future_is_refused(self, gate: Gate) -> None:
        tolerance = gate.bench.tolerance_seconds
        assert tolerance is not None
        for seconds in (tolerance + 1, -tolerance - 1, 10**9):
            _is_refused(gate.receive(gate.bench.body, gate.signed(), NOW + timedelta(seconds=seconds)))
        for seconds in (tolerance - 1, 1 - tolerance):
            received = gate.receive(gate.bench.body, gate.signed(), NOW + timedelta(seconds=seconds))
            assert isinstance(received, Received), received

    def test_two_secrets_may_be_live(self, gate: Gate) -> None:
        gate.secret["webhook_secret"] = f"{gate.bench.secret} {gate.bench.other_secret}"

        for secret in (gate.bench.secret, gate.bench.other_secret):
            received = gate.receive(gate.bench.body, gate.signed(secret))
            assert isinstance(received, Received), received

    def test_an_ended_secret_opens_nothing(self, gate: Gate) -> None:
        _is_refused(gate.receive(gate.bench.body, gate.signed(gate.bench.other_secret)))

    def test_header_names_are_read_in_any_case(self, gate: Gate) -> None:
        headers = {name.upper(): value for name, value in gate.signed().items()}

        assert isinstance(gate.receive(gate.bench.body, headers), Received)

    def test_a_body_in_base64_and_a_plain_one_are_the_same(self, gate: Gate) -> None:
        plain = gate.webhooks.receive(through_the_api(gate.bench.body, gate.signed(), encoded=False), NOW)

        assert plain == gate.receive(gate.bench.body, gate.signed())
        assert isinstance(plain, Received)

    def test_the_same_message_has_the_same_identity(self, gate: Gate) -> None:
        first, again = (gate.receive(gate.bench.body, gate.signed()) for _ in range(2))

        assert isinstance(first, Received)
        assert isinstance(again, Received)
        assert first.event_id == again.event_id

    def test_a_signed_body_that_is_no_event_is_a_bad_request(self, gate: Gate) -> None:
        for body in (b"{", b"7", b'["x"]', b"\xff\xfe"):
            received = gate.receive(body, gate.signed(body=body))
            assert isinstance(received, Rejected), (body, received)
            assert received.status == 400

    def test_without_a_secret_nothing_is_verified(self, gate: Gate) -> None:
        def nothing_there(name: str) -> dict[str, str]:
            raise BadSettings("no such secret", name, "put it there")

        for read in (nothing_there, lambda _name: {}, lambda _name: {"webhook_secret": ""}):
            received = gate.bench.make(read, URL).receive(through_the_api(gate.bench.body, gate.signed()), NOW)
            assert isinstance(received, Rejected)
            assert received.status == 503

    def test_a_refusal_tells_nothing(self, gate: Gate) -> None:
        refused = gate.receive(b"[]", gate.signed())

        assert isinstance(refused, Rejected)
        assert gate.bench.secret not in refused.reason + repr(gate.webhooks)


def _with_a_byte_changed(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def _is_refused(received: Received | Rejected) -> None:
    assert isinstance(received, Rejected), received
    assert received.status == 401
