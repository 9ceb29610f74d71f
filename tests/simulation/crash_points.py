"""Where a worker can die: every place in the flows that calls a port, read from the source, before and after each.

A history aims at one of these places; the first worker to reach it dies there. So that a run of two thousand seeds
covers all of them, also the rare ones, the aim goes round through the list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import shared.flows
from shared.ports.system import System
from tests.kit.ports import ports, verbs_of
from tests.simulation.stage import Site

APART: Mapping[str, str] = {
    "systems": "chooses a system; what that does is an effect under `system`",
    "clock": "tells the time, and draws ids and jitter",
    "telemetry": "counts and tells; nothing is decided by it",
    "counts": "counts; nothing is decided by it",
    "planner": "lists of an operator, beside the sync",
    "history": "is read by operators alone",
    "conflicts": "is read by operators alone; what is written of a conflict goes with its record",
    "failing": "is read by operators alone",
    "remarks": "what operators write on a case, beside the sync",
    "activity": "when something was last observed, for the eyes of operators",
    "mailbox": "what operators are told, beside the sync",
    "dead_letters": "the queues' own, beside the sync; tests/flows/operating cuts it",
    "message_failures": "why a message failed, for the eyes of operators",
    "relations": "pointers that whoever follows believes only if the record says so too",
    "reservations": "a business use, beside the sync; tests/core/test_reservations_interleaved.py cuts it",
    "alerts": "a business use, beside the sync",
    "notices": "a business use, beside the sync",
    "allowance": "slows calls; no call is made or left out by it that another run would not make",
}
"""The ports whose verbs are no effects of the sync, and why; every other port of `Parts` is cut before and after."""

PORTS = ports().keys() - APART.keys()
RARE: tuple[Site, ...] = (
    ("absorb_changes._put_off_orphans", "identities.holders"),
    ("noting.note_parked", "identities.holders"),
    ("noting.note_parked", "identities.note"),
    ("draining._keep", "stopping.go_on"),
    ("draining._parents", "records.get"),
    ("draining._send_deliveries", "messages.deliveries"),
    ("draining._send_hints", "messages.changes"),
    ("fan_out._children", "records.get"),
    ("guarding.is_within_bound", "states.set_state"),
    ("guarding.is_within_bound", "stopping.approved_until"),
    ("poll_changes.poll_changes", "messages.polls"),
    ("reconcile._queue_missing", "messages.changes"),
    ("reconcile._queue_owed", "messages.deliveries"),
    ("reconcile.reconcile", "messages.reconciles"),
    ("settling._given_back", "identities.holders"),
    ("settling._open_creates", "identities.open_creates"),
    ("settling._open_creates", "records.get"),
    ("stopping.approve", "states.state"),
    ("stopping.approve", "stopping.approve"),
    ("stopping.resume", "states.state"),
    ("stopping.trip", "states.set_state"),
    ("sweep_overdue.sweep_overdue", "messages.changes"),
    ("withholding.look_again", "records.get"),
)
"""Places that few histories come to, so that more of them aim there."""

RAREST: tuple[Site, ...] = (
    ("settling._given_back", "identities.holders"),
    ("settling._given_back", "identities.holders"),
    ("settling._given_back", "identities.holders"),
    ("settling._open_creates", "records.get"),
    ("draining._keep", "stopping.go_on"),
    ("draining._parents", "records.get"),
) * 6
"""Places that even of those who aim there few come to, so that more aim."""

NEVER_REACHED = frozenset(
    {
        ("sending._suspect", "records.get"),
        ("stopping.approve", "messages.changes"),
        ("draining._parents", "records.get"),
        ("bringing.products_from", "records.get"),
        ("bringing.purchases_for", "records.get"),
        ("fan_out._low", "records.get"),
        ("relating._relate_shipments", "records.get"),
        ("relating._standing", "records.get"),
        ("drifting._release", "identities.parked"),
        ("drifting._release", "messages.changes"),
        ("drifting.compare", "states.schema"),
        ("drifting.drifts", "states.schema"),
        ("noting.note_parted", "identities.note"),
    }
)
"""Places that no history comes to, or one in thousands, and why they need not be met.

`draining._parents` only reads, between the page of a drain and its deliveries, where drains are cut too; it is aimed
at, but in some runs of two thousand nobody dies on one side of it. `_suspect` guards against what the looks before a
create already prevent. An approval of deletions is cut at every call by `tests/flows/operating/test_crash_points.py`.
Those of `relate`, `bringing` and `_low` only read, about what no history has (stock, shipments, purchases, orders
that go from one customer to another); dying there repeats the batch of the stream. What a description tells is
`drifting`'s, and no simulated system describes itself: `tests/flows/test_drifting.py` cuts that at every call.
`note_parted` is an operator's unlink, cut where the approval is.
"""

NOT_EFFECTS = frozenset({"states.count_calls", "states.calls", "states.last_change", "records.page"})
"""Verbs of which nothing in the sync depends: figures, and the list of everything that operators read."""

SYSTEM_VERBS = verbs_of(System)


@cache
def sites() -> tuple[Site, ...]:
    """Return every place in the flows where a port is called."""
    folder = Path(str(next(iter(shared.flows.__path__))))
    paths = [*sorted(folder.glob("*.py")), folder / "operating" / "stopping.py"]
    found = {site for path in paths for site in _sites_of(path)}
    return tuple(sorted(found))


def target_of(seed: int) -> tuple[Site, str] | None:
    """Return where a history's aimed crash happens: nowhere in every fourth, at a rare place in every fourth."""
    number, rest = divmod(seed, 4)
    if rest == 3:
        return None
    places = RARE + RAREST if rest == 2 else sites()
    number = number if rest == 2 else number * 2 + rest
    return places[number // 2 % len(places)], ("before", "after")[number % 2]


def _sites_of(path: Path) -> set[Site]:
    found: set[Site] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            handed = {id(each): name for each, name in _handed_on(node)}
            for call in ast.walk(node):
                verb = _verb(call)
                if verb and verb not in NOT_EFFECTS:
                    found.add((handed.get(id(call), f"{path.stem}.{node.name}"), verb))
    return found


def _handed_on(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, str]]:
    """Yield the calls of ports that are not made here but by the verb of another file that they are handed to."""
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "run_again":
            for each in ast.walk(call.args[1]):
                yield each, "troubles.run_again"


def _verb(node: ast.AST) -> str:
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Name) and called.id == "partial" and isinstance(node, ast.Call):
        called = node.args[0]
    if not isinstance(called, ast.Attribute):
        return ""
    name, owner = called.attr, called.value
    is_port = isinstance(owner, ast.Attribute) and owner.attr in PORTS and name in ports()[owner.attr]
    if is_port and isinstance(owner, ast.Attribute) and _is_parts(owner.value):
        return f"{owner.attr}.{name}"
    if name in SYSTEM_VERBS and _is_system(owner):
        return f"system.{name}"
    return ""


def _is_system(owner: ast.expr) -> bool:
    if isinstance(owner, ast.Name):
        return owner.id == "system"
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Attribute) and owner.func.attr == "system"


def _is_parts(owner: ast.expr) -> bool:
    return (isinstance(owner, ast.Name) and owner.id == "parts") or (
        isinstance(owner, ast.Attribute) and owner.attr == "parts"
    )
