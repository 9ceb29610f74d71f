"""What every request passes before its resource answers: counted, let in by token, and met by the faults.

The gate stands around the application (ASGI), because a lost reply is no answer at all: the request is carried out,
its answer thrown away, and the connection cut (`serving` lays the scissors into the scope).
"""

from __future__ import annotations

import asyncio
import hmac
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.crm.counts import READING, Counts
from local.crm.faults import Faults
from local.crm.moments import system_clock
from local.crm.problems import Problem

_RESOURCE = re.compile(r"^/api/v1/([a-z]+)")


class Gate:
    """Guards `/api/v1/`; whatever lies beside it, such as `/control/`, is open. Without a token all may enter."""

    def __init__(self, app: ASGIApp, token: str, faults: Faults, counts: Counts) -> None:
        self._app = app
        self._token = token
        self._faults = faults
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = _RESOURCE.match(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        self._counts.called(found[1], scope["method"])
        await self._meet(found[1], scope, receive, self._counted(send))

    async def _meet(self, resource: str, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._may_enter(scope):
            await Problem(401, "a valid bearer token is wanted").response({"WWW-Authenticate": "Bearer"})(
                scope, receive, send
            )
            return
        if self._faults.slow.strikes(resource):
            await asyncio.sleep(self._faults.slow.seconds)
        refusal = self._refusal(resource)
        if refusal is not None:
            status, headers, is_carried_out = refusal
            if is_carried_out:
                await self._app(scope, receive, _nowhere)
            await Problem(status, "switched on at /control/faults").response(headers)(scope, receive, send)
        elif scope["method"] not in READING and self._faults.lost_reply.strikes(resource):
            await self._lose_reply(scope, receive)
        else:
            await self._app(scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        shown = Headers(scope=scope).get("authorization", "")
        return not self._token or hmac.compare_digest(shown.encode(), f"Bearer {self._token}".encode())

    def _refusal(self, resource: str) -> tuple[int, dict[str, str], bool] | None:
        too_many, server_error = self._faults.too_many, self._faults.server_error
        if too_many.strikes(resource):
            return 429, {"Retry-After": too_many.header(system_clock())}, False
        if server_error.strikes(resource):
            return server_error.status, {}, server_error.after_write
        return None

    async def _lose_reply(self, scope: Scope, receive: Receive) -> None:
        await self._app(scope, receive, _nowhere)
        self._counts.answered(0)
        scope["extensions"]["cut"]()
        while (await receive())["type"] != "http.disconnect":
            pass

    def _counted(self, send: Send) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counts.answered(message["status"])
            await send(message)

        return counting


async def _nowhere(message: Message) -> None:
    """Take an answer that nobody will see."""
    del message
