"""The generic REST connector: any system that speaks plain REST and JSON, described in `integration.toml` alone.

`RestSettings` is that description, `CAPABILITIES` what the catalog lists, `connect` makes the system of a description,
`webhooks` what reads its signed messages. What talks HTTP is imported when a system is connected, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from shared.connectors.http_secrets import Authorize, ReadSecret, Secrets, api_key, as_it_holds, basic, bearer, nobody
from shared.connectors.rest.capability import entity_capabilities
from shared.connectors.rest.settings import RestSettings
from shared.core.errors import BadSettings
from shared.ports.capabilities import Capabilities

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from shared.connectors.http import Calls, Http
    from shared.connectors.rest.system import RestSystem
    from shared.connectors.webhooks import RestWebhooks
    from shared.ports.clock import Clock
    from shared.ports.tokens import Tokens

__all__ = ["CAPABILITIES", "RestSettings", "connect", "webhooks"]

_CREDENTIALS: Mapping[str | None, tuple[str, ...]] = {
    "bearer": ("token",),
    "api_key": ("api_key",),
    "basic": ("username", "password"),
    "client_credentials": ("client_id", "client_secret"),
}


def _credentials(settings: object) -> tuple[str, ...]:
    """Return what the secret must hold; nothing where `auth` is not said, since it then goes by what is there."""
    return _CREDENTIALS.get(settings.auth, ()) if isinstance(settings, RestSettings) else ()


CAPABILITIES = Capabilities(
    name="rest",
    title="Any system with a plain REST interface",
    settings=RestSettings,
    entities=entity_capabilities,
    webhooks="Standard Webhooks, or signed as Shopify, GitHub, Stripe, EasyPost or Frappe do (HMAC-SHA256)",
    quota="the partner's own; 429 with Retry-After is obeyed",
    why="JSON over HTTP with a list, and perhaps more, is what nearly every system offers",
    cannot=(
        "deletes of a system without reads by id are seen only by a whole listing",
        "logins of a person: of OAuth it knows client credentials, whose tokens no person has to renew",
    ),
    credentials=_credentials,
)


def connect(
    settings: RestSettings,
    read_secret: ReadSecret,
    deadline: Callable[[], float] | None = None,
    tokens: Tokens | None = None,
    clock: Clock | None = None,
    transport: BaseAdapter | None = None,
) -> RestSystem:
    """Return the system of a description. `deadline` returns the seconds that this invocation has left; with `tokens`
    and `clock` one function tries the credentials before all others use them. OAuth cannot do without both.
    `transport` carries the calls instead of sockets."""
    from shared.connectors.http import Http, Timeouts
    from shared.connectors.http_proof import proof_of
    from shared.connectors.rest.system import RestSystem

    secrets = Secrets(settings.secret, read_secret if settings.auth is not None else _if_there(read_secret))
    timeouts = Timeouts(settings.connect_seconds, settings.read_seconds, 2 * settings.read_seconds)

    def bare(url: str) -> Http:
        return Http(url, Secrets("", read_secret), timeouts=timeouts, deadline=deadline, transport=transport)

    if settings.auth == "client_credentials":
        return RestSystem(settings, _with_logins(settings, secrets, bare, tokens, clock))
    proof = proof_of(settings.name, secrets, tokens, clock)
    http = Http(settings.base_url, secrets, _authorize(settings), timeouts, deadline, proof, transport)
    return RestSystem(settings, http)


def webhooks(settings: RestSettings, read_secret: ReadSecret) -> RestWebhooks:
    """Return what verifies and reads the signed messages of the system."""
    from shared.connectors.webhooks import RestWebhooks

    return RestWebhooks(settings, Secrets(settings.secret, read_secret))


def _with_logins(
    settings: RestSettings, secrets: Secrets, bare: Callable[[str], Http], tokens: Tokens | None, clock: Clock | None
) -> Calls:
    """Return calls under a token; `bare` makes those that carry no credentials of their own."""
    from shared.connectors.logins import SharedLogin
    from shared.connectors.rest.oauth import LEASE_SECONDS, OAuthCalls

    if tokens is None or clock is None:
        raise BadSettings("OAuth needs a place for its token", settings.name, "connect it with tokens and a clock")
    api, desk = bare(settings.base_url), bare(urljoin(settings.base_url, settings.oauth.token_url))
    return OAuthCalls(settings.oauth, api, desk, secrets, SharedLogin(settings.name, tokens, LEASE_SECONDS), clock)


def _if_there(read_secret: ReadSecret) -> ReadSecret:
    """Return what reads a secret that need not be there: without one the partner says whether it wants credentials."""

    def read(name: str) -> Mapping[str, str]:
        try:
            return read_secret(name)
        except BadSettings:
            return {}

    return read


def _authorize(settings: RestSettings) -> Authorize:
    """Return what makes the header; where `auth` is not said, it goes by what the secret holds."""
    ways = {"bearer": bearer, "basic": basic, "none": nobody, "api_key": api_key(settings.api_key_header)}
    return as_it_holds(settings.api_key_header) if settings.auth is None else ways[settings.auth]
