"""The route by which every webhook of the past is sent once more: late, twice, in any order."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.crm.events import Events, Replay
from local.crm.problems import Problem

MOST_TIMES = 100


@dataclass(frozen=True, slots=True)
class Replays:
    """Answers for `POST /control/webhooks/replay?shuffle=1&times=2&seed=7`."""

    events: Events

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/control/webhooks/replay", self.replay, methods=["POST"])]

    async def replay(self, request: Request) -> Response:
        """Send all past events again and answer how many deliveries that makes."""
        query = request.query_params
        times, seed = query.get("times", "1"), query.get("seed", "0")
        if not (times.isdecimal() and seed.isdecimal() and 1 <= int(times) <= MOST_TIMES):
            return Problem(400, f"times must be 1 to {MOST_TIMES}, seed a number").response()
        queued = self.events.replay(Replay(int(times), query.get("shuffle") == "1", int(seed)))
        return JSONResponse({"queued": queued})
