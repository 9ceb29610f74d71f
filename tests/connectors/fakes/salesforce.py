"""A Salesforce org: logins, objects by type, queries, collections that answer per record, graphs, all or nothing.

An answer names no end of a token's life, a deleted record stays in the recycle bin, an external id is unique among live
records, an order begins as a draft, a line names an entry of a price book.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from tests.connectors.fakes.base import LYING_PAGE, Asked, Given, Row
from tests.connectors.fakes.salesforce_login import LOGIN, LoginDesk
from tests.connectors.fakes.salesforce_objects import BASE, FIELDS, NODE, PREFIXES, refusal
from tests.connectors.fakes.salesforce_soql import QUERY, MalformedError, an_error, refused, selected, stamp


class Failed(Exception):
    """A record that is refused, with the error."""


class SalesforceFake(LoginDesk):
    """Objects by type and id."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in FIELDS}
        self.limit_info = "api-usage=18/100000"
        self._numbers = 0

    def enter(self, object_type: str, **fields: Any) -> str:
        """Enter a record of any type as a person would."""
        return str(self._keep(object_type, None, fields)["Id"])

    def edit(self, object_type: str, external_id: str, **fields: Any) -> None:
        """Change a record of any type."""
        self._keep(object_type, external_id, fields)

    def bin(self, object_type: str, external_id: str) -> None:
        """Delete a record of any type."""
        self._keep(object_type, external_id, {"IsDeleted": True})

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter an account."""
        return self.enter("Account", Name=name, Phone=phone, Website=unmapped)

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change an account."""
        self.edit("Account", external_id, **{name.capitalize(): value for name, value in fields.items()})

    def end(self, external_id: str) -> None:
        """Delete an account."""
        self.bin("Account", external_id)

    def live(self, object_type: str) -> dict[str, Row]:
        """Return the records of a type that are not in the recycle bin."""
        return {each: row for each, row in self.rows[object_type].items() if not row["IsDeleted"]}

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the live accounts."""
        live = self.live("Account").items()
        return {each: {"name": r["Name"], "phone": r["Phone"], "unmapped": r["Website"]} for each, r in live}

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        if asked.path == LOGIN:
            return self.logged_in(asked)
        if not asked.path.startswith(BASE) or asked.headers.get("sforce-call-options") != "client=Tandem":
            return self.wrong(asked, "there is no such path, or the call does not say whose it is", 404)
        given = self._answered(asked, asked.path.removeprefix(BASE))
        return Given(given.status, given.body, {"Sforce-Limit-Info": self.limit_info, **given.headers})

    def _answered(self, asked: Asked, path: str) -> Given:
        if path in ("query", "queryAll") and asked.method == "GET":
            return self._queried(asked, path)
        if asked.method == "DELETE" and path == "composite/sobjects":
            return Given(200, [self._ended(each) for each in asked.query["ids"].split(",")])
        if not isinstance(asked.body, dict) or asked.headers.get("content-type") != "application/json":
            return self.wrong(asked, "the body is no JSON object, or not said to be")
        if path == "composite/graph" and asked.method == "POST":
            return self._graphs(asked)
        start, _, named = path.partition("composite/sobjects")
        records = asked.body.get("records", [])
        if start or not 1 <= len(records) <= 200 or len({each["attributes"]["type"] for each in records}) > 1:
            return self.wrong(asked, "a collection has one type and one to 200 records")
        reference = named.rpartition("/")[2]
        keys = [each.get(reference or "Id") for each in records]
        if (asked.method == "PATCH" and len(set(keys)) < len(keys)) or asked.body.get("allOrNone") is not False:
            return self.wrong(asked, "a record is named once, and one that is refused refuses no other")
        return Given(200, [self._collected(each, reference) for each in records])

    def _queried(self, asked: Asked, verb: str) -> Given:
        found = QUERY.fullmatch(asked.query["q"])
        if found is None or len(asked.query["q"]) > 16_000:
            return self.wrong(asked, "the query cannot be read, or is too long")
        if not set(found["columns"].split(", ")) <= FIELDS[found["type"]] | {"Id", "SystemModstamp", "IsDeleted"}:
            return refused(400, "INVALID_FIELD", "No such column")
        rows = (self.rows[found["type"]] if verb == "queryAll" else self.live(found["type"])).values()
        try:
            shown = selected(found, rows)
        except MalformedError:
            return self.wrong(asked, "the condition cannot be read")
        lies = LYING_PAGE in self.tricks and not shown
        more = {"done": False, "nextRecordsUrl": f"{BASE}query/01g-2000"} if lies else {"done": True}
        return Given(200, {"totalSize": len(shown), "records": shown, **more})

    def _collected(self, record: Row, reference: str) -> Row:
        object_type = record["attributes"]["type"]
        fields = {name: value for name, value in record.items() if name not in ("attributes", "Id")}
        live = self.live(object_type).items() if reference else ()
        held = next((each for each, row in live if row[reference] == record[reference]), None)
        try:
            known = record.get("Id") or held
            return {"id": self._stored(object_type, known, fields), "success": True, "created": not known, "errors": []}
        except Failed as failed:
            return {"success": False, "errors": [failed.args[0]]}

    def _stored(self, object_type: str, external_id: str | None, fields: Row) -> str:
        """Store a record as the rules of the org have it."""
        error = refusal({name: self.live(name) for name in FIELDS}, object_type, external_id, fields)
        if error is not None:
            raise Failed(error)
        return str(self._keep(object_type, external_id, fields)["Id"])

    def _ended(self, external_id: str) -> Row:
        object_type = next((name for name, rows in self.rows.items() if external_id in rows), "Account")
        if external_id not in self.live(object_type):
            return {"id": external_id, "success": False, "errors": [an_error("ENTITY_IS_DELETED")]}
        self.bin(object_type, external_id)
        return {"id": external_id, "success": True, "errors": []}

    def _graphs(self, asked: Asked) -> Given:
        graphs = asked.body["graphs"]
        if sum(len(graph["compositeRequest"]) for graph in graphs) > 500:
            return self.wrong(asked, "at most 500 nodes")
        return Given(200, {"graphs": [self._graph(each) for each in graphs]})

    def _graph(self, graph: Row) -> Row:
        before, made = deepcopy(self.rows), dict[str, str]()
        told: list[Row] = []
        for step in graph["compositeRequest"]:
            try:
                told.append(self._step(step, made))
            except Failed as failed:
                self.rows = before
                error = {"errorCode": failed.args[0]["statusCode"], "message": failed.args[0]["message"]}
                halted = {"body": [{"errorCode": "PROCESSING_HALTED", "message": "halted"}], "httpStatusCode": 400}
                told = [{**halted, "referenceId": each["referenceId"]} for each in graph["compositeRequest"]]
                told[[each["referenceId"] for each in told].index(step["referenceId"])]["body"] = [error]
                break
        is_whole = self.rows is not before
        return {"graphId": graph["graphId"], "isSuccessful": is_whole, "graphResponse": {"compositeResponse": told}}

    def _step(self, step: Row, made: dict[str, str]) -> Row:
        def named(text: Any) -> Any:
            return made[text[2:-4]] if isinstance(text, str) and text.startswith("@{") else text

        found = NODE.fullmatch(step["url"])
        assert found is not None, step
        object_type, external_id = found[1], named(found[2])
        if step["method"] == "DELETE":
            self.bin(object_type, external_id)
            return {"body": None, "httpStatusCode": 204, "referenceId": step["referenceId"]}
        fields = {name: named(value) for name, value in step["body"].items()}
        made[step["referenceId"]] = self._stored(object_type, external_id, fields)
        body = {"id": made[step["referenceId"]], "success": True, "errors": []} if external_id is None else None
        return {"body": body, "httpStatusCode": 204 if external_id else 201, "referenceId": step["referenceId"]}

    def _keep(self, object_type: str, external_id: str | None, fields: Row) -> Row:
        self._numbers += 1
        blank = {"Id": f"{PREFIXES[object_type]}{self._numbers:012d}AAA", "IsDeleted": False}
        known = self.rows[object_type].get(external_id or "", {**dict.fromkeys(FIELDS[object_type]), **blank})
        row = {**known, **fields, "SystemModstamp": stamp(self.time())}
        if object_type == "Contact":
            row["Name"] = " ".join(part for part in (row["FirstName"], row["LastName"]) if part)
        if object_type in ("OrderItem", "OpportunityLineItem") and row["PricebookEntryId"]:
            row["Product2Id"] = self.rows["PricebookEntry"][row["PricebookEntryId"]]["Product2Id"]
        self.rows[object_type][row["Id"]] = row
        return row
