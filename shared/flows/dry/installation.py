"""A dry installation put together: parts over which any flow can run, and what they kept."""

from __future__ import annotations

from dataclasses import dataclass

from shared.flows.dry.identities import DryIdentities
from shared.flows.dry.records import DryRecords
from shared.flows.dry.relations import DryRelations
from shared.flows.dry.states import DryStates, DryStopping
from shared.flows.dry.surroundings import DryActivity, DryClock, DryIdempotency, DryLedger, DryMessages, Silence
from shared.flows.dry.systems import DrySystems
from shared.flows.parts import Parts


@dataclass(frozen=True, slots=True)
class Dry:
    """The parts of a dry installation, and by their own types those that are looked into afterwards."""

    parts: Parts
    records: DryRecords
    identities: DryIdentities
    messages: DryMessages
    systems: DrySystems
    clock: DryClock
    stopping: DryStopping


def dry(parts: Parts) -> Dry:
    """Return a dry installation over a real one."""
    clock = DryClock(parts.clock)
    identities = DryIdentities(parts.identities)
    records, messages = DryRecords(parts.records, identities), DryMessages(clock)
    systems, stopping = DrySystems(parts.systems, parts.integration), DryStopping(parts.stopping)
    over = Parts(
        integration=parts.integration,
        records=records,
        identities=identities,
        ledger=DryLedger(),
        states=DryStates(parts.states),
        stopping=stopping,
        activity=DryActivity(parts.activity),
        idempotency=DryIdempotency(),
        messages=messages,
        systems=systems,
        clock=clock,
        telemetry=Silence(),
        counts=parts.counts,
        history=parts.history,
        conflicts=parts.conflicts,
        failing=parts.failing,
        remarks=parts.remarks,
        dead_letters=parts.dead_letters,
        message_failures=parts.message_failures,
        planner=parts.planner,
        mailbox=parts.mailbox,
        relations=DryRelations(parts.relations),
        alerts=parts.alerts,
        notices=parts.notices,
        allowance=parts.allowance,
        reservations=parts.reservations,
    )
    return Dry(over, records, identities, messages, systems, clock, stopping)
