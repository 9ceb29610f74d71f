"""The blast-radius guard: a run that would write more than the bound stops and waits for a person's approval.

A run is one clock hour of writes to one system and entity, for creates, updates and archives apart. Before each bulk
call its size is added to the hour's count by one conditional write; a call that would pass the bound is not made, and
the entity of that system waits, unwritten but read, with all that it is owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.core.commands import Command, Create, Update
from shared.core.rules import EntityRules
from shared.core.stopping import SystemState, SystemStatus
from shared.flows.round import Round

RUN = timedelta(hours=1)


def is_within_bound(round_: Round, commands: Sequence[Command]) -> bool:
    """Count what is about to be written, commands of one verb; tell whether it may be, and stop the entity if not."""
    parts, now = round_.parts, round_.now()
    verb, bound = _bound(commands[0], round_.rules)
    hour = now.replace(minute=0, second=0, microsecond=0)
    run = f"{round_.system}/{round_.entity}/{verb}/{hour.isoformat()}"
    if parts.stopping.spend(run, len(commands), bound, hour + 2 * RUN):
        return True
    approved = parts.stopping.approved_until(round_.system, round_.entity)
    if approved is not None and approved > now:
        return True
    why = f"more than {bound} {verb} in one run (max_{verb}_per_run): tandem approve"
    waiting = SystemState(SystemStatus.WAITING, None, why, since=now)
    if parts.states.set_state(round_.system, waiting, round_.entity):
        parts.telemetry.count("WritesStopped")
        parts.telemetry.tell("writes stopped", system=round_.system, entity=round_.entity, why=why)
    return False


def _bound(command: Command, rules: EntityRules) -> tuple[str, int]:
    if isinstance(command, Create):
        return "creates", rules.max_creates_per_run
    if isinstance(command, Update):
        return "updates", rules.max_updates_per_run
    return "archives", rules.max_archives_per_run
