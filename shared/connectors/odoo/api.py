"""Calls to one Odoo: JSON-2 (from 19 on) or JSON-RPC (below), behind one `call`; how each ended is a value.

JSON-2 is `POST /json/2/<model>/<method>` with named arguments and a bearer key. JSON-RPC is `POST /jsonrpc` with
`execute_kw`, the key in the body and, once per process, `authenticate` for the number of the user; its errors come
with status 200. Each call is a transaction of its own in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from shared.connectors.gaps import Gaps
from shared.connectors.http import Http, NotSent, Outcome, Reply, Request
from shared.connectors.http_faults import is_unsure, trouble_of
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.connectors.http_proof import Admission, Proof
from shared.connectors.http_secrets import held
from shared.connectors.odoo.faults import SESSION_EXPIRED, fault_of, named
from shared.core.errors import BadSettings
from shared.core.observations import Next, Trouble

Row: TypeAlias = Mapping[str, Any]
Domain: TypeAlias = Sequence[Any]

_JSON = MappingProxyType({"Content-Type": "application/json; charset=utf-8"})
_REFUSED = 401
_UNKNOWN_FIELD = frozenset({"ValueError", "KeyError", "AttributeError"})


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a call."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The trouble of a call; `unsure` where nobody knows whether a write was made."""

    trouble: Trouble
    unsure: bool = False


Ended = Done | Failed


@dataclass(frozen=True, slots=True)
class Call:
    """One method of a model: on some records (`ids`) or on the model itself, with named arguments."""

    model: str
    method: str
    named: Mapping[str, Any]
    ids: Sequence[int] | None = None
    writes: bool = False

    def texts(self) -> list[str]:
        """Return the texts that a write carries: none of them may stand in a message."""
        return list(_texts(self.named)) if self.writes else []


class Interface(Protocol):
    """One of Odoo's two interfaces."""

    def carry_out(self, call: Call) -> Ended:
        """Make a call and return how it ended."""


class Api:
    """The calls that everything else is made of."""

    def __init__(self, interface: Interface, context: Mapping[str, Any], page_size: int) -> None:
        self._interface = interface
        self._context = context
        self._gaps = Gaps()
        self.page_size = page_size

    def search(
        self, model: str, domain: Domain, fields: Sequence[str], order: str = "id", *, archived: bool = True
    ) -> list[Row] | Trouble:
        """Return one page of the records that a domain holds for; archived ones too, unless told otherwise. A field
        that is not there any more is left out."""
        return self._gaps.read(
            model,
            fields,
            lambda left: self._search(model, domain, left, order, archived=archived),
            lambda why: self.fields(model) if why.code in _UNKNOWN_FIELD else None,
            _trouble_in,
        )

    def fields(self, model: str) -> frozenset[str] | None:
        """Return the fields of a model; nothing where it does not tell."""
        named = {"attributes": ["type"], "context": self._context}
        ended = self._interface.carry_out(Call(model, "fields_get", named))
        is_told = isinstance(ended, Done) and isinstance(ended.result, Mapping)
        return frozenset(map(str, ended.result)) if isinstance(ended, Done) and is_told else None

    def _search(
        self, model: str, domain: Domain, fields: Sequence[str], order: str, *, archived: bool
    ) -> list[Row] | Trouble:
        context = {**self._context, "active_test": not archived}
        asked = {"domain": domain, "fields": fields, "order": order, "limit": self.page_size, "context": context}
        ended = self._interface.carry_out(Call(model, "search_read", asked))
        if isinstance(ended, Failed):
            return ended.trouble
        rows = ended.result
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) and _is_id(row.get("id")) for row in rows):
            return Trouble(Next.RETRYABLE, "unreadable", "the answer is no list of records")
        return rows

    def every(self, model: str, domain: Domain, fields: Sequence[str], *, archived: bool = True) -> list[Row] | Trouble:
        """Return all records that a domain holds for, page by page in the order of their ids."""
        rows: list[Row] = []
        after: list[Any] = []
        while True:
            page = self.search(model, [*domain, *after], fields, archived=archived)
            if isinstance(page, Trouble):
                return page
            if after and any(row["id"] <= after[0][2] for row in page):
                return Trouble(Next.PERMANENT, "ignores-domain", "Odoo shows ids that were not asked for")
            rows += page
            if len(page) < self.page_size:
                return rows
            after = [["id", ">", page[-1]["id"]]]

    def create(self, model: str, values: Sequence[Row]) -> list[int] | Failed:
        """Make records in one transaction; return their ids in the same order."""
        named = {"vals_list": values, "context": self._context}
        ended = self._interface.carry_out(Call(model, "create", named, writes=True))
        if isinstance(ended, Failed):
            return ended
        ids = ended.result if isinstance(ended.result, list) else [ended.result]
        if len(ids) != len(values) or not all(map(_is_id, ids)):
            return Failed(Trouble(Next.RETRYABLE, "unreadable", "the answer does not show what was made"), unsure=True)
        return ids

    def act(self, model: str, method: str, ids: Sequence[int], **named: Any) -> Ended:
        """Do something to records, in one transaction."""
        return self._interface.carry_out(Call(model, method, {**named, "context": self._context}, ids, writes=True))


