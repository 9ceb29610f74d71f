"""What all routes share: they are declared on an `Api`, each with the scope that it needs, in one place.

A family of routes is a function `add_routes(api, parts)`:

    @api.get("/status", Scope.READ, "How every system is")
    def status() -> StatusAnswer: …

Path, query and body are read by the types of the function's parameters; the answer is checked by the type that it
returns; the OpenAPI description is made from both. What cannot be done is raised as `Refusal`; `TryAgain` becomes 503.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from http import HTTPStatus
from re import Match
from threading import Lock
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from shared.aws.api.callers import NO_TRUST, NOBODY, Caller, Scope, Trust, caller_of
from shared.aws.api.problems import Mistake, Problem, Refusal, answer_of, documented
from shared.aws.invocation import Context
from shared.core.errors import NeedsAPerson, TryAgain
from shared.core.personal import masked
from shared.core.values import Value

Handler = TypeVar("Handler", bound=Callable[..., Any])

_EVERYWHERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_caller: ContextVar[Caller] = ContextVar("caller", default=NOBODY)
_one_at_a_time = Lock()
"""Powertools keeps the request in a variable of its class; on Lambda a process serves one at a time anyway."""


class _Resolver(APIGatewayHttpResolver):
    """Reads the parts of a path as they are meant: `a%2Fb` is `a/b`."""

    def _convert_matches_into_route_keys(self, match: Match[str]) -> dict[str, str]:
        return {name: unquote(part) for name, part in match.groupdict().items()}


class Api:
    """The routes of the API."""

    def __init__(self, trust: Trust = NO_TRUST) -> None:
        """Begin without routes."""
        self._trust = trust
        self.resolver = _Resolver(enable_validation=True)
        self.scopes: dict[tuple[str, str], Scope] = {}
        self._add_problems()

    @property
    def caller(self) -> Caller:
        """Return who makes the request that is being served."""
        return _caller.get()

    def shown(self, entity: str, path: str, value: Value) -> Value:
        """Return a value of a record as the caller may see it: personal data needs `operate`."""
        return value if self.caller.may(Scope.OPERATE) else masked(entity, path, value)

    def in_text(self, entity: str, path: str, value: Value) -> str | None:
        """Return such a value as text: what is not there is nothing, a moment is ISO 8601 in UTC."""
        shown = self.shown(entity, path, value)
        if shown is None:
            return None
        if isinstance(shown, datetime):
            return shown.astimezone(UTC).isoformat()
        return str(shown).lower() if isinstance(shown, bool) else str(shown)

    def get(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare what answers GET; `{name}` in the path is a parameter of the function."""
        return self._route("GET", path, scope, summary, more)

    def post(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare what answers POST."""
        return self._route("POST", path, scope, summary, more)

    def put(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare what answers PUT."""
        return self._route("PUT", path, scope, summary, more)

    def delete(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare what answers DELETE."""
        return self._route("DELETE", path, scope, summary, more)

    def answer(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Answer one request of API Gateway (payload 2.0)."""
        token = _caller.set(caller_of(event, self._trust))
        try:
            if self.caller != NOBODY and not _is_readable(event):
                return _told(_NOT_JSON)
            with _one_at_a_time:
                return self.resolver.resolve({**event, "rawPath": _plain(event)}, cast(Any, context))
        finally:
            _caller.reset(token)

    def _route(
        self, method: str, path: str, scope: Scope, summary: str, more: Mapping[str, Any]
    ) -> Callable[[Handler], Handler]:
        self.scopes[method, path] = scope
        problems = (*_EVERYWHERE, *more.get("problems", ()))
        if "{" in path:
            problems = (*problems, HTTPStatus.NOT_FOUND)

        def declare(handler: Handler) -> Handler:
            name = handler.__name__
            declared = self.resolver.route(
                rule=path.replace("{", "<").replace("}", ">"),
                method=method,
                summary=summary,
                description=more.get("description"),
                tags=[more.get("family", path.strip("/").split("/")[0])],
                responses={200: {"description": more.get("answers", "Done.")}, **documented(*problems)},
                security=[{"token": [scope.word]}],
                operation_id=name,
                middlewares=[_needing(scope)],
            )
            return declared(handler)

        return declare

    def _add_problems(self) -> None:
        handle = self.resolver.exception_handler
        handle(Refusal)(lambda refusal: answer_of(refusal.problem))
        handle(RequestValidationError)(lambda error: answer_of(_unreadable(error)))
        handle(NeedsAPerson)(lambda error: answer_of(_senseless(error)))
        handle(TryAgain)(lambda error: answer_of(_busy(error)))
        self.resolver.not_found(lambda _: answer_of(_NO_ROUTE))


def _is_readable(event: Mapping[str, Any]) -> bool:
    """Tell whether a body, if there is one, is JSON that can be stored: text in UTF-8, numbers that are numbers."""
    body = event.get("body")
    if not body:
        return True
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if not headers.get("content-type", "application/json").lower().startswith("application/json"):
        return False
    try:
        text = b64decode(body).decode() if event.get("isBase64Encoded") else body
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # no base64, no UTF-8, no JSON, half a character, a number of 5,000 digits
        return False
    return True


def _told(problem: Problem) -> dict[str, Any]:
    answer = answer_of(problem)
    headers = {"Content-Type": answer.headers["Content-Type"]}
    return {"statusCode": answer.status_code, "headers": headers, "body": answer.body, "isBase64Encoded": False}


def _plain(event: Mapping[str, Any]) -> str:
    """Return the path with what is percent-encoded in its parts written plainly; a slash in one stays encoded."""
    return unquote(re.sub("%2f", "%252F", str(event.get("rawPath", "/")), flags=re.IGNORECASE))


def _needing(scope: Scope) -> Callable[..., Response[Any]]:
    """Return what lets only callers with a scope through to a route."""

    def check(app: Any, next_middleware: Callable[[Any], Response[Any]]) -> Response[Any]:
        caller = _caller.get()
        if caller == NOBODY:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "nobody vouches for this call",
                "sign it with AWS credentials, or send a token of the configured issuer",
            )
        if not caller.may(scope):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"this needs the scope {scope.word}",
                _REMEDIES[scope],
            )
        return next_middleware(app)

    return check


