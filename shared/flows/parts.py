"""What every flow is given: the installation's rules and the ports to the world."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.integration import Integration
from shared.ports.activity import Activity
from shared.ports.alerts import Alerts, Notices
from shared.ports.budgets import Allowance
from shared.ports.clock import Clock
from shared.ports.conflicts import Conflicts
from shared.ports.counts import Counts
from shared.ports.dead_letters import DeadLetters, Failures
from shared.ports.failing import Failing
from shared.ports.history import History
from shared.ports.mailbox import Mailbox
from shared.ports.messages import Messages
from shared.ports.planning import Planner
from shared.ports.relations import Relations
from shared.ports.remarks import Remarks
from shared.ports.reservations import Reservations
from shared.ports.stopping import Stopping
from shared.ports.stores import Idempotency, Identities, Ledger, Records, States
from shared.ports.system import Systems
from shared.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Parts:
    """The ports of one installation; chosen in one place (`shared.aws.wiring`, or a test)."""

    integration: Integration
    records: Records
    identities: Identities
    ledger: Ledger
    states: States
    stopping: Stopping
    idempotency: Idempotency
    messages: Messages
    systems: Systems
    clock: Clock
    telemetry: Telemetry
    counts: Counts
    history: History
    activity: Activity
    conflicts: Conflicts
    failing: Failing
    remarks: Remarks
    mailbox: Mailbox
    dead_letters: DeadLetters
    message_failures: Failures
    planner: Planner
    relations: Relations
    alerts: Alerts
    notices: Notices
    allowance: Allowance
    reservations: Reservations
