"""Calls to one org: the login that all functions share, the address that it gives, and the day's calls as last told.

`POST <My Domain>/services/oauth2/token`, by client credentials or by a signed JWT (RFC 7523), answers
`{access_token, instance_url, …}` and no end of its life: a call that is refused with 401 has one new login, then is
made once more. A refused login trips the system (`shared.ports.tokens`). Every answer tells by `Sforce-Limit-Info` how
many of the day's calls are used; they are shared with other integrations, so from a share on Tandem waits.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from shared.connectors.http import Http, Outcome, Reply, Request
from shared.connectors.http_faults import trouble_of
from shared.connectors.http_json import decoded
from shared.connectors.http_secrets import Secret, held
from shared.connectors.logins import SharedLogin
from shared.connectors.salesforce.settings import SalesforceSettings
from shared.core.errors import BadSettings
from shared.core.observations import Next, Trouble
from shared.ports.clock import Clock
from shared.ports.tokens import Tokens

TOKEN_HOURS = 12
LOGIN_LEASE_SECONDS = 60
ASSERTION_SECONDS = 150
_LIMIT = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")
_HOSTS = (".salesforce.com", ".force.com", ".salesforce.mil")


@dataclass(frozen=True, slots=True)
class Quota:
    """The calls of the last 24 hours, of the whole org, and how many are allowed."""

    used: int
    allowed: int


class Session:
    """Logged in on first use. `calls` counts what was sent; `quota` is what the last answer told."""

    def __init__(
        self,
        settings: SalesforceSettings,
        make: Callable[[str], Http],
        tokens: Tokens,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._make, self._clock = settings, make, clock
        self._shared = SharedLogin(settings.name, tokens, LOGIN_LEASE_SECONDS, sleep)
        self._monotonic = monotonic
        self.login = make(settings.base_url)
        self._https = {self.login.base_url: self.login}
        self._access = ""
        self._held_until = 0.0
        self.quota: Quota | None = None

    def apart(self, tokens: Tokens, watched: Callable[[Http], Http]) -> Session:
        """Return a session with a login of its own, for whoever checks the credentials."""
        return Session(self._settings, lambda url: watched(self._make(url)), tokens, self._clock)

    @property
    def root(self) -> str:
        """Return where the API stands below the org's address."""
        return f"/services/data/v{self._settings.version}"

    def send(self, request: Request) -> Outcome | Trouble:
        """Make one call under a login; a trouble where there is none, or where the day's calls are nearly used up."""
        if self._monotonic() < self._held_until:
            return self._is_held()
        named = replace(request, headers={**request.headers, "Sforce-Call-Options": f"client={self._settings.client}"})
        outcome = self._try(named)
        if isinstance(outcome, Reply) and outcome.status == 401:
            outcome = self._try(named)
        if isinstance(outcome, Reply):
            self._note(outcome)
        return outcome

    def hidden(self) -> tuple[str, ...]:
        """Return the texts that nothing may show."""
        return (*self.login.hidden(), *((self._access,) if self._access else ()))

    def close(self) -> None:
        """Close the connections that are kept open."""
        for http in self._https.values():
            http.close()

    def _try(self, request: Request) -> Outcome | Trouble:
        token = self._shared.token(self._log_in)
        if isinstance(token, Trouble):
            return token
        kept = json.loads(token)
        self._access = kept["access"]
        headers = {**request.headers, "Authorization": f"Bearer {kept['access']}"}
        outcome = self._http(kept["url"]).send(replace(request, headers=headers))
        if isinstance(outcome, Reply) and outcome.status == 401:
            self._shared.drop(token)
        return outcome

    def _http(self, url: str) -> Http:
        if url not in self._https:
            self._https[url] = self._make(url)
            self._https[url].calls = self.login.calls
        return self._https[url]

    def _log_in(self) -> str | Trouble:
        try:
            answer = self._asked_for_a_token()
            if _is_refused(answer) and self.login.secrets.renewed():
                answer = self._asked_for_a_token()
        except BadSettings as wrong:
            return self._shared.lacks(wrong, self.login.secrets)
        if _is_refused(answer):
            found = trouble_of(answer, self.hidden())
            return self._shared.refused(f"the login was refused: {found.message or found.code}")
        body = decoded(answer.body) if isinstance(answer, Reply) and answer.status == 200 else None
        if isinstance(body, Mapping) and isinstance(body.get("access_token"), str):
            return self._opened(body)
        unreadable = Trouble(Next.RETRYABLE, "unreadable", "the answer to the login is none", whole_system=True)
        is_answer = isinstance(answer, Reply) and answer.status == 200
        return unreadable if is_answer else replace(trouble_of(answer, self.hidden()), whole_system=True)

    def _asked_for_a_token(self) -> Outcome:
        form = self._form(self.login.secrets.get())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.login.send(Request("POST", "/services/oauth2/token", headers, urlencode(form).encode()))

    def _form(self, secret: Secret) -> dict[str, str]:
        client = held(secret, "client_id")
        if self._settings.auth == "client_credentials":
            secret_key = held(secret, "client_secret")
            return {"grant_type": "client_credentials", "client_id": client, "client_secret": secret_key}
        from shared.connectors.salesforce.rs256 import assertion

        until = self._clock.now() + timedelta(seconds=ASSERTION_SECONDS)
        claims = {
            "iss": client,
            "sub": held(secret, "username"),
            "aud": self._settings.audience,
            "exp": int(until.timestamp()),
        }
        signed = assertion(claims, held(secret, "private_key"))
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}

    def _opened(self, body: Mapping[str, Any]) -> str | Trouble:
        url = str(body.get("instance_url") or self.login.base_url).rstrip("/")
        if not self._is_trusted(url):
            return self._shared.refused("the login names an address that is not Salesforce's")
        token = json.dumps({"access": body["access_token"], "url": url})
        self._shared.keep(token, self._clock.now() + timedelta(hours=TOKEN_HOURS))
        return token

    def _is_trusted(self, url: str) -> bool:
        """Tell whether a token may be shown to an address: our own host, or Salesforce's."""
        if url == self.login.base_url:
            return True
        host = urlsplit(url).hostname or ""
        return urlsplit(url).scheme == "https" and host.endswith(_HOSTS)

    def _note(self, reply: Reply) -> None:
        told = _LIMIT.search(reply.headers.get("sforce-limit-info", ""))
        if told is None:
            return
        self.quota = Quota(int(told[1]), int(told[2]))
        if self.quota.used >= self._settings.hold_at * self.quota.allowed:
            self._held_until = self._monotonic() + self._settings.daily_wait_seconds

    def _is_held(self) -> Trouble:
        wait = self._held_until - self._monotonic()
        why = "most of the org's calls of the day are used; the rest is left to others"
        return Trouble(Next.THROTTLED, "quota-nearly-used", why, wait_seconds=max(wait, 1.0), whole_system=True)


def _is_refused(outcome: Outcome) -> bool:
    """Tell whether a login was refused for what it said, rather than not made or limited."""
    return isinstance(outcome, Reply) and outcome.status in (400, 401)
