"""The routes of webhooks: who wants to hear of what, and what became of every delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.crm.courier import Courier, Webhook
from local.crm.events import ALL_TYPES, Events
from local.crm.incoming import read_json
from local.crm.problems import Problem, wrong_fields
from local.crm.resources import RESOURCES
from local.crm.signing import is_secret

_WANTED = ALL_TYPES | {"*"} | {f"{resource.one}.*" for resource in RESOURCES.values()}


def _known(event_type: str) -> str:
    if event_type not in _WANTED:
        raise ValueError(f"no such event; there are {', '.join(sorted(_WANTED))}")
    return event_type


def _proper(secret: str | None) -> str | None:
    if secret is not None and not is_secret(secret):
        raise ValueError("whsec_ and base64 of 24 to 64 bytes is wanted")
    return secret


class Registration(BaseModel):
    """A request to be told; without a secret one is made."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    url: str = Field(pattern=r"^https?://")
    events: list[Annotated[str, AfterValidator(_known)]] = Field(min_length=1)
    secret: Annotated[str | None, AfterValidator(_proper)] = None


@dataclass(frozen=True, slots=True)
class WebhooksApi:
    """Answers for webhooks."""

    events: Events
    courier: Courier

    def routes(self) -> list[Route]:
        """Return the routes."""
        path = "/api/v1/webhooks"
        return [
            Route(path, self.page, methods=["GET"]),
            Route(path, self.register, methods=["POST"]),
            Route(path + "/deliveries", self.deliveries, methods=["GET"]),
            Route(path + "/{id}", self.unregister, methods=["DELETE"]),
        ]

    async def page(self, request: Request) -> Response:
        """Answer all webhooks, without their secrets."""
        del request
        return JSONResponse({"data": [_public(each) for each in self.events.webhooks()], "next": None})

    async def register(self, request: Request) -> Response:
        """Note a new webhook and answer it with its secret, this once."""
        given = await read_json(request)
        if isinstance(given, Problem):
            return given.response()
        try:
            wanted = Registration.model_validate(given)
        except ValidationError as error:
            return wrong_fields(error).response()
        webhook = self.events.register(wanted.url, wanted.events, wanted.secret)
        return JSONResponse({**_public(webhook), "secret": webhook.secret}, 201)

    async def unregister(self, request: Request) -> Response:
        """Forget a webhook."""
        webhook_id = request.path_params["id"]
        if not self.events.unregister(webhook_id):
            return Problem(404, f"no webhook {webhook_id}").response()
        return Response(status_code=204)

    async def deliveries(self, request: Request) -> Response:
        """Answer how many deliveries are pending, and every attempt so far."""
        del request
        return JSONResponse(self.courier.report())


def _public(webhook: Webhook) -> dict[str, Any]:
    return {"id": webhook.id, "url": webhook.url, "events": list(webhook.events)}
