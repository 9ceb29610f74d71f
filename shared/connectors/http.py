"""One HTTP session per partner system: time-outs, authorisation, counting, and every outcome as a value.

What a call can end with is a value, never an exception: a `Reply` (any status), `NotSent` (surely nothing reached the
partner: name not resolved, connection refused, no time left) or `Lost` (nobody knows: time-out, reset, cut off in the
middle). What that means for a read or a write stands in the table of `http_faults`.

In process there are no retries of writes and at most one quick one of reads (connection reset, 502, 503 or 504 without
a Retry-After). A 401 reads the secret again; only if it has changed is the call made once more. Redirects are followed
for reads on the same host only. Nothing of a secret, a query or a body stands in any text that leaves this module.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.client import IncompleteRead as CutOff
from http.cookiejar import DefaultCookiePolicy
from ssl import SSLCertVerificationError
from typing import Protocol, Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, DecodeError, HTTPError, IncompleteRead, NewConnectionError
from urllib3.exceptions import TimeoutError as AnyTimeoutError

from shared.connectors.http_proof import Admission, Proof
from shared.connectors.http_secrets import Authorize, Secrets, nobody
from shared.core.errors import BadSettings
from shared.core.observations import LOGIN_UNDER_WAY, NO_BUDGET, Trouble
from shared.ports.budgets import NotNow, asked_for

MOST_BYTES = 50_000_000
CHUNK_BYTES = 65_536
FOLLOWED_REDIRECTS = 3
LEAST_SECONDS = 1.0
_PASSING = frozenset({502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, between two reads, and for the whole answer."""

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    whole_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Request:
    """One call: method, path (below the base URL, or a whole URL on the same host) with its query, headers, body.

    `writes` says whether the call may change something at the partner: a search by POST does not.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer of any status; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely nothing reached the partner; `reason` is one word, `told` what a person should know besides.

    `because` is the trouble that it is, where somebody knows more than the reason: a login that came before the call.
    """

    reason: str
    told: str = field(default="", compare=False)
    wait_seconds: float | None = field(default=None, compare=False)
    because: Trouble | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have been carried out and the answer is lost; `reason` is one word."""

    reason: str


Outcome = Reply | NotSent | Lost


class Calls(Protocol):
    """What makes the calls to one system: `Http`, or what knows a login besides."""

    base_url: str
    secrets: Secrets
    calls: dict[str, int]

    def send(self, request: Request) -> Outcome:
        """Make one call and return how it ended."""

    def hidden(self) -> tuple[str, ...]:
        """Return the texts that nothing may show."""

    def close(self) -> None:
        """Close the connections that are kept open."""


class Http:
    """The calls to one system. `calls` counts what was sent: `read` and `write`, retries and 304s included.

    `deadline` returns the seconds that this invocation has left; every time-out is shorter than that. With `proof` one
    caller tries the credentials before all others use them. `transport` carries the calls instead of sockets.
    """

    def __init__(
        self,
        base_url: str,
        secrets: Secrets,
        authorize: Authorize = nobody,
        timeouts: Timeouts | None = None,
        deadline: Callable[[], float] | None = None,
        proof: Proof | None = None,
        transport: BaseAdapter | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.secrets = secrets
        self.calls: dict[str, int] = {"read": 0, "write": 0}
        self._authorize = authorize
        self._timeouts = timeouts or Timeouts()
        self._deadline = deadline
        self._proof = proof
        self._transport = transport
        self._lock = threading.Lock()
        self._made: requests.Session | None = None

    @classmethod
    def apart(cls, other: Http) -> Self:
        """Return a session of its own to the same system, without proof: whoever checks credentials tries them."""
        return cls(
            other.base_url, other.secrets, other._authorize, other._timeouts, other._deadline, None, other._transport
        )

    def send(self, request: Request) -> Outcome:
        """Make one call and return how it ended."""
        try:
            if self._proof is None or not self._authorization():
                return self._renewed(request)
            admission = self._proof.enter()
            if admission is Admission.NOT_NOW:
                return NotSent(LOGIN_UNDER_WAY)
            outcome = self._renewed(request)
            self._proof.leave(admission, outcome.status if isinstance(outcome, Reply) else None)
            return outcome
        except BadSettings as wrong:
            return NotSent("no-secret", str(wrong))

    def close(self) -> None:
        """Close the connections that are kept open."""
        if self._made is not None:
            self._made.close()
            self._made = None

    def hidden(self) -> tuple[str, ...]:
        """Return the texts of the secret, so that they can be filtered out of what a partner says."""
        try:
            return tuple(str(value) for value in self.secrets.get().values())
        except BadSettings:
            return ()

    def _renewed(self, request: Request) -> Outcome:
        outcome = self._once_more(request, self._followed(request))
        if isinstance(outcome, Reply) and outcome.status == 401 and self.secrets.renewed():
            outcome = self._followed(request)
        return outcome

    def _once_more(self, request: Request, outcome: Outcome) -> Outcome:
        if request.writes or not _is_passing(outcome):
            return outcome
        return self._followed(request)

    def _followed(self, request: Request) -> Outcome:
        outcome = self._once(request)
        for _ in range(FOLLOWED_REDIRECTS):
            target = self._target(request, outcome)
            if target is None:
                break
            request = replace(request, path=target)
            outcome = self._once(request)
        return outcome

    def _target(self, request: Request, outcome: Outcome) -> str | None:
        if request.method != "GET" or not isinstance(outcome, Reply) or outcome.status not in _MOVED:
            return None
        target = urljoin(self._url(request), outcome.headers.get("location", ""))
        return target if self._is_ours(target) and target != self._url(request) else None

    def _is_ours(self, url: str) -> bool:
        base, other = urlsplit(self.base_url), urlsplit(url)
        if other.hostname != base.hostname:
            return False
        return (other.scheme, other.port) == (base.scheme, base.port) or (base.scheme, other.scheme) == (
            "http",
            "https",
        )

    def _url(self, request: Request) -> str:
        if "://" in request.path.split("?", 1)[0]:
            return request.path
        return f"{self.base_url}/{request.path.lstrip('/')}" if request.path else self.base_url

    def _once(self, request: Request) -> Outcome:
        url = self._url(request)
        if not self._is_ours(url):
            return NotSent("foreign-host")
        left = self._deadline() if self._deadline else float("inf")
        if left < LEAST_SECONDS:
            return NotSent("no-time-left")
        headers = {**request.headers, **self._authorization()}
        door = asked_for().door
        admitted = None if door is None else door.enter(urlsplit(url).path)
        if isinstance(admitted, NotNow):
            return NotSent(NO_BUDGET, wait_seconds=admitted.wait_seconds)
        reply = self._tried(request, url, headers, _within(self._timeouts, left))
        if not isinstance(reply, NotSent):
            self._count(request)
        if door is not None and admitted is not None:
            told = reply.headers if isinstance(reply, Reply) else {}
            door.leave(admitted, told, was_sent=not isinstance(reply, NotSent))
        return reply

    def _tried(self, request: Request, url: str, headers: Mapping[str, str], limits: Timeouts) -> Outcome:
        try:
            return self._exchange(request, url, headers, limits)
        except (requests.RequestException, HTTPError) as error:
            return NotSent("unreachable") if _never_left(error) else Lost(_word(error))

    def _exchange(self, request: Request, url: str, headers: Mapping[str, str], limits: Timeouts) -> Outcome:
        until = time.monotonic() + limits.whole_seconds
        with self._session().request(
            request.method,
            url,
            data=request.body,
            headers=dict(headers),
            timeout=(limits.connect_seconds, limits.read_seconds),
            allow_redirects=False,
            stream=True,
        ) as answer:
            body = bytearray()
            while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=True):
                body += chunk
                if time.monotonic() > until or len(body) > MOST_BYTES:
                    return Lost("too-slow" if len(body) <= MOST_BYTES else "too-long")
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Reply(answer.status_code, names, bytes(body))

    def _authorization(self) -> Mapping[str, str]:
        secret = self.secrets.get()
        try:
            return self._authorize(secret)
        except BadSettings as lacking:
            raise BadSettings(lacking.what, f"secret {self.secrets.name}", lacking.remedy) from lacking

    def _session(self) -> requests.Session:
        if self._made is None:
            self._made = _new_session(self._transport)
        return self._made

    def _count(self, request: Request) -> None:
        with self._lock:
            self.calls["write" if request.writes else "read"] += 1


def _new_session(transport: BaseAdapter | None) -> requests.Session:
    """Make a session of its own: no proxy, .netrc or cookie jar of the machine decides how a partner is called."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers.update({"User-Agent": "tandem", "Accept": "application/json"})
    adapter = transport or HTTPAdapter(pool_connections=4, pool_maxsize=8, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _within(timeouts: Timeouts, left: float) -> Timeouts:
    left -= LEAST_SECONDS / 2
    return Timeouts(
        min(timeouts.connect_seconds, left), min(timeouts.read_seconds, left), min(timeouts.whole_seconds, left)
    )


def _is_passing(outcome: Outcome) -> bool:
    if isinstance(outcome, Reply):
        return outcome.status in _PASSING and "retry-after" not in outcome.headers
    return isinstance(outcome, Lost) and outcome.reason in {"reset", "cut-off"}


def _never_left(error: Exception) -> bool:
    """Tell whether a connection was never made, so that nothing can have reached the partner."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return True
    causes = _causes(error)
    return any(isinstance(each, NewConnectionError | ConnectTimeoutError | SSLCertVerificationError) for each in causes)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo and len(found) < 20:
        each = todo.pop()
        if each is None or each in found:
            continue
        found.append(each)
        reason = getattr(each, "reason", None)
        todo += [each.__cause__, reason if isinstance(reason, BaseException) else None]
        todo += [arg for arg in each.args if isinstance(arg, BaseException)]
    return found


def _word(error: Exception) -> str:
    causes = _causes(error)
    if isinstance(error, requests.Timeout) or any(isinstance(each, AnyTimeoutError) for each in causes):
        return "time-out"
    if any(isinstance(each, IncompleteRead | CutOff) for each in causes):
        return "cut-off"
    return "unreadable" if any(isinstance(each, DecodeError) for each in causes) else "reset"
