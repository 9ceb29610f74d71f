"""Which running stack is meant, and how to reach it: by AWS's APIs only, wherever it runs.

`local` is the stack of this machine that was started last, `local:PORT` the one whose API or AWS port that is (an API
port is asked for the other one, so that several stacks may run side by side), and
`stack:NAME` a CloudFormation stack under your own AWS credentials. Physical names come from the stack's outputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from operate.failures import USAGE, Failed
from shared.aws.clients import Clients
from shared.core.errors import TryAgain

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

PROJECT = Path(__file__).resolve().parents[1]
STATE_FILE = PROJECT / ".tandem" / "local.json"
START = "start one with: make up CONFIG=integration.toml PORT=8080 (or make demo)"

LOCAL_STACK = "tandem-local"
LOCAL_SETTINGS = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "LOCALSTACKONLY000000",
    "aws_secret_access_key": "opens-nothing",
}
"""Where a local stack pretends to be; its credentials open nothing."""

CALLS = Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
INVOCATIONS = Config(connect_timeout=3, read_timeout=900, retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(frozen=True)
class Target:
    """A running stack. `endpoint` is where a local one answers for AWS; nothing for AWS itself."""

    stack: str
    endpoint: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Tell whether the stack runs on this machine."""
        return self.endpoint is not None

    @cached_property
    def clients(self) -> Clients:
        """Return AWS's services as the stores ask for them."""
        return _TargetClients(self)

    @cached_property
    def functions(self) -> LambdaClient:
        """Return the client that starts functions: it waits as long as a function may run, and tries once."""
        client: LambdaClient = self.client("lambda", INVOCATIONS)
        return client

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """Return the stack's outputs; raise `Failed` where no such stack can be reached."""
        try:
            answer = self.client("cloudformation").describe_stacks(StackName=self.stack)
        except ClientError as error:
            raise Failed(
                f"AWS has no stack {self.stack} for us: {error}", "check name, region and credentials"
            ) from error
        return {each["OutputKey"]: each["OutputValue"] for each in answer["Stacks"][0].get("Outputs", [])}

    def named(self, output: str) -> str:
        """Return one output, such as `RecordsTableName`."""
        if output not in self.outputs:
            remedy = "is it a stack of Tandem, and of this version? deploy it again"
            raise Failed(f"stack {self.stack} has no output {output}", remedy)
        return self.outputs[output]

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        """Start a function by its logical id and return what it answers; raise `Failed` if it fails."""
        try:
            answer = self.functions.invoke(
                FunctionName=self.named(f"{function}Name"), Payload=json.dumps(payload).encode()
            )
        except ClientError as error:
            raise Failed(
                f"{function} could not be started: {error}", "look at the function's role and log group"
            ) from error
        body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            told = body if isinstance(body, dict) else {}
            what = f"{function} failed: {told.get('errorType', 'error')}: {told.get('errorMessage', '')}"
            raise Failed(what, "its log group tells more")
        return body

    def client(self, service: str, config: Config = CALLS) -> Any:
        """Return a client of one service, for this target."""
        make: Any = self._session.client
        return make(service, endpoint_url=self.endpoint, config=config)

    @cached_property
    def _session(self) -> boto3.session.Session:
        make: Any = boto3.session.Session
        session: boto3.session.Session = make(**self.settings)
        return session

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turn what AWS or its stand-in could not do into `Failed`, with the next step."""
        try:
            yield
        except (BotoCoreError, ClientError, ResponseParserError, TryAgain) as error:
            if self.is_local:
                raise Failed(f"the local stack at {self.endpoint} does not answer: {error}", START) from error
            remedy = "check your region and credentials (aws sts get-caller-identity)"
            raise Failed(f"AWS does not answer: {error}", remedy) from error


class _TargetClients(Clients):
    """The clients of the stores, pointed at a target."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._made[service] = self._target.client(service)
            return self._made[service]


def target_of(text: str | None, state_file: Path = STATE_FILE) -> Target:
    """Return the target that `--target` means; without one, the local stack that was started last."""
    kind, _, name = (text or "local").partition(":")
    if kind == "stack" and name:
        return Target(name)
    if kind == "local" and not name:
        return _last_started(state_file)
    if kind == "local" and name.isdigit():
        return _at_port(int(name), state_file)
    raise Failed(f"--target {text} is no target", "write local, local:PORT or stack:NAME", USAGE)


def _last_started(state_file: Path) -> Target:
    state = _state(state_file)
    if state is None:
        raise Failed("no local stack has been started", START)
    return _local(state["aws"], state.get("stack"))


def _at_port(port: int, state_file: Path) -> Target:
    state = _state(state_file)
    if state is not None and port in (urlsplit(state.get("api", "")).port, urlsplit(state["aws"]).port):
        return _local(state["aws"], state.get("stack"))
    asked = _asked(port)
    return _local(asked["aws"], asked.get("stack")) if asked else _local(f"http://127.0.0.1:{port}", None)


def _asked(port: int) -> dict[str, str] | None:
    """Return what the API at a port says of its stack; nothing where none answers."""
    with suppress(OSError, ValueError), urlopen(f"http://127.0.0.1:{port}/_local/stack", timeout=3) as answer:
        said = json.load(answer)
        return said if isinstance(said, dict) and "aws" in said else None
    return None


def _local(endpoint: str, stack: str | None) -> Target:
    return Target(stack or LOCAL_STACK, endpoint, LOCAL_SETTINGS)


def _state(state_file: Path) -> dict[str, str] | None:
    try:
        state = json.loads(state_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Failed(f"{state_file} cannot be read", f"remove it, then {START}") from error
    return state if isinstance(state, dict) and "aws" in state else None
