"""Calls to one Tryton database: the login that all functions share, the user's context, and each outcome as a value.

`POST <base url>/<database>/` with `{"id", "method", "params"}`. The login answers `[user, session, …]`; the session
goes along as `Authorization: Session base64("login:user:session")`, which costs 12 to 25 ms a call where basic
authentication costs 175. About six wrong passwords lock a login out for a while, the right password too, so a refused
login trips the system (`shared.ports.tokens`). A session that has ended answers 401: one new login, then the call
again.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any, TypeAlias

from shared.connectors.http import Http, NotSent, Outcome, Reply, Request
from shared.connectors.http_faults import is_unsure, trouble_of
from shared.connectors.http_json import decoded, encoded
from shared.connectors.http_secrets import held
from shared.connectors.logins import SharedLogin
from shared.connectors.tryton.faults import fault_of
from shared.connectors.tryton.wire import tagged, untagged
from shared.core.errors import BadSettings
from shared.core.observations import Next, Trouble
from shared.ports.clock import Clock
from shared.ports.tokens import Tokens

SESSION_HOURS = 12
LOGIN_LEASE_SECONDS = 30
_READS = frozenset({"read", "search", "search_read", "search_count", "get_preferences", "fields_get", "get_access"})


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a call that succeeded, and the server's clock (whole seconds)."""

    result: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that failed; after an unsure one nobody knows whether a write was applied."""

    trouble: Trouble
    unsure: bool = False


Ended: TypeAlias = Done | Failed


class Rpc:
    """Logged in on first use."""

    def __init__(
        self,
        system: str,
        database: str,
        http: Http,
        tokens: Tokens,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.http = http
        self._login = SharedLogin(system, tokens, LOGIN_LEASE_SECONDS, sleep)
        self._path = f"/{database}/"
        self._clock = clock
        self._ids = count(1)

    def call(self, model: str, method: str, *arguments: Any, context: Mapping[str, Any] | None = None) -> Ended:
        """Call `model.<model>.<method>` with the user's context and what is given on top of it."""
        ended = self._try(model, method, arguments, context or {})
        if isinstance(ended, Failed) and ended.trouble.code == "http-401":
            ended = self._try(model, method, arguments, context or {})
        return ended

    def _try(self, model: str, method: str, arguments: tuple[Any, ...], context: Mapping[str, Any]) -> Ended:
        token = self._token()
        if isinstance(token, Failed):
            return token
        session = json.loads(token)
        params = [*arguments, {**session["context"], **context}]
        ended = self._send(f"model.{model}.{method}", params, session["authorization"], method not in _READS)
        if isinstance(ended, Failed) and ended.trouble.next is Next.AUTH:
            self._login.drop(token)
        return ended

    def _token(self) -> str | Failed:
        token = self._login.token(self._log_in)
        return Failed(token) if isinstance(token, Trouble) else token

    def _log_in(self) -> str | Trouble:
        try:
            secret = self.http.secrets.fresh()
            username, password = held(secret, "username"), held(secret, "password")
        except BadSettings as wrong:
            return self._login.lacks(wrong, self.http.secrets)
        ended = self._send("common.db.login", [username, {"password": password}], None, writes=False)
        if isinstance(ended, Failed) and ended.trouble.next is not Next.AUTH:
            return ended.trouble
        if isinstance(ended, Failed) or not isinstance(ended.result, list) or len(ended.result) < 2:
            return self._login.refused("wrong username or password")
        return self._opened(username, ended.result[0], ended.result[1])

    def _opened(self, username: str, user: Any, session: Any) -> str | Trouble:
        authorization = "Session " + b64encode(f"{username}:{user}:{session}".encode()).decode()
        ended = self._send("model.res.user.get_preferences", [True, {}], authorization, writes=False)
        if isinstance(ended, Failed):
            return ended.trouble
        context = {key: ended.result[key] for key in ("company", "language") if ended.result.get(key)}
        token = json.dumps({"authorization": authorization, "context": context})
        self._login.keep(token, self._clock.now() + timedelta(hours=SESSION_HOURS))
        return token

    def _send(self, method: str, params: list[Any], authorization: str | None, writes: bool) -> Ended:
        body = encoded({"id": next(self._ids), "method": method, "params": tagged(params)})
        headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
        outcome = self.http.send(Request("POST", self._path, headers, body, writes=writes))
        if isinstance(outcome, Reply) and outcome.status == 200:
            return self._read(outcome, writes)
        return Failed(trouble_of(outcome, self.http.hidden()), _is_unsure(outcome, writes))

    def _read(self, reply: Reply, writes: bool) -> Ended:
        content = decoded(reply.body)
        if isinstance(content, dict) and content.get("error") is not None:
            return Failed(fault_of(content["error"], self.http.hidden()))
        if not isinstance(content, dict) or "result" not in content:
            trouble = Trouble(Next.RETRYABLE, "unreadable", "the answer is not Tryton's JSON", whole_system=True)
            return Failed(trouble, unsure=writes)
        return Done(untagged(content["result"]), self._time_of(reply))

    def _time_of(self, reply: Reply) -> datetime:
        try:
            return parsedate_to_datetime(reply.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return self._clock.now()


def _is_unsure(outcome: Outcome, writes: bool) -> bool:
    return writes and not isinstance(outcome, NotSent) and is_unsure(outcome)
