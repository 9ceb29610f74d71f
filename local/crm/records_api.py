"""The routes of one resource: list, create, read, change, archive, and many writes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.crm import writes
from local.crm.events import Events
from local.crm.incoming import read_json
from local.crm.listing import cursor, read_query
from local.crm.moments import ForwardClock, written
from local.crm.operations import Operation, read_operations
from local.crm.problems import Problem
from local.crm.resources import Resource
from local.crm.store import Row, Store
from local.crm.writes import Written


@dataclass(frozen=True, slots=True)
class RecordsApi:
    """Answers for one resource, in the server's only thread: two requests never meet in the database."""

    resource: Resource
    store: Store
    events: Events
    clock: ForwardClock

    def routes(self) -> list[Route]:
        """Return the routes of the resource."""
        many = f"/api/v1/{self.resource.name}"
        one = many + "/{id}"
        return [
            Route(many + ":batch", self.batch, methods=["POST"]),
            Route(many, self.page, methods=["GET"]),
            Route(many, self.create, methods=["POST"]),
            Route(one, self.read, methods=["GET"]),
            Route(one, self.update, methods=["PATCH"]),
            Route(one, self.archive, methods=["DELETE"]),
        ]

    async def page(self, request: Request) -> Response:
        """Answer one page of the list: `{"data": […], "next": cursor or null}`."""
        wanted = read_query(self.resource, request.query_params)
        if isinstance(wanted, Problem):
            return wanted.response()
        rows = self.store.page(self.resource.name, replace(wanted, limit=wanted.limit + 1))
        shown = rows[: wanted.limit]
        onwards = cursor(shown[-1]) if len(rows) > len(shown) else None
        return JSONResponse({"data": [row.body() for row in shown], "next": onwards})

    async def create(self, request: Request) -> Response:
        """Make one record and answer it whole, 201."""
        given = await read_json(request)
        return given.response() if isinstance(given, Problem) else _shown(self._carry_out([Operation.create(given)])[0])

    async def read(self, request: Request) -> Response:
        """Answer one record, or 304 to whoever has this version."""
        row = writes.look_up(self.store, self.resource, request.path_params["id"])
        if isinstance(row, Problem):
            return row.response()
        if etag(row) in [each.strip() for each in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers={"ETag": etag(row)})
        return JSONResponse(row.body(), headers={"ETag": etag(row)})

    async def update(self, request: Request) -> Response:
        """Change the given fields of one record and answer it whole."""
        given = await read_json(request)
        if isinstance(given, Problem):
            return given.response()
        operation = Operation("update", request.path_params["id"], _if_match(request), given)
        return _shown(self._carry_out([operation])[0])

    async def archive(self, request: Request) -> Response:
        """Archive one record, 204."""
        result = self._carry_out([Operation("archive", request.path_params["id"], _if_match(request), {})])[0]
        return result.response() if isinstance(result, Problem) else Response(status_code=204)

    async def batch(self, request: Request) -> Response:
        """Carry out up to a hundred writes, each for itself, and answer their results in the same order."""
        given = await read_json(request)
        operations = given if isinstance(given, Problem) else read_operations(given)
        if isinstance(operations, Problem):
            return operations.response()
        return JSONResponse([_result(each) for each in self._carry_out(operations)])

    def _carry_out(self, operations: Sequence[Operation | Problem]) -> list[Written | Problem]:
        """Write all that can be written at one moment of time, then send the events."""
        now = written(self.clock())
        results: list[Written | Problem] = []
        events = []
        with self.store.transaction():
            for operation in operations:
                result = operation if isinstance(operation, Problem) else self._write(operation, now)
                results.append(result)
                if isinstance(result, Written) and result.happened:
                    events.append(self.events.record(result.happened, result.row))
        self.events.send(events)
        return results

    def _write(self, operation: Operation, now: str) -> Written | Problem:
        if operation.op == "create":
            return writes.create(self.store, self.resource, operation.fields, now)
        if operation.op == "update":
            return writes.update(self.store, self.resource, operation.id, operation.fields, operation.if_match, now)
        return writes.archive(self.store, self.resource, operation.id, operation.if_match, now)


def etag(row: Row) -> str:
    """Return the strong ETag of a record: its version, in quotes."""
    return f'"{row.version}"'


def _if_match(request: Request) -> str | None:
    return request.headers.get("if-match", "").strip().strip('"') or None


def _shown(result: Written | Problem) -> Response:
    if isinstance(result, Problem):
        return result.response()
    row = result.row
    headers = {"ETag": etag(row), "Location": f"/api/v1/{row.resource}/{row.id}"}
    return JSONResponse(row.body(), result.status, headers)


def _result(result: Written | Problem) -> dict[str, Any]:
    if isinstance(result, Problem):
        return {"status": result.status, "id": result.extra.get("id"), "error": result.body()}
    return {"status": result.status, "id": result.row.id, "body": result.row.body()}
