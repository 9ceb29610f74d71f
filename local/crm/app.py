"""The sample CRM as one ASGI application: everything is put together here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from local.crm.control import Control
from local.crm.counts import Counts
from local.crm.courier import Courier
from local.crm.events import Events
from local.crm.faults import Faults
from local.crm.gate import Gate
from local.crm.moments import ForwardClock, system_clock
from local.crm.problems import Problem
from local.crm.records_api import RecordsApi
from local.crm.replays import Replays
from local.crm.resources import RESOURCES
from local.crm.store import Store
from local.crm.webhooks_api import WebhooksApi

RETRY_SECONDS = (1.0, 5.0, 30.0, 300.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """How one sample CRM is run; a webhook address is told of every event."""

    database: str = ":memory:"
    token: str = field(default="", repr=False)
    webhook_url: str = ""
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_retry_seconds: tuple[float, ...] = RETRY_SECONDS


def build_app(settings: Settings) -> ASGIApp:
    """Return the CRM, with its database open."""
    store = Store(settings.database)
    faults, counts = Faults(), Counts()
    courier = Courier(settings.webhook_retry_seconds)
    events = Events(store, courier, faults)
    if settings.webhook_url:
        events.register(settings.webhook_url, ["*"], settings.webhook_secret)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        courier.start()
        yield
        courier.stop()
        store.close()

    clock = ForwardClock(system_clock)
    answering = [RecordsApi(resource, store, events, clock) for resource in RESOURCES.values()]
    control = Control(faults, counts, events.forget, events.let_go)
    routes = [*WebhooksApi(events, courier).routes(), *control.routes(), *Replays(events).routes()]
    routes += [route for each in answering for route in each.routes()]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: as_problem})
    return Gate(app, settings.token, faults, counts)


async def as_problem(request: Request, error: Exception) -> Response:
    """Answer what the router refuses (no such path, no such method) like every other refusal."""
    if not isinstance(error, HTTPException):
        raise error
    return Problem(error.status_code, f"{request.method} {request.url.path}").response(error.headers)
