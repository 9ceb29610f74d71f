"""The routes of the HTTP API, read from the API as deployed: which function a method and path belong to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local.stack.deployment import Deployment, Resource
from local.stack.names import ACCOUNT, REGION

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method")
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_ARN_IN_URI = re.compile(r"/functions/(arn:[^/]+)/invocations$")
_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, and the function behind it."""

    api_id: str
    method: str
    path: str
    function_arn: str
    pattern: re.Pattern[str]
    guard: str = ""
    """Who looks at the caller first: `iam`, `jwt`, or nobody."""

    @property
    def key(self) -> str:
        """As API Gateway writes it: `POST /webhooks/{system}`."""
        return f"{self.method} {self.path}"

    def source_arn(self) -> str:
        """What a permission of the function has to cover."""
        path = _PARAMETER.sub("x", self.path)
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.api_id}/$default/{self.method}{path}"


class Routes:
    """All routes of all APIs that have a stage; a path that takes everything comes last, as at API Gateway."""

    def __init__(self, deployment: Deployment) -> None:
        staged = {str(each.properties["ApiId"]) for each in deployment.of_type("AWS::ApiGatewayV2::Stage")}
        apis = [each for each in deployment.of_type("AWS::ApiGatewayV2::Api") if each.physical_id in staged]
        self.routes = sorted((route for api in apis for route in _routes(api)), key=lambda each: "+}" in each.path)

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a request and its path parameters, decoded; None if there is none."""
        for route in self.routes:
            match = route.pattern.fullmatch(raw_path)
            if match is not None and route.method in (method, "ANY"):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def _routes(api: Resource) -> Iterator[Route]:
    body = api.properties.get("Body", {})
    schemes = body.get("components", {}).get("securitySchemes", {})
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            if method in _METHODS and _INTEGRATION in operation:
                yield _route(api, path, method, operation[_INTEGRATION], _guard(api, operation, schemes))


def _guard(api: Resource, operation: dict[str, Any], schemes: dict[str, Any]) -> str:
    """How the operation's callers are recognised; ValueError for a way that is not known here."""
    named = [schemes[name] for each in operation.get("security", []) for name in each]
    kinds = ["jwt" if _AUTHORIZER in each else each.get("x-amazon-apigateway-authtype", "") for each in named]
    if not kinds:
        return ""
    if kinds not in (["awsSigv4"], ["jwt"]):
        raise ValueError(f"{api.logical_id}: only AWS's signature or one JWT authorizer is played here, not {kinds}")
    return "iam" if kinds == ["awsSigv4"] else "jwt"


def _route(api: Resource, path: str, method: str, integration: dict[str, Any], guard: str) -> Route:
    function = _ARN_IN_URI.search(integration["uri"])
    if integration["type"].lower() != "aws_proxy" or integration["payloadFormatVersion"] != "2.0" or function is None:
        raise ValueError(
            f"{api.logical_id} {method} {path}: only a Lambda proxy with payload format 2.0 is driven here"
        )
    word = "ANY" if method.startswith("x-") else method.upper()
    return Route(api.physical_id, word, path, function.group(1), _pattern(path), guard)


def _pattern(path: str) -> re.Pattern[str]:
    parts: list[str] = []
    at = 0
    for match in _PARAMETER.finditer(path):
        parts += [re.escape(path[at : match.start()]), f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"]
        at = match.end()
    return re.compile("".join([*parts, re.escape(path[at:])]))