class Json2:
    """Odoo 19 and later."""

    def __init__(self, http: Http, database: str) -> None:
        self._http = http
        self._headers = {**_JSON, **({"X-Odoo-Database": database} if database else {})}

    def carry_out(self, call: Call) -> Ended:
        """Make a call and return how it ended."""
        body = {**call.named, **({} if call.ids is None else {"ids": call.ids})}
        path = f"/json/2/{quote(call.model)}/{quote(call.method)}"
        outcome = self._http.send(Request("POST", path, self._headers, encoded(body), call.writes))
        if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
            found = _content(outcome, call)
            return found if isinstance(found, Failed) else Done(found)
        return _failed(outcome, call, self._http.hidden())


class JsonRpc:
    """Odoo before 19. One caller proves a key before all use it; a wrong one is told in the body, with status 200."""

    def __init__(self, http: Http, database: str, proof: Proof | None = None) -> None:
        self._http, self._database, self._proof = http, database, proof
        self._users: dict[str, int] = {}

    def carry_out(self, call: Call) -> Ended:
        """Make a call and return how it ended; a key that is refused is read again once."""
        try:
            ended = self._proven(call)
            is_refused = isinstance(ended, Failed) and ended.trouble.next is Next.AUTH
            return self._proven(call) if is_refused and self._http.secrets.renewed() else ended
        except BadSettings as wrong:
            return Failed(trouble_of(NotSent("no-secret", str(wrong))))

    def _proven(self, call: Call) -> Ended:
        if self._proof is None:
            return self._execute(call)
        admission = self._proof.enter()
        if admission is Admission.NOT_NOW:
            return Failed(trouble_of(NotSent("login-under-way")))
        ended = self._execute(call)
        self._proof.leave(admission, _status(ended))
        return ended

    def _execute(self, call: Call) -> Ended:
        secret = self._http.secrets.get()
        username, key = held(secret, "username"), held(secret, "api_key")
        user = self._user(username, key)
        if isinstance(user, Failed):
            return user
        positional, rest = [] if call.ids is None else [list(call.ids)], dict(call.named)
        if "vals_list" in rest:
            positional.append(rest.pop("vals_list"))  # before 19 a create takes them by position only
        arguments = [self._database, user, key, call.model, call.method, positional, rest]
        return self._sent("object", "execute_kw", arguments, call)

    def _user(self, username: str, key: str) -> int | Failed:
        known = self._users.get(username)
        if known is not None:
            return known
        login = Call("common", "authenticate", {})
        ended = self._sent("common", "authenticate", [self._database, username, key, {}], login)
        if isinstance(ended, Failed):
            return ended
        if not _is_id(ended.result):
            refused = "Odoo takes neither this user name nor this key, or knows no such database"
            return Failed(Trouble(Next.AUTH, "login-refused", refused, whole_system=True))
        self._users[username] = int(ended.result)
        return self._users[username]

    def _sent(self, service: str, method: str, arguments: Sequence[Any], call: Call) -> Ended:
        parameters = {"service": service, "method": method, "args": arguments}
        body = encoded({"jsonrpc": "2.0", "method": "call", "id": 1, "params": parameters})
        outcome = self._http.send(Request("POST", "/jsonrpc", _JSON, body, call.writes))
        if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
            return _failed(outcome, call, self._http.hidden())
        found = _content(outcome, call)
        if isinstance(found, Failed):
            return found
        if not isinstance(found, Mapping) or not {"jsonrpc", "result", "error"} & set(found):
            return Failed(Trouble(Next.RETRYABLE, "unreadable", "the answer is no JSON-RPC"), unsure=call.writes)
        error = found.get("error")
        return Done(found.get("result")) if error is None else self._error(error, call)

    def _error(self, error: Any, call: Call) -> Failed:
        whole: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
        if whole.get("code") == SESSION_EXPIRED:
            return Failed(Trouble(Next.AUTH, "session-expired", "Odoo wants a new login", whole_system=True))
        return Failed(fault_of(whole.get("data") or whole, [*self._http.hidden(), *call.texts()]))


def _trouble_in(found: list[Row] | Trouble) -> Trouble | None:
    return found if isinstance(found, Trouble) else None


def _content(reply: Reply, call: Call) -> Any:
    body = decoded(reply.body)
    if not isinstance(body, Unreadable) and reply.body.strip():
        return body
    reason, is_page = (body.reason, body.is_page) if isinstance(body, Unreadable) else ("empty", False)
    trouble = Trouble(Next.RETRYABLE, "unreadable", f"the answer is {reason}", whole_system=is_page)
    return Failed(trouble, unsure=call.writes)


def _failed(outcome: Outcome, call: Call, hidden: Iterable[str]) -> Failed:
    hide = [*hidden, *call.texts()]
    body = decoded(outcome.body) if isinstance(outcome, Reply) else None
    plain = trouble_of(outcome, hide)
    if named(body) is None:
        return Failed(plain, unsure=call.writes and is_unsure(outcome))
    told = fault_of(body, hide)
    is_system_wide = plain.whole_system and plain.next in (Next.AUTH, Next.THROTTLED)
    return Failed(replace(plain, code=told.code, message=told.message) if is_system_wide else told)


def _status(ended: Ended) -> int | None:
    """Return the HTTP status that such an end would have where errors have one."""
    if isinstance(ended, Done):
        return 200
    if ended.trouble.next is Next.AUTH:
        return _REFUSED
    return None if ended.unsure or ended.trouble.whole_system or ended.trouble.next is Next.RETRYABLE else 400


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str) and len(value) > len("abc"):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
