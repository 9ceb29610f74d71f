"""A Tryton that knows parties: JSON-RPC with login and sessions, domains, nested reads and writes, timestamps as locks.

Shaped by the recordings of a real Tryton 7.8 beside the tests: every business error is HTTP 200, a batch is one
transaction, deactivated parties stay, `write_date` is null until the first change.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import islice
from typing import Any

from tests.connectors.fakes.base import REFUSED, Asked, Fake, Given, Row
from tests.connectors.fakes.tryton_domains import CHILDREN, holds, read, tagged

PATH = "/erp/"
LOCKED = {
    "addresses": "party.address",
    "contact_mechanisms": "party.contact_mechanism",
    "identifiers": "party.identifier",
}
TABLES = {"currency.currency", "account.invoice.payment_term", "party.category", "country.country"}


class _Fault(Exception):
    """What Tryton answers as `error`."""


class TrytonFake(Fake):
    """Parties of one database."""

    def __init__(self) -> None:
        super().__init__()
        self.credential = "a-live-password"
        self.sessions: set[str] = set()
        self.parties: dict[int, Row] = {}
        self._ids = 0

    def enter(self, **values: Any) -> str:
        """Enter a party with anything that Tryton's own client can put there."""
        return str(self._create({"code": f"P{self._ids}", **values}))

    def edit(self, external_id: str, **values: Any) -> None:
        """Change anything of a party."""
        self._write(self.parties[int(external_id)], values)

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter a party."""
        phones = [["create", [{"type": "phone", "value": phone}]]] if phone else []
        return str(
            self._create({"name": name, "code": f"P{self._ids}", "lang": unmapped, "contact_mechanisms": phones})
        )

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change a party as its own client does."""
        party = self.parties[int(external_id)]
        phone = next((each for each in party["contact_mechanisms"] if each["type"] == "phone"), None)
        values: Row = {"name": fields["name"]} if "name" in fields else {}
        if "phone" in fields:
            value = {"value": fields["phone"]}
            new = ["write", [phone["id"]], value] if phone else ["create", [{"type": "phone", **value}]]
            values["contact_mechanisms"] = [new]
        self._write(party, values)

    def end(self, external_id: str) -> None:
        """Delete a party."""
        del self.parties[int(external_id)]

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the active parties."""
        return {str(each): self._as_people_see(party) for each, party in self.parties.items() if party["active"]}

    def _as_people_see(self, party: Row) -> Mapping[str, str | None]:
        phones = [each["value"] for each in party["contact_mechanisms"] if each["type"] == "phone"]
        return {"name": party["name"], "phone": phones[0] if phones else None, "unmapped": party["lang"]}

    def expire(self) -> Mapping[str, str]:
        """End all sessions; the password stays."""
        self.sessions.clear()
        return {}

    def lock_out(self) -> None:
        """End all sessions and take no password."""
        self.sessions.clear()
        self.credential = None

    def is_let_in(self, asked: Asked) -> bool:
        """Let a login in, and who shows a session."""
        if isinstance(asked.body, dict) and asked.body.get("method") == "common.db.login":
            return True
        kind, _, code = asked.headers.get("authorization", "").partition(" ")
        return kind == "Session" and b64decode(code).decode().rpartition(":")[2] in self.sessions

    def served(self, asked: Asked) -> Given:
        """Answer a call."""
        body = asked.body
        if (
            (asked.method, asked.path) != ("POST", PATH)
            or not isinstance(body, dict)
            or set(body) != {"id", "method", "params"}
        ):
            return self.wrong(asked, "a call is posted to the database as id, method, params")
        is_read = body["method"].endswith((".search_read", ".get_preferences", ".login"))
        before = None if is_read else deepcopy(self.parties)
        try:
            return Given(200, {"id": body["id"], "result": self._called(asked, body["method"], body["params"])})
        except _Fault as fault:
            self.parties = self.parties if before is None else before
            return Given(200, {"id": body["id"], "error": list(fault.args)})

    def _called(self, asked: Asked, method: str, params: list[Any]) -> Any:
        if method == "common.db.login":
            return self._logged_in(params)
        if method == "model.res.user.get_preferences":
            return {"company": 1, "language": "en"}
        model, verb = method.removeprefix("model.").rsplit(".", 1)
        *arguments, context = params
        if model in TABLES and verb == "search_read":
            return []
        if model != "party.party" or not isinstance(context, dict):
            self.wrong(asked, f"no such model, or no context: {method}")
            raise _Fault(f"'{model}'", "")
        if verb == "search_read":
            return self._searched(*arguments)
        if verb == "create":
            return [self._create(values) for values in arguments[0]]
        for ids, values in zip(arguments[::2], arguments[1::2], strict=True):
            for each in ids:
                self._check(self.parties[each], context.get("_timestamp", {}))
                self._write(self.parties[each], values)
        return None

    def _logged_in(self, params: list[Any]) -> Any:
        if self.credential is None or params[1].get("password") != self.credential:
            raise _Fault("LoginException", ["password", "Password for login"])
        session = f"session-{len(self.log)}"
        self.sessions.add(session)
        return [1, session, None]

    def _create(self, values: Row) -> int:
        if values["code"][0] != "P" and any(party["code"] == values["code"] for party in self.parties.values()):
            raise _Fault("UserError", ["The code on party must be unique.", ""])
        party: Row = {"active": True, "lang": "", "write_date": None, **self._born("_"), **dict.fromkeys(CHILDREN, ())}
        self.parties[party["id"]] = party
        self._lay(party, values)
        return int(party["id"])

    def _write(self, party: Row, values: Row) -> None:
        self._lay(party, values)
        if values.keys() - CHILDREN or values:
            party |= self._stamped() | {"write_date": tagged(self.now)}

    def _lay(self, party: Row, values: Row) -> None:
        if values.get("name") == REFUSED:
            raise _Fault("UserError", ["A value is required for field.", ""])
        for name, value in values.items():
            party[name] = self._children(party[name], value) if name in CHILDREN else value

    def _children(self, rows: Iterable[Row], edits: list[Any]) -> list[Row]:
        held = {row["id"]: row for row in rows}
        for verb, *rest in edits:
            if verb == "create":
                made = [{**self._born(), **values} for values in rest[0]]
                held |= {row["id"]: row for row in made}
            elif verb == "write":
                held |= {each: {**held[each], **rest[1], **self._stamped()} for each in rest[0]}
            else:
                held = {each: row for each, row in held.items() if each not in rest[0]}
        return list(held.values())

    def _born(self, _of: str = "") -> Row:
        self._ids += 1
        blank: Row = {"name": None, "comment": None, "type": None, "active": True}
        return {**blank, "id": self._ids, **self._stamped(), "create_date": tagged(self.now), "write_date": None}

    def _stamped(self) -> Row:
        self.now = self.time()
        return {"_timestamp": f"{self.now.timestamp():.5f}"}

    def _check(self, party: Row, held: Mapping[str, str]) -> None:
        rows = [("party.party", party), *((LOCKED[name], row) for name in CHILDREN for row in party[name])]
        for model, row in rows:
            if held.get(f"{model},{row['id']}", row["_timestamp"]) != row["_timestamp"]:
                raise _Fault("ConcurrencyException", ["Record was modified in the meanwhile.", ""])

    def _searched(self, domain: Any, offset: int, limit: int | None, order: Any, fields: list[str]) -> list[Row]:
        assert (offset, order) in ((0, [["id", "ASC"]]), (0, None))
        after = max((each[2] for each in domain if each[:2] == ["id", ">"]), default=0)
        rows = (party for each, party in self.parties.items() if each > after and holds(domain, party))
        return [read(party, fields) for party in islice(rows, limit)]
