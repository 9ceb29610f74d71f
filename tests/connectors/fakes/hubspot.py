"""A HubSpot account: objects by type, search with its ceiling, batches with trace ids, associations.

Values are texts, only properties that were asked for come back, ids not found make 207, a batch has no order.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.connectors.fakes.base import (
    LYING_PAGE,
    OUT_OF_ORDER,
    REFUSED,
    REPEATS_CURSOR,
    TOO_SHORT,
    Asked,
    Fake,
    Given,
    Row,
)
from tests.connectors.fakes.hubspot_objects import an_error, answered, holds, selected, sortable, value_of, written

BASE, LINKS = "/crm/objects/2026-09/", "/crm/v4/associations/"
MOST = 10_000
TYPES = ("companies", "contacts", "products", "orders", "deals", "line_items")
TIMES = {"contacts": "lastmodifieddate"}


class HubSpotFake(Fake):
    """Objects by type and id."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, dict[str, Row]] = {name: {} for name in TYPES}
        self.links: set[tuple[str, str, str, str]] = set()
        self._numbers = 900

    def enter(self, object_type: str, **properties: str) -> str:
        """Enter an object of any type as a person would."""
        return str(self._keep(object_type, None, properties)["id"])

    def edit(self, object_type: str, external_id: str, **properties: str) -> None:
        """Change an object of any type."""
        self._keep(object_type, external_id, properties)

    def link(self, of: str, external_id: str, to: str, other: str) -> None:
        """Associate two objects."""
        self.links |= {(of, external_id, to, other), (to, other, of, external_id)}

    def merge(self, object_type: str, first: str, second: str) -> str:
        """Merge two objects into one with a new id; return that."""
        rows = [self.objects[object_type].pop(each)["properties"] for each in (first, second)]
        return self.enter(object_type, **{**rows[1], **rows[0], "hs_merged_object_ids": f"{first};{second}"})

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter a company."""
        return self.enter("companies", name=name, industry=unmapped, **({"phone": phone} if phone else {}))

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change a company."""
        self.edit("companies", external_id, **{name: value or "" for name, value in fields.items()})

    def end(self, external_id: str) -> None:
        """Archive a company."""
        self._end("companies", external_id)

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the live companies."""
        live = {each: row["properties"] for each, row in self.objects["companies"].items() if not row["archived"]}
        return {
            each: {"name": p.get("name"), "phone": p.get("phone"), "unmapped": p.get("industry")}
            for each, p in live.items()
        }

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        if asked.path.startswith(LINKS) and asked.method == "POST":
            return self._linked(asked, *asked.path.removeprefix(LINKS).split("/", 3))
        object_type, _, verb = asked.path.removeprefix(BASE).partition("/")
        if not asked.path.startswith(BASE) or object_type not in self.objects:
            return self.wrong(asked, "there is no such path", 404)
        if asked.method == "GET" and not verb:
            return self._listed(object_type, asked.query)
        if asked.method != "POST" or not isinstance(asked.body, dict):
            return self.wrong(asked, "it is posted as an object", 405)
        if verb == "search":
            return self._searched(object_type, asked)
        inputs = asked.body.get("inputs")
        serve = {"read": self._read, "archive": self._archived, "create": self._write, "update": self._write}.get(
            verb.removeprefix("batch/").replace("upsert", "create")
        )
        if serve is None or not isinstance(inputs, list) or not 1 <= len(inputs) <= 100:
            return self.wrong(asked, "a batch has a verb and one to a hundred inputs")
        return serve(object_type, asked)

    def _searched(self, object_type: str, asked: Asked) -> Given:
        body = asked.body
        groups, start = body.get("filterGroups", []), int(body.get("after", 0))
        if len(body.get("sorts", [])) > 1 or body["limit"] > 200 or len(groups) > 5 or start + body["limit"] > MOST:
            return self.wrong(asked, "a search has one sort, five groups, 200 a page and 10,000 in all")
        live = (row for row in self.objects[object_type].values() if not row["archived"])
        wanted = [row for row in live if not groups or any(holds(row, group["filters"]) for group in groups)]
        sort = body["sorts"][0]["propertyName"] if body.get("sorts") else "hs_object_id"
        wanted.sort(key=lambda row: sortable(value_of(row, sort)))
        shown = [selected(row, body["properties"]) for row in wanted[start : start + body["limit"]]]
        more = {"paging": {"next": {"after": str(start + len(shown))}}} if len(wanted) > start + len(shown) else {}
        return Given(200, {"total": len(wanted), "results": shown, **more})

    def _listed(self, object_type: str, query: Mapping[str, str]) -> Given:
        is_archived = query.get("archived") == "true"
        rows = [row for row in self.objects[object_type].values() if row["archived"] is is_archived]
        start, size = int(query.get("after", 0)), min(int(query.get("limit", 10)), 100)
        shown, rest = rows[start : start + size], rows[start + size :]
        after = str(start + size) if rest or LYING_PAGE in self.tricks else None
        if REPEATS_CURSOR in self.tricks and not rest and start:
            after = str(start)
        more = {"paging": {"next": {"after": after}}} if after else {}
        return Given(200, {"results": [selected(row, query["properties"].split(",")) for row in shown], **more})

    def _read(self, object_type: str, asked: Asked) -> Given:
        found: list[Row] = []
        errors: list[Row] = []
        for each in asked.body["inputs"]:
            row = self._known(object_type, each["id"], asked.body.get("idProperty"))
            if row is None or row["archived"]:
                errors.append(an_error("OBJECT_NOT_FOUND", {"ids": [each["id"]]}))
            else:
                found.append(selected(row, asked.body["properties"]))
        return answered(found, errors)

    def _write(self, object_type: str, asked: Asked) -> Given:
        results: list[Row] = []
        errors: list[Row] = []
        for each in asked.body["inputs"]:
            if not all(isinstance(value, str) for value in each["properties"].values()):
                return self.wrong(asked, "every value is text")
            known = self._known(object_type, each["id"], each.get("idProperty")) if "id" in each else None
            trace = {"objectWriteTraceId": [each["objectWriteTraceId"]]}
            if each["properties"].get("name") == REFUSED:
                errors.append(an_error("VALIDATION_ERROR", {**trace, "propertyName": ["name"]}))
            elif asked.path.endswith("/update") and (known is None or known["archived"]):
                errors.append(an_error("OBJECT_NOT_FOUND", {**trace, "ids": [each["id"]]}))
            else:
                named = {each["idProperty"]: each["id"]} if "idProperty" in each else {}
                row = self._keep(object_type, known["id"] if known else None, {**each["properties"], **named})
                results.append({**selected(row, row["properties"]), "objectWriteTraceId": each["objectWriteTraceId"]})
        if OUT_OF_ORDER in self.tricks:
            results.reverse()
        return answered(results[:-1] if TOO_SHORT in self.tricks else results, errors)

    def _archived(self, object_type: str, asked: Asked) -> Given:
        for each in asked.body["inputs"]:
            if each["id"] in self.objects[object_type]:
                self._end(object_type, each["id"])
        return Given(204)

    def _linked(self, asked: Asked, of: str, to: str, _batch: str, verb: str) -> Given:
        inputs = asked.body["inputs"]
        if verb == "read":
            ids = {
                each["id"]: [link[3] for link in sorted(self.links) if link[:3] == (of, each["id"], to)]
                for each in inputs
            }
            return answered(
                [
                    {"from": {"id": one}, "to": [{"toObjectId": int(each)} for each in some]}
                    for one, some in ids.items()
                    if some
                ],
                [],
            )
        if verb == "associate/default":
            for each in inputs:
                self.link(of, each["from"]["id"], to, each["to"]["id"])
            return Given(200, {"status": "COMPLETE", "results": []})
        if verb != "archive":
            return self.wrong(asked, "no such verb")
        gone = {(of, each["from"]["id"], to, other["id"]) for each in inputs for other in each["to"]}
        self.links -= gone | {(to, d, of, b) for _, b, _, d in gone}
        return Given(204)

    def _known(self, object_type: str, external_id: str, id_property: str | None) -> Row | None:
        rows = self.objects[object_type]
        if id_property is None:
            return rows.get(external_id)
        live = (row for row in rows.values() if not row["archived"])
        return next((row for row in live if row["properties"].get(id_property) == external_id), None)

    def _end(self, object_type: str, external_id: str) -> None:
        self.objects[object_type][external_id] |= {"archived": True, "archivedAt": written(self.time())}

    def _keep(self, object_type: str, external_id: str | None, properties: Mapping[str, str]) -> Row:
        self._numbers += 1
        at = written(self.time())
        known = self.objects[object_type].get(external_id or "", {"id": str(self._numbers), "properties": {}})
        modified = {TIMES.get(object_type, "hs_lastmodifieddate"): at, "hs_object_id": known["id"]}
        values = {**known["properties"], **properties, **modified}
        row = {"id": known["id"], "properties": values, "updatedAt": at, "archived": False}
        self.objects[object_type][row["id"]] = row
        return row
