"""An Odoo that speaks JSON-2 and JSON-RPC, shaped by its documentation: each call is a transaction, all or nothing.

Unknown fields, methods and arguments are errors; `write_date` holds microseconds and shows seconds; a list in a body
is a list of commands; the errors of JSON-RPC come with status 200. A change of a line does not stamp its order.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from tests.connectors.fakes.base import REFUSED, Asked, Fake, Given, Row
from tests.connectors.fakes.odoo_models import FLAGS, LISTS, MODELS, RELATED, STEPS, OdooError, fault, holds, shown

DATABASE = "erp"
USER = 7


class OdooFake(Fake):
    """Records by model and id."""

    def __init__(self, *, rpc: bool = False) -> None:
        super().__init__()
        self.rpc = rpc
        self.tables: dict[str, dict[int, Row]] = {model: {} for model in MODELS}
        self.asks: set[str] = set()
        self._last = 0
        belgium = self.enter("res.country", code="BE", name="Belgium")
        self.enter("res.country.state", name="Antwerp", country_id=belgium)

    def enter(self, model: str, **values: Any) -> int:
        """Enter a record of any model as a person would."""
        return self._create(model, values)

    def edit(self, model: str, record: int, **values: Any) -> None:
        """Change a record of any model."""
        self._write(model, record, values)

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter a partner."""
        return str(self.enter("res.partner", name=name, phone=phone or False, website=unmapped))

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change a partner."""
        self.edit("res.partner", int(external_id), **fields)

    def end(self, external_id: str) -> None:
        """Delete a partner."""
        del self.tables["res.partner"][int(external_id)]

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the live partners that are nobody's contact."""
        return {
            str(each): {"name": row["name"], "phone": row.get("phone") or None, "unmapped": row.get("website", "")}
            for each, row in self.tables["res.partner"].items()
            if row.get("active", True) and not row.get("parent_id")
        }

    def is_let_in(self, asked: Asked) -> bool:
        """Tell whether a request carries the live key; of JSON-RPC the body does."""
        return self.rpc or (
            self.credential is not None and asked.headers.get("authorization") == f"bearer {self.credential}"
        )

    def shut_out(self) -> Given:
        """Return the answer to a wrong key."""
        return fault("odoo.exceptions.AccessDenied", rpc=self.rpc)

    def served(self, asked: Asked) -> Given:
        """Answer a request, in the interface that this Odoo has."""
        if asked.method != "POST" or not asked.headers.get("content-type", "").startswith("application/json"):
            return self.wrong(asked, "only JSON is posted", 415)
        if not isinstance(asked.body, dict) or "user-agent" not in asked.headers:
            return self.wrong(asked, "a body is an object of named arguments")
        return self._rpc(asked) if self.rpc else self._json2(asked)

    def _json2(self, asked: Asked) -> Given:
        parts = asked.path.strip("/").split("/")
        if parts[:2] != ["json", "2"] or len(parts) != len(("json", "2", "model", "method")):
            return self.wrong(asked, "there is no such path", 404)
        if asked.headers.get("x-odoo-database") != DATABASE:
            return self.wrong(asked, "the host serves several databases")
        try:
            return Given(200, self._called(parts[2], parts[3], dict(asked.body)))
        except OdooError as error:
            return fault(error.name, error.message)

    def _rpc(self, asked: Asked) -> Given:
        parameters = asked.body.get("params", {})
        if asked.path != "/jsonrpc" or asked.body.get("method") != "call" or asked.body.get("jsonrpc") != "2.0":
            return self.wrong(asked, "it is no JSON-RPC", 404)
        database, user, key, *rest = parameters["args"]
        if parameters["service"] == "common" and parameters["method"] == "authenticate":
            is_right = key == self.credential and user == "sync"
            return Given(200, {"jsonrpc": "2.0", "id": 1, "result": USER if is_right else False})
        if parameters["method"] != "execute_kw" or database != DATABASE or user != USER:
            return self.wrong(asked, "only execute_kw is called, by the user who logged in")
        if self.credential is None or key != self.credential:
            return self.shut_out()
        model, method, positional, named = rest
        if len(positional) > 1 or (method == "create" and len(positional) != 1):
            return self.wrong(asked, "ids stand first; a create takes its values by position")
        given = {"vals_list" if method == "create" else "ids": positional[0]} if positional else {}
        try:
            return Given(200, {"jsonrpc": "2.0", "id": 1, "result": self._called(model, method, {**given, **named})})
        except OdooError as error:
            return fault(error.name, error.message, rpc=True)

    def _called(self, model: str, method: str, arguments: dict[str, Any]) -> Any:
        if model not in self.tables:
            raise OdooError("werkzeug.exceptions.NotFound")
        context = arguments.pop("context", {})
        before = self.tables if method == "search_read" else deepcopy(self.tables)
        try:
            if method == "search_read":
                return self._search(model, context, **arguments)
            if method == "create":
                return [self._create(model, values) for values in arguments["vals_list"]]
            if method == "write":
                return all(self._write(model, each, arguments["vals"]) for each in arguments["ids"])
            return self._step(model, method, *arguments["ids"])
        except (OdooError, TypeError, KeyError) as error:
            self.tables = before
            if isinstance(error, OdooError):
                raise
            self.problems.append(f"{model}.{method}: {error!r}")
            raise OdooError("builtins.ValueError") from error

    def _search(
        self, model: str, context: Row, domain: list[Any], fields: list[str], order: str, limit: int
    ) -> list[Row]:
        self._knows(model, fields)
        wanted = (
            domain
            if context.get("active_test") is False or model not in _ARCHIVED
            else [*domain, ["active", "=", True]]
        )
        rows = [row for row in self.tables[model].values() if holds(self.tables, wanted, row)]
        rows.sort(key=lambda row: [row[name.strip()] for name in order.split(",")])
        self.served_rows += len(rows[:limit])
        return [shown(self.tables, row, fields) for row in rows[:limit]]

    def _create(self, model: str, values: Row) -> int:
        self._last += 1
        first = {"state": "draft"} if model == "sale.order" else {}
        self.tables[model][self._last] = {"id": self._last, **first}
        record = self._last
        self._write(model, record, values)
        if model == "res.partner":
            self.tables[model][record]["commercial_partner_id"] = values.get("parent_id") or record
        return record

    def _write(self, model: str, record: int, values: Row) -> bool:
        self._knows(model, list(values))
        row = self.tables[model].get(record)
        if row is None:
            raise OdooError("odoo.exceptions.MissingError", "Record does not exist or has been deleted.")
        if values.get("name", "?") == REFUSED or any(value is None and name in FLAGS for name, value in values.items()):
            raise OdooError("odoo.exceptions.ValidationError", "This one is refused.")
        if any(name in RELATED and value and not isinstance(value, int) for name, value in values.items()):
            raise OdooError("builtins.ValueError", "Wrong value for a relation")
        row |= {name: value for name, value in values.items() if name not in LISTS} | {"write_date": self.time()}
        for name in LISTS.keys() & values.keys():
            self._command(*LISTS[name], record, values[name])
        return True

    def _command(self, model: str, parent: str, record: int, commands: list[list[Any]]) -> None:
        for what, child, values in commands:
            if what == 0:
                self._create(model, {**values, parent: record})
            elif what == 1:
                self._write(model, child, values)
            elif self.tables[model].pop(child, None) is None or what != len("rm"):
                raise OdooError("odoo.exceptions.MissingError")

    def _step(self, model: str, method: str, record: int) -> Any:
        allowed, state = STEPS[method]
        row = self.tables[model][record]
        if method in self.asks:
            return {"type": "ir.actions.act_window", "res_model": "sale.order.cancel"}
        if row["state"] not in allowed:
            raise OdooError("odoo.exceptions.UserError", "Some orders are not in a state for this.")
        return self._write(model, record, {"state": state})

    def _knows(self, model: str, fields: list[str]) -> None:
        unknown = [name for name in fields if name not in MODELS[model]]
        if unknown:
            self.problems.append(f"{model} has no field {unknown[0]}")
            raise OdooError("builtins.ValueError", f"Invalid field {unknown[0]!r}")


_ARCHIVED = frozenset(model for model, fields in MODELS.items() if "active" in fields)
