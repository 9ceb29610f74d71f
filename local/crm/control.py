"""The routes beside the API by which a test or the demo leads the stand-in: faults, counts, reset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.crm.counts import Counts
from local.crm.faults import Faults
from local.crm.incoming import read_json
from local.crm.problems import Problem, wrong_fields


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Control:
    """Answers for `/control/`. `on_faults` is told when faults were set, `forget` forgets all records,
    and with true the webhooks as well."""

    faults: Faults
    counts: Counts
    forget: Callable[[bool], None]
    on_faults: Callable[[], None] = _nothing

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/control/faults", self.show_faults, methods=["GET"]),
            Route("/control/faults", self.set_faults, methods=["PUT", "POST"]),
            Route("/control/counts", self.show_counts, methods=["GET"]),
            Route("/control/reset", self.reset, methods=["POST"]),
        ]

    async def show_faults(self, request: Request) -> Response:
        """Answer all faults and how often each will still strike."""
        del request
        return JSONResponse(self.faults.model_dump(mode="json"))

    async def set_faults(self, request: Request) -> Response:
        """Set the faults that are given, each as a whole; the others stay."""
        given = await read_json(request)
        if isinstance(given, Problem):
            return given.response()
        try:
            wanted = Faults.model_validate(given)
        except ValidationError as error:
            return wrong_fields(error).response()
        for name in wanted.model_fields_set:
            setattr(self.faults, name, getattr(wanted, name))
        self.on_faults()
        return await self.show_faults(request)

    async def show_counts(self, request: Request) -> Response:
        """Answer the calls since the last reset."""
        del request
        return JSONResponse(self.counts.report())

    async def reset(self, request: Request) -> Response:
        """Switch all faults off and count from nothing; `?forget=records` or `all` (webhooks too) forgets as well."""
        calm: dict[str, Any] = dict(Faults())
        for name, fault in calm.items():
            setattr(self.faults, name, fault)
        self.on_faults()
        forgotten = request.query_params.get("forget")
        if forgotten in ("records", "all"):
            self.forget(forgotten == "all")
        self.counts.reset()
        return Response(status_code=204)