_REMEDIES = {
    Scope.READ: "ask for a token with the scope tandem/read",
    Scope.OPERATE: "ask for a token with the scope tandem/operate, or for your role to be named in OperateCallers",
    Scope.ADMIN: "ask for a token with the scope tandem/admin, or for your role to be named in AdminCallers",
}
_NO_ROUTE = Problem(
    title=HTTPStatus.NOT_FOUND.phrase,
    status=HTTPStatus.NOT_FOUND,
    detail="there is nothing here",
    remedy="GET /openapi.json lists what there is",
)
_NOT_JSON = Problem(
    title=HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
    status=HTTPStatus.UNPROCESSABLE_ENTITY,
    detail="the body is no JSON",
    remedy="send JSON with content-type application/json",
)


def _busy(error: TryAgain) -> Problem:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(title=status.phrase, status=status, detail=str(error), remedy="send the same request again")


def _senseless(error: NeedsAPerson) -> Problem:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    remedy = "a part of the request is too long or empty: look at it once more"
    return Problem(title=status.phrase, status=status, detail=str(error), remedy=remedy)


def _unreadable(error: RequestValidationError) -> Problem:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    mistakes = [
        Mistake(where=".".join(str(part) for part in found.get("loc", ())), what=str(found.get("msg", "")))
        for found in error.errors()
    ]
    return Problem(
        title=status.phrase,
        status=status,
        detail="the request cannot be read",
        remedy="put right what `mistakes` lists; GET /openapi.json says what is taken",
        mistakes=mistakes,
    )


def described(api: Api) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of all routes, as GET /openapi.json answers it."""
    text = api.resolver.get_openapi_json_schema(
        title="Tandem",
        version="1",
        openapi_version="3.1.0",
        description="See, decide and repair what keeps your systems in step.",
        security_schemes={"token": _TOKEN},
    )
    found: dict[str, Any] = json.loads(text)
    schemas = found["components"]["schemas"]
    schemas["Problem"] = _schema()
    schemas["Refused"] = {
        "title": "Refused",
        "description": "API Gateway refused the call: nobody vouches for it, or there are too many.",
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string"}},
    }
    for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(unused, None)
    return found


_TOKEN = HTTPBearer(
    description="A token of the configured issuer with the scope that is named; without an issuer, AWS's signature."
)


def _schema() -> dict[str, Any]:
    """Return the schema of a problem, whole in one place."""
    schema = Problem.model_json_schema()
    mistakes = schema.pop("$defs")["Mistake"]
    schema["properties"]["mistakes"]["items"] = mistakes
    return schema
