"""The whole application on one machine: `with LocalStack(template=…) as stack:`.

It deploys the transformed template to moto in this process, runs every function in threads with exactly the
environment of its deployed resource, and drives the event sources from what was deployed. One at a time per process,
but as often as you like.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.sns.models import sns_backends

from local.stack import local_invoke
from local.stack.activity import Activity
from local.stack.backplane import Backplane, activate
from local.stack.deployment import Deployment, deploy
from local.stack.dynamodb.operations import ItemStore
from local.stack.invocations import Invocations
from local.stack.names import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, STACK_NAME
from local.stack.permissions import Permissions
from local.stack.queues.queue import Counts
from local.stack.queues.service import QueueService
from local.stack.runtime import environment, output, warmth
from local.stack.runtime.function import Function, Outcome
from local.stack.runtime.metrics import Metrics
from local.stack.servers import Look, Server, api_server, aws_server
from local.stack.sources.http_api import CALLER, HttpApi
from local.stack.sources.queue_mapping import QueueMapping
from local.stack.sources.routes import Routes
from local.stack.sources.rules import Rules
from local.stack.sources.schedules import Schedules
from local.stack.sources.stream_mapping import StreamMapping
from local.stack.sources.targets import Targets
from local.stack.template import Template, read_template, transformed

_PROJECT = Path(__file__).resolve().parents[2]
_GLANCE_SECONDS = 0.005


class LocalStack:
    """One deployed template with its functions running; `api` and `aws` are the URLs of its two ports; `token`
    is what operators' routes ask for as a bearer token.

    `secrets` go to Secrets Manager as `<SecretPrefix>/<name>`; `config` becomes the template's parameter
    IntegrationFile. Schedules fire by `tick` alone unless `timers` is set. At the address `containers` of this machine
    the AWS stand-in answers too; `aws_for_containers` is what a container calls it.
    """

    def __init__(
        self,
        template: Path | Template = _PROJECT / "template.yaml",
        config: Path | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        port: int = 0,
        parameters: Mapping[str, str] | None = None,
        *,
        timers: bool = False,
        workers: int = 4,
        name: str = STACK_NAME,
        containers: str = "",
    ) -> None:
        source = read_template(template) if isinstance(template, Path) else template
        given = _trusting(source) | dict(parameters or {})
        if config is not None:
            given["IntegrationFile"] = str(config.resolve())
        self._template, self._parameters = transformed(source, given), given
        self._secrets, self._port = dict(secrets or {}), port
        self._timers, self._workers, self.name = timers, workers, name
        self._containers = containers
        self._open = ExitStack()
        self.metrics, self.activity = Metrics(), Activity()
        self.token = token_urlsafe(24)

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._start(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def function(self, logical_id: str) -> Function:
        """The function with this logical id: its logs, outcomes and variables."""
        return self.functions[self.deployment.named(logical_id).arn]

    def client(self, service: str) -> Any:
        """A boto3 client in this process; what it sees is what the functions see."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # the stubs want a literal
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(account_id_endpoint_mode="disabled"),
        )

    def invoke(self, logical_id: str, event: Any) -> Outcome:
        """Invokes a function and waits."""
        return self.function(logical_id).invoke(event)

    def tick(self, logical_id: str) -> list[Outcome]:
        """Fires a schedule (its logical id in the transformed template) and waits for what it starts."""
        return self.schedules.tick(logical_id)

    def fire(self, function: str) -> list[Outcome]:
        """Fires every schedule that starts this function, and waits; KeyError if none does."""
        arn = self.deployment.named(function).arn
        return [outcome for name in self.schedules.of(arn) for outcome in self.tick(name)]

    def queue_counts(self) -> dict[str, Counts]:
        """Messages of every queue by logical id."""
        with self.queues.lock:
            return {name: self.queues.queue(arn).counts() for name, arn in self._queue_arns.items()}

    def messages(self, logical_id: str) -> list[str]:
        """The bodies of all messages of a queue; nothing is received by looking."""
        with self.queues.lock:
            return self.queues.queue(self._queue_arns[logical_id]).bodies()

    def drop_messages(self, *logical_ids: str) -> int:
        """Loses every message of these queues, in flight or not; gives their number."""
        with self.queues.lock:
            return sum(self.queues.queue(self._queue_arns[each]).drop() for each in logical_ids)

    def hold(self, logical_id: str) -> None:
        """Lets the mappings of a queue take no more messages; the stack counts as idle with messages in it."""
        self._hold(logical_id, held=True)

    def release(self, logical_id: str) -> None:
        """Lets the mappings of a queue go on."""
        self._hold(logical_id, held=False)

    def fail_next(self, operation: str, logical_id: str) -> None:
        """Makes the next SQS request of this operation (`SendMessage`, …) on this queue fail."""
        self.queues.fail_next(operation, self._queue_arns[logical_id])

    def hurry(self) -> None:
        """Lets every delay and visibility time-out of every queue end now, but of messages that are being worked on."""
        busy = {each for mapping in self._queue_mappings for each in mapping.busy}
        with self.queues.lock:
            for arn in self._queue_arns.values():
                self.queues.queue(arn).make_visible(spared=busy)
            self.queues.arrived.notify_all()

    def is_idle(self, but_hidden: bool = False) -> bool:
        """Whether nothing runs, no queue with a consumer holds a message and no stream a record that waits.

        Delayed messages count, and so do those that failed and wait for their visibility time-out; `but_hidden` leaves
        both out: then nothing happens any more until time passes.
        """
        before = self.activity.now()
        return self._nothing_waits(but_hidden) and before[0] == 0 and self.activity.now() == before

    def drain(self, timeout: float = 10.0, but_hidden: bool = False) -> bool:
        """Waits until the stack is idle; False if it is not by then."""
        ends = time.monotonic() + timeout
        while not self.is_idle(but_hidden):
            if time.monotonic() > ends:
                return False
            time.sleep(_GLANCE_SECONDS)
        return True

    def units(self) -> dict[str, float]:
        """Read and write units of DynamoDB since the start, by AWS's rule."""
        return self.items.meter.totals()

    def notices(self) -> list[dict[str, str]]:
        """What was published on the stack's topics, the oldest of a topic first: topic, subject and text."""
        topics = sns_backends[ACCOUNT][REGION].topics.values()
        return [
            {"topic": str(topic.name), "subject": str(subject or ""), "text": str(text)}
            for topic in topics
            for _, text, subject, *_ in topic.sent_notifications
        ]

    def environments(self) -> dict[str, dict[str, str]]:
        """What `sam local invoke` is to give each built function; stands in `.tandem/sam.json`."""
        return local_invoke.environments(self.deployment, self.aws_for_containers)

    def state(self) -> dict[str, Any]:
        """What another process needs to reach this stack; stands in `.tandem/local.json`."""
        return {**self._place(), "token": self.token}

    def _place(self) -> dict[str, Any]:
        """Where the stack is: no secret, anybody may ask for it."""
        return {"api": self.api, "aws": self.aws, "pid": os.getpid(), "stack": self.name, "region": REGION}

    def _start(self, opening: ExitStack) -> None:
        opening.enter_context(environment.installed())
        opening.enter_context(mock_aws())
        opening.enter_context(warmth.plain_requests())
        opening.enter_context(warmth.shared_files())
        opening.enter_context(warmth.forgotten_wiring())
        opening.enter_context(output.redirected())
        self.deployment: Deployment = deploy(self._template, self._parameters, self.name)
        self._put_secrets()
        self.items, self.queues = ItemStore(), QueueService()
        self._queue_arns = {each.logical_id: each.arn for each in self.deployment.of_type("AWS::SQS::Queue")}
        self.permissions = Permissions(self.deployment)
        backplane = Backplane(self.items, self.queues, self.permissions)
        activate(backplane)
        opening.callback(activate, None)
        self.functions = self._make_functions()
        targets = Targets(self.deployment, self.functions, self.queues, self.activity)
        opening.callback(targets.stop)
        backplane.rules, backplane.functions = Rules(self.deployment, targets), Invocations(self.functions, targets)
        self._start_sources(opening, targets)
        self._start_servers(opening, backplane, targets)

    def _make_functions(self) -> dict[str, Function]:
        declared = self.deployment.of_type("AWS::Lambda::Function")
        return {each.arn: Function(each, _PROJECT, self.metrics, self.activity) for each in declared}

    def _start_sources(self, opening: ExitStack, targets: Targets) -> None:
        self._queue_mappings: list[QueueMapping] = []
        self._stream_mappings: list[StreamMapping] = []
        by_name = {each.name: each for each in self.functions.values()}
        for each in self.deployment.of_type("AWS::Lambda::EventSourceMapping"):
            function = by_name[str(each.properties["FunctionName"]).rsplit(":", 1)[-1]]
            self.permissions.check_mapping(function.role, each.properties)
            if ":sqs:" in each.properties["EventSourceArn"]:
                self._queue_mappings.append(QueueMapping(each, function, self.queues, self.activity, self._workers))
            else:
                self._stream_mappings.append(StreamMapping(each, function, self.items, self.queues, self.activity))
        self.schedules = Schedules(self.deployment, targets)
        sources: Sequence[Any] = [*self._queue_mappings, *self._stream_mappings]
        for source in [*sources, self.schedules] if self._timers else sources:
            source.start()
            opening.callback(source.stop)

    def _start_servers(self, opening: ExitStack, backplane: Backplane, targets: Targets) -> None:
        looks: dict[str, Look] = {"units": self.units, "metrics": self.metrics.shown, "queues": self._shown_queues}
        looks |= {"idle": self.is_idle, "stack": self._place, "notices": self.notices}
        api = HttpApi(Routes(self.deployment), self.functions, targets, self.token)
        self.api = _started(api_server(api, looks, self._port), opening).url
        aws = _started(aws_server(backplane), opening)
        self.aws, self.aws_for_containers = aws.url, f"http://{local_invoke.HOST}:{aws.port}"
        if self._containers:
            self.aws_for_containers = _started(aws_server(backplane, self._containers), opening).url

    def _put_secrets(self) -> None:
        prefix = self._parameters.get("SecretPrefix") or self._template["Parameters"]["SecretPrefix"]["Default"]
        if self._secrets:
            manager = self.client("secretsmanager")
            for name, content in self._secrets.items():
                manager.create_secret(Name=f"{prefix}/{name}", SecretString=json.dumps(content))

    def _hold(self, logical_id: str, *, held: bool) -> None:
        for mapping in self._queue_mappings:
            if mapping.source_arn == self._queue_arns[logical_id]:
                mapping.hold(held)

    def _nothing_waits(self, but_hidden: bool) -> bool:
        with self.queues.lock:
            for mapping in self._queue_mappings:
                counts = self.queues.queue(mapping.source_arn).counts()
                waiting = counts.visible if but_hidden else counts.total
                if mapping.busy or (waiting and mapping.enabled and not mapping.held):
                    return False
        return not any(each.waiting() for each in self._stream_mappings)

    def _shown_queues(self) -> dict[str, dict[str, int]]:
        counts = self.queue_counts()
        return {
            name: {"visible": each.visible, "in_flight": each.in_flight, "delayed": each.delayed}
            for name, each in counts.items()
        }


def _started(server: Server, opening: ExitStack) -> Server:
    """Answers from now on, until the stack ends."""
    opening.callback(server.stop)
    server.start()
    return server


def _trusting(template: Template) -> dict[str, str]:
    """Return the parameter that lets whoever has the token of this stack do everything, if there is one."""
    return {"AdminCallers": CALLER} if "AdminCallers" in template.get("Parameters", {}) else {}
