"""Calls with a token of OAuth 2.0, by client credentials (RFC 6749 §4.4); the token is shared by all functions.

`POST <token_url>` with `grant_type=client_credentials` answers `{access_token, expires_in}`. The client shows itself by
basic authentication, which every server must take (§2.3.1), or in the form. A call that is refused with 401 has one new
login, then is made once more. A refused login trips the system (`shared.connectors.logins`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from shared.connectors.http import Http, NotSent, Outcome, Reply, Request
from shared.connectors.http_faults import trouble_of
from shared.connectors.http_json import decoded
from shared.connectors.http_secrets import Secret, Secrets, basic, held
from shared.connectors.logins import SharedLogin
from shared.connectors.rest.access import OAuthSettings
from shared.core.errors import BadSettings
from shared.core.observations import Next, Trouble
from shared.ports.clock import Clock
from shared.ports.tokens import Tokens

LEASE_SECONDS = 60
USUAL_SECONDS = 3600
"""How long a token holds whose answer does not say; a call that it is refused for has a new one."""

EARLY_SECONDS = 60
_REFUSALS = frozenset({400, 401, 403})


class OAuthCalls:
    """The calls to one system, each with the token; `calls` counts logins too."""

    def __init__(
        self, settings: OAuthSettings, api: Http, desk: Http, secrets: Secrets, login: SharedLogin, clock: Clock
    ) -> None:
        self.base_url, self.calls = api.base_url, api.calls
        desk.calls = api.calls
        self._settings, self._api, self._desk = settings, api, desk
        self.secrets, self._login, self._clock = secrets, login, clock
        self._access = ""

    def apart(self, tokens: Tokens, api: Http, desk: Callable[[Http], Http]) -> OAuthCalls:
        """Return calls over another session with a login of their own, for whoever checks the credentials."""
        login = self._login.apart(tokens)
        return OAuthCalls(self._settings, api, desk(self._desk), self.secrets, login, self._clock)

    @property
    def api(self) -> Http:
        """Return the session that the calls go over."""
        return self._api

    def send(self, request: Request) -> Outcome:
        """Make one call under a token; without one it is not sent."""
        outcome = self._try(request)
        if isinstance(outcome, Reply) and outcome.status == 401:
            outcome = self._try(request)
        return outcome

    def hidden(self) -> tuple[str, ...]:
        """Return the texts that nothing may show."""
        try:
            own = tuple(str(value) for value in self.secrets.get().values())
        except BadSettings:
            own = ()
        return (*own, *((self._access,) if self._access else ()))

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._api.close()
        self._desk.close()

    def _try(self, request: Request) -> Outcome:
        token = self._login.token(self._log_in)
        if isinstance(token, Trouble):
            return NotSent(token.code, because=token)
        self._access = token
        outcome = self._api.send(replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"}))
        if isinstance(outcome, Reply) and outcome.status == 401:
            self._login.drop(token)
        return outcome

    def _log_in(self) -> str | Trouble:
        try:
            outcome = self._desk.send(self._request(self.secrets.fresh()))
        except BadSettings as lacking:
            return self._login.lacks(lacking, self.secrets)
        if isinstance(outcome, Reply) and outcome.status in _REFUSALS:
            found = trouble_of(outcome, self.hidden())
            return self._login.refused(f"the login was refused: {found.message or found.code}")
        if not isinstance(outcome, Reply) or outcome.status != 200:
            return replace(trouble_of(outcome, self.hidden()), whole_system=True)
        body = decoded(outcome.body)
        if isinstance(body, Mapping) and isinstance(body.get("access_token"), str) and body["access_token"]:
            return self._opened(body)
        return Trouble(Next.RETRYABLE, "unreadable", "the answer to the login shows no token", whole_system=True)

    def _request(self, secret: Secret) -> Request:
        client, password = held(secret, "client_id"), held(secret, "client_secret")
        form = {"grant_type": "client_credentials", **self._settings.parameters}
        form |= {"scope": self._settings.scope} if self._settings.scope else {}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._settings.client == "header":
            headers |= basic({"username": quote_plus(client), "password": quote_plus(password)})
        else:
            form |= {"client_id": client, "client_secret": password}
        return Request("POST", "", headers, urlencode(form).encode())

    def _opened(self, body: Mapping[str, Any]) -> str:
        token = str(body["access_token"])
        self._access = token
        holds = body.get("expires_in")
        seconds = int(holds) if isinstance(holds, int | str) and str(holds).isdecimal() else USUAL_SECONDS
        early = min(EARLY_SECONDS, seconds // 2)
        self._login.keep(token, self._clock.now() + timedelta(seconds=seconds - early))
        return token
