"""One entity of one partner, ready to be called, and its answers with their ETags."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from shared.connectors.http import Calls, Outcome, Reply, Request
from shared.connectors.http_faults import refusal, trouble_of
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.connectors.rest.subject import Subject
from shared.core.observations import Next, Trouble

MOST_KEPT = 500
_MISSING = frozenset({404, 410})


class Kept:
    """Answers with their ETags, for conditional reads (RFC 9110 §13.1.2); bounded, oldest out first."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, Reply] = OrderedDict()
        self._lock = Lock()

    def condition(self, address: str) -> Mapping[str, str]:
        """Return the header that asks only for what is not known yet."""
        known = self._kept.get(address)
        return {} if known is None else {"If-None-Match": known.headers["etag"]}

    def answered(self, address: str, reply: Reply) -> Reply:
        """Return the answer, or the one that is kept where it has not changed."""
        with self._lock:
            known = self._kept.pop(address, None)
            if reply.status == 304 and known is not None:
                reply = known
            if reply.status == 200 and reply.headers.get("etag"):
                self._kept[address] = reply
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return reply


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that went well: its JSON (nothing for an empty body) and its headers."""

    body: Any
    headers: Mapping[str, str]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Missing:
    """The partner says that nothing stands at this address (404, 410)."""

    trouble: Trouble


@dataclass
class Learned:
    """What a partner turned out to be like; nothing stands for what was not tried yet.

    Whether it takes updates only as whole records (PUT), whether it takes batches as they are described, and of how
    many pages its list is at least.
    """

    puts: bool = False
    batches: bool | None = None
    pages: int | None = None


@dataclass(frozen=True)
class Route(Subject):
    """Everything that a call for one entity needs."""

    http: Calls = field(kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    learned: Learned = field(default_factory=Learned)

    @property
    def puts(self) -> bool:
        """Tell whether an update sends the whole record back."""
        return self.given.update == "PUT" or self.learned.puts

    def read(self, address: str, *, conditional: bool = False) -> Answered | Missing | Trouble:
        """Read an address; a failure, or an answer that cannot be read, is a trouble."""
        condition = self.kept.condition(address) if conditional else {}
        outcome = self.http.send(Request("GET", address, {**self.headers, **condition}))
        if isinstance(outcome, Reply) and conditional:
            outcome = self.kept.answered(address, outcome)
        if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
            trouble = trouble_of(outcome, self.http.hidden())
            return Missing(trouble) if isinstance(outcome, Reply) and outcome.status in _MISSING else trouble
        body = decoded(outcome.body)
        if isinstance(body, Unreadable):
            return Trouble(Next.RETRYABLE, "unreadable", f"the answer is {body.reason}", whole_system=body.is_page)
        if _tells_of_failure(body):
            return refusal(400, body, outcome.headers, self.http.hidden())
        return Answered(body, outcome.headers, outcome.status)

    def write(self, method: str, address: str, content: Any, headers: Mapping[str, str] | None = None) -> Outcome:
        """Send a write, once, and return how it ended."""
        sent = {**self.headers, **(headers or {})}
        if content is None:
            return self.http.send(Request(method, address, sent, writes=True))
        sent = {"Content-Type": "application/json", **sent}
        return self.http.send(Request(method, address, sent, encoded(content), writes=True))

    def refused(self, status: int, body: Any, headers: Mapping[str, str], hide: Iterable[str]) -> Trouble:
        """Return the trouble of a refused write, without what was sent and without secrets."""
        return refusal(status, body, headers, (*hide, *self.http.hidden()))


def _tells_of_failure(body: Any) -> bool:
    """Tell whether an answer of status 200 says that it failed all the same."""
    return isinstance(body, Mapping) and (body.get("success") is False or (bool(body.get("error")) and len(body) <= 3))
