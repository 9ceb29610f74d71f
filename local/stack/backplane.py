"""Answers the AWS calls that moto would answer wrongly or slowly; everything else goes on to moto.

Two doors lead here: botocore's `before-call` event, for clients in this process, and the WSGI application of the
loopback port, for other processes. Both see the same tables, queues and functions. Calls that a running function makes
are held against its role first.
"""

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from botocore.handlers import BUILTIN_HANDLERS
from botocore.response import StreamingBody

from local.stack.dynamodb.errors import Refused
from local.stack.dynamodb.operations import OPERATIONS as ITEM_OPERATIONS
from local.stack.dynamodb.operations import ItemStore
from local.stack.dynamodb.stream_reading import OPERATIONS as STREAM_OPERATIONS
from local.stack.dynamodb.values import with_bytes
from local.stack.permissions import Denied, Permissions, function_arn
from local.stack.queues.errors import QueueRefused
from local.stack.queues.service import OPERATIONS as QUEUE_OPERATIONS
from local.stack.queues.service import QueueService
from local.stack.runtime.function import running

Json = dict[str, Any]
Door = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]

_ITEM_TARGET = "DynamoDB_20120810"
_SERVICE_OF_TARGET = {_ITEM_TARGET: "dynamodb", "AmazonSQS": "sqs", "AWSEvents": "events"}
_SERVICE_OF_TARGET["DynamoDBStreams_20120810"] = "dynamodbstreams"
_INVOKE_PATH = "/2015-03-31/functions/"


class Rules(Protocol):
    """Where events go."""

    def put(self, entries: list[Json]) -> Json:
        """The answer of PutEvents."""


class Functions(Protocol):
    """Where invocations go."""

    def invoke(self, name: str, payload: bytes, kind: str) -> "Invoked | None":
        """The answer of Invoke; None if there is no such function."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """The answer of Lambda's Invoke."""

    status: int
    payload: bytes
    error: str | None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Json
    error: tuple[str, str] | None = None


class Backplane:
    """The services of one running stack."""

    def __init__(self, items: ItemStore, queues: QueueService, permissions: Permissions) -> None:
        self.items, self.queues, self.permissions = items, queues, permissions
        self.rules: Rules | None = None
        self.functions: Functions | None = None

    def answer(self, service: str, operation: str, body: Json) -> _Answer | None:
        """The answer to a call in JSON, or None if moto is to answer."""
        try:
            self._check(service, operation, body)
            if service == "dynamodb" and operation in ITEM_OPERATIONS:
                return _Answer(200, self.items.serve(operation, body))
            if service == "dynamodbstreams" and operation in STREAM_OPERATIONS:
                return _Answer(200, self.items.serve_stream(operation, body))
            if service == "sqs" and operation in QUEUE_OPERATIONS:
                return _Answer(200, self.queues.serve(operation, body))
            if service == "sqs" and operation == "StartMessageMoveTask":
                return _Answer(200, self._move(body))
            if service == "events" and operation == "PutEvents" and self.rules is not None:
                return _Answer(200, self.rules.put(body["Entries"]))
        except Refused as refused:
            return _Answer(400, refused.members, (refused.code, refused.message))
        except QueueRefused as refused:
            return _Answer(400, {}, (refused.code, refused.message))
        except Denied as denied:
            return _Answer(400, {}, ("AccessDeniedException", denied.message))
        return None

    def invoke(self, name: str, payload: bytes, kind: str) -> Invoked | None:
        """The answer to Lambda's Invoke; None if there is no such function."""
        function = running.get()
        if function is not None:
            self.permissions.check(function.role, "lambda:InvokeFunction", function_arn(name))
        return None if self.functions is None else self.functions.invoke(name, payload, kind)

    def _check(self, service: str, operation: str, body: Json) -> None:
        function = running.get()
        if function is not None:
            self.permissions.check_call(function.role, service, operation, body)

    def _move(self, body: Json) -> Json:
        self.queues.move(body["SourceArn"], body.get("DestinationArn"))
        return {"TaskHandle": str(uuid.uuid4())}


_active: Backplane | None = None
_switch = threading.Lock()


def activate(backplane: Backplane | None) -> None:
    """Makes the calls of this process go to this backplane; None ends it."""
    global _active
    with _switch:
        if backplane is not None and _active is not None:
            raise RuntimeError("a local stack is already running in this process")
        _active = backplane


