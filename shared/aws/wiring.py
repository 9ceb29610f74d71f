"""Real things are chosen here and nowhere else: `wired` gives a function everything it works with.

An application is made once per function, environment and state of `integration.toml`, and kept for the life of the
process. Making it reads that file and makes no call; clients, connectors and sessions are made when first used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from shared.aws.batches import Note
from shared.aws.clients import Clients
from shared.aws.counts import AwsCounts, queues_of
from shared.aws.dead_letters import SqsDeadLetters, ways_of
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_actions import Tables
from shared.aws.dynamodb_activity import DynamoActivity
from shared.aws.dynamodb_alerts import DynamoAlerts
from shared.aws.dynamodb_budgets import DynamoBudgets
from shared.aws.dynamodb_conflicts import DynamoConflicts
from shared.aws.dynamodb_failing import DynamoFailing
from shared.aws.dynamodb_failures import DynamoFailures
from shared.aws.dynamodb_idempotency import DynamoIdempotency
from shared.aws.dynamodb_identities import DynamoIdentities
from shared.aws.dynamodb_ledger import DynamoLedger
from shared.aws.dynamodb_mailbox import DynamoMailbox
from shared.aws.dynamodb_records import DynamoRecords
from shared.aws.dynamodb_relations import DynamoRelations
from shared.aws.dynamodb_remarks import DynamoRemarks
from shared.aws.dynamodb_reservations import DynamoReservations
from shared.aws.dynamodb_states import DynamoStates
from shared.aws.dynamodb_stopping import DynamoStopping
from shared.aws.dynamodb_tokens import DynamoTokens
from shared.aws.invocation import Context, lasting, seconds_left
from shared.aws.lambda_planner import LambdaPlanner
from shared.aws.secrets import Secrets
from shared.aws.settings import Settings, read_settings
from shared.aws.sns_notices import SnsNotices
from shared.aws.sqs import SqsMessages
from shared.aws.system_clock import SystemClock
from shared.aws.systems import ConnectedSystems, MakeMeter, Offered
from shared.aws.telemetry import PowertoolsTelemetry
from shared.connectors.http_budget import Meter, PatientMeter
from shared.connectors.integration import Installation, load, load_text
from shared.flows.dry.states import DryStates
from shared.flows.dry.tokens import DryTokens
from shared.flows.parts import Parts
from shared.ports.stores import States
from shared.ports.tokens import Tokens

CODE = Path(__file__).resolve().parents[2]
"""The folder that `integration.toml` stands in, beside the code."""

KEPT_SECONDS = 60.0
"""How much of its time whoever only reads does not spend on waiting for its turn at a partner."""


@dataclass(frozen=True, slots=True)
class App:
    """What a handler works with: the parts for its flow, and what surrounds an invocation."""

    settings: Settings
    parts: Parts
    telemetry: PowertoolsTelemetry
    systems: ConnectedSystems

    @property
    def note(self) -> Note:
        """Return what keeps why a message failed."""
        return self.parts.message_failures.note

    @contextmanager
    def invocation(self, context: Context, trace: str) -> Iterator[None]:
        """Do one invocation: within its time, under its trace, its calls and metrics noted at the end."""
        with lasting(context), self.telemetry.invocation(trace):
            try:
                yield
            finally:
                self.systems.settle()
                self.systems.note_calls(self.parts.states)


_apps: dict[tuple[Settings, int], App] = {}
_lock = Lock()


def wired(function: str, environ: Mapping[str, str]) -> App:
    """Return a function's application; raise `BadSettings` where the environment or `integration.toml` is wrong."""
    settings = read_settings(function, environ)
    path = CODE / settings.integration
    key = (settings, path.stat().st_mtime_ns if path.exists() else 0)
    with _lock:
        if key not in _apps:
            _apps[key] = _app(settings, load(path))
        return _apps[key]


def reading(function: str, environ: Mapping[str, str], config: str | None = None) -> App:
    """Return an application that only reads, not kept: states and login tokens that it makes stay in its memory.

    What it takes of a partner's quota is noted like anybody's: its calls wait for their places behind all others'.
    `config` is the text of another `integration.toml` than the deployed one; raises `BadIntegration` if it is wrong.
    """
    settings = read_settings(function, environ)
    path = CODE / settings.integration
    installation = load(path) if config is None else load_text(config, "the configuration that was sent")
    return _app(settings, installation, only_reads=True)


def _patience() -> float:
    return seconds_left() - KEPT_SECONDS


def forget() -> None:
    """Forget all applications, as a new process would: for whoever runs several installations in one process."""
    with _lock:
        _apps.clear()


def _app(settings: Settings, installation: Installation, *, only_reads: bool = False) -> App:
    clients, clock, telemetry = Clients(), SystemClock(), PowertoolsTelemetry(settings)
    dynamo = Dynamo(clients)
    states: States = DynamoStates(dynamo, settings.state_table, clock)
    tokens: Tokens = DynamoTokens(
        clients, dynamo, settings.state_table, settings.token_key, clock, lambda _: telemetry.count("SystemTripped")
    )
    if only_reads:
        states = DryStates(states)
        tokens = DryTokens(tokens, states, clock)
    mailbox = DynamoMailbox(dynamo, settings.state_table)
    read_secret = Secrets(clients, settings.secret_prefix).read
    offered = Offered(read_secret, tokens, clock, seconds_left, mailbox)
    budgets = DynamoBudgets(dynamo, settings.state_table, clock)
    meter: MakeMeter = partial(PatientMeter, patience=_patience) if only_reads else Meter
    systems = ConnectedSystems(installation.connections, offered, budgets, meter)
    tables = Tables(settings.records_table, settings.identities_table, settings.conflicts_table)
    ledger = DynamoLedger(dynamo, settings.ledger_table)
    parts = Parts(
        integration=installation.integration,
        records=DynamoRecords(dynamo, tables),
        identities=DynamoIdentities(dynamo, settings.identities_table),
        ledger=ledger,
        states=states,
        stopping=DynamoStopping(dynamo, settings.state_table),
        idempotency=DynamoIdempotency(dynamo, settings.idempotency_table, clock),
        messages=SqsMessages(clients, settings, installation.integration),
        systems=systems,
        allowance=systems,
        clock=clock,
        telemetry=telemetry,
        counts=AwsCounts(clients, tables, queues_of(settings)),
        history=ledger,
        activity=DynamoActivity(dynamo, settings.state_table),
        conflicts=DynamoConflicts(dynamo, settings.conflicts_table),
        failing=DynamoFailing(dynamo, tables),
        remarks=DynamoRemarks(dynamo, settings.state_table, clock),
        mailbox=mailbox,
        dead_letters=SqsDeadLetters(clients, ways_of(settings, queues_of(settings))),
        message_failures=DynamoFailures(dynamo, settings.state_table, clock),
        relations=DynamoRelations(dynamo, settings.state_table),
        alerts=DynamoAlerts(dynamo, settings.state_table),
        reservations=DynamoReservations(dynamo, settings.state_table, clock),
        notices=SnsNotices(clients, settings.stock_topic),
        planner=LambdaPlanner(clients, settings.plan_function),
    )
    return App(settings, parts, telemetry, systems)
