"""A stack that answers as a test says: AWS's API as far as the command needs it, over a socket of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

STACK = (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>'
    "<member><StackName>one</StackName><CreationTime>2026-11-22T00:00:00Z</CreationTime>"
    "<StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member><OutputKey>ServeApiName</OutputKey>"
    "<OutputValue>serve-api</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult>"
    "</DescribeStacksResponse>"
)


@dataclass
class StandIn:
    """The stack: its port, and what the operators' API was asked."""

    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def target(self) -> str:
        """Return what `--target` is told."""
        return f"local:{self.port}"


@contextmanager
def standing(answer: Callable[[Mapping[str, str]], dict[str, Any]]) -> Iterator[StandIn]:
    """Run a stack whose API answers a query with what `answer` returns."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        """Answers for CloudFormation and Lambda."""

        def do_GET(self) -> None:
            """Say which stack this is."""
            self._send(json.dumps({"aws": f"http://127.0.0.1:{stand_in.port}", "stack": "one"}))

        def do_POST(self) -> None:
            """Describe the stack, or call its API."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not self.path.endswith("/invocations"):
                self._send(STACK, "text/xml")
                return
            event = json.loads(body)
            stand_in.asked.append({"path": event["rawPath"], **event["queryStringParameters"]})
            told = answer(event["queryStringParameters"])
            self._send(json.dumps({"statusCode": 200, "body": json.dumps(told)}))

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def _send(self, text: str, kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