class _Response:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.headers: dict[str, str] = {}


def _before_call(model: Any, params: Mapping[str, Any], **_: Any) -> tuple[_Response, Json] | None:
    """botocore's event: a returned answer is taken in place of a request over HTTP."""
    backplane = _active
    if backplane is None or ".amazonaws.com" not in params["url"]:
        return None
    service, operation = model.service_model.service_name, model.name
    if service == "lambda" and operation == "Invoke":
        return _invoked(backplane, params)
    answer = backplane.answer(service, operation, _body(params))
    if answer is None:
        return None
    parsed = with_bytes(answer.body) if service.startswith("dynamodb") else answer.body
    metadata = {"RequestId": str(uuid.uuid4()), "HTTPStatusCode": answer.status, "HTTPHeaders": {}, "RetryAttempts": 0}
    result = {**parsed, "ResponseMetadata": metadata}
    if answer.error is not None:
        result["Error"] = {"Code": answer.error[0], "Message": answer.error[1]}
        result["message"] = answer.error[1]
    return _Response(answer.status), result


def _invoked(backplane: Backplane, params: Mapping[str, Any]) -> tuple[_Response, Json] | None:
    name = params["url_path"].removeprefix(_INVOKE_PATH).removesuffix("/invocations")
    kind = params["headers"].get("X-Amz-Invocation-Type", "RequestResponse")
    payload = params["body"] or b""
    data = payload.encode() if isinstance(payload, str) else payload if isinstance(payload, bytes) else payload.read()
    result = backplane.invoke(name, data, kind)
    if result is None:
        return None
    metadata = {"RequestId": str(uuid.uuid4()), "HTTPStatusCode": result.status, "HTTPHeaders": {}, "RetryAttempts": 0}
    body = StreamingBody(BytesIO(result.payload), len(result.payload))
    parsed: Json = {"StatusCode": result.status, "Payload": body, "ResponseMetadata": metadata}
    if result.error is not None:
        parsed["FunctionError"] = result.error
    return _Response(result.status), parsed


def _body(params: Mapping[str, Any]) -> Json:
    raw = params["body"]
    if isinstance(raw, dict):  # the form of older services, such as SNS, before it is written down
        return raw
    if not raw or not isinstance(raw, (str, bytes)):
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def door(backplane: Backplane, beyond: Door) -> Door:
    """A WSGI application that answers what the backplane answers and hands on everything else."""

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        target, _, operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).partition(".")
        service = _SERVICE_OF_TARGET.get(target)
        path = str(environ.get("PATH_INFO", ""))
        if service is None and not (path.startswith(_INVOKE_PATH) and path.endswith("/invocations")):
            return beyond(environ, start_response)
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        again = {**environ, "wsgi.input": BytesIO(raw)}
        if service is None:
            name = path.removeprefix(_INVOKE_PATH).removesuffix("/invocations")
            kind = str(environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse"))
            result = backplane.invoke(name, raw, kind)
            return beyond(again, start_response) if result is None else _send_invoked(result, start_response)
        answer = backplane.answer(service, operation, json.loads(raw or b"{}"))
        return beyond(again, start_response) if answer is None else _send(target, answer, start_response)

    return application


def _send(target: str, answer: _Answer, start_response: Callable[..., Any]) -> Iterable[bytes]:
    body, version = answer.body, "1.1" if target == "AWSEvents" else "1.0"
    headers = [("Content-Type", f"application/x-amz-json-{version}"), ("x-amzn-RequestId", str(uuid.uuid4()))]
    if answer.error is not None:
        code, message = answer.error
        body = {**body, "__type": f"com.amazonaws#{code}", "message": message}
        headers.append(("x-amzn-query-error", f"{code};Sender"))
    content = json.dumps(body).encode()
    start_response(f"{answer.status} {'OK' if answer.status == 200 else 'Bad Request'}", [*headers, _length(content)])
    return [content]


def _send_invoked(result: Invoked, start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", "$LATEST"), _length(result.payload)]
    if result.error is not None:
        headers.append(("X-Amz-Function-Error", result.error))
    start_response(f"{result.status} OK", headers)
    return [result.payload]


def _length(content: bytes) -> tuple[str, str]:
    return "Content-Length", str(len(content))


BUILTIN_HANDLERS.append(("before-call", _before_call))
