"""What one history came to, as numbers that can be added up over many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.crash_points import NEVER_REACHED, sites
from tests.simulation.drama import perform
from tests.simulation.dramas import DRAMAS, drama_of
from tests.simulation.faults import HIGHEST
from tests.simulation.history import Cuts, History
from tests.simulation.properties import violations
from tests.simulation.schema import CHANGES
from tests.simulation.stage import Point, Site
from tests.simulation.trials import compare, is_tried
from tests.simulation.windows import Opened


@dataclass(slots=True)
class Outcome:
    """Counts of one history or of many; `found` maps seeds to what must not be."""

    histories: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    points: Counter[Point] = field(default_factory=Counter)
    reached: Counter[tuple[str, Site]] = field(default_factory=Counter)
    opened: Opened = field(default_factory=Counter)
    found: dict[int, list[str]] = field(default_factory=dict)

    def add(self, other: Outcome) -> None:
        """Add another outcome to this one."""
        self.histories += other.histories
        self.counts.update(other.counts)
        self.points.update(other.points)
        self.reached.update(other.reached)
        self.opened.update(other.opened)
        self.found.update(other.found)


def run_seed(seed: int, cuts: Cuts = Cuts()) -> Outcome:  # noqa: B008  # frozen
    """Run one history and judge it."""
    outcome = outcome_of(History(seed, cuts).run())
    if is_tried(seed):
        differ, second = compare(seed, cuts)
        outcome.counts.update({f"second run: {name}": number for name, number in second.chance.struck.items()})
        if differ:
            outcome.found[seed] = [*outcome.found.get(seed, []), *differ]
    drama = drama_of(seed)
    if drama is not None:
        broken, _ = perform(drama, seed)
        outcome.counts[f"drama: {drama.name}"] += 1
        if broken:
            outcome.found[seed] = [*outcome.found.get(seed, []), *broken]
    return outcome


def outcome_of(history: History) -> Outcome:
    """Judge one history that has been run."""
    found = violations(history)
    counts = Counter(history.chance.struck)
    counts.update(_happenings(history))
    failed = {history.seed: found} if found else {}
    reached = Counter({(flow, site): n for flow, sites in history.stage.effects.items() for site, n in sites.items()})
    return Outcome(1, counts, history.stage.crashes, reached, history.opened, failed)


def judged(seed: int, cuts: Cuts = Cuts()) -> list[str]:  # noqa: B008  # frozen
    """Return everything that must not be in a seed's history, nor in its second run."""
    return run_seed(seed, cuts).found.get(seed, [])


def run_seeds(seeds: range) -> Outcome:
    """Run histories one after the other."""
    total = Outcome()
    for seed in seeds:
        total.add(run_seed(seed))
    return total


def silent(outcome: Outcome) -> list[str]:
    """Return what never happened in a long run, though it must for the run to prove anything."""
    never = [name for name in (*HIGHEST, *MUST_HAPPEN) if not outcome.counts[name]]
    crashed = {(site, verb, when) for _, site, verb, when in outcome.points}
    never += [
        f"crash {when} {verb} in {site}"
        for site, verb in sites()
        for when in ("before", "after")
        if (site, verb, when) not in crashed and (site, verb) not in NEVER_REACHED
    ]
    return never


MUST_HAPPEN = (
    *("taken", "won", "lost", "refused", "passed", "left to a person", "held", "own form", "edit kept", "tombstoned"),
    *("detached", "revived", "ambiguous", "suspected duplicate", "parked"),
    *("look", "wait", "intent", "confirm", "absorb", "delete", "park", "postpone"),
    *("lock lost by itself", "key held", "paused", "resumed", "locked out", "look-up lagged", "applied late"),
    *(
        "write ignored",
        "new element ignored",
        "refused 412",
        "refused 404",
        "refused parent gone",
        "function timed out",
    ),
    *("people: delete", "people: restore", "people: clone", "people: merge", "people: enter again"),
    *("people: enter same customer", "people: set status", "people: add line", "people: remove line"),
    *("people: add contact", "people: remove contact", "people: change email", "people: clear field"),
    *(f"settings: {what}" for what in CHANGES),
    *(f"operator: {verb}" for verb in ("retry", "skip", "choose", "remove")),
    *("people: import", "people: delete many", "rows lost", "lists short", "note beyond the cap", "replayed"),
    *("note waiting", "note parked", "edits by people", "partner writes"),
    *(f"second run: {way}" for way in ("told in another order", "not told at all", "paused and compared")),
    *(f"drama: {each.name}" for each in DRAMAS),
)
"""What a run of two thousand histories must have seen, besides every fault, at least once."""

_VERDICTS = {"person": "left to a person"}


def _happenings(history: History) -> Counter[str]:
    counts: Counter[str] = Counter(history.operations)
    for verdict, number in history.verdicts.items():
        counts[_VERDICTS.get(verdict, verdict)] += number
    for kind in {kind.name for kind in history.kinds.values()}:
        counts[f"kind: {kind}"] += 1
    for edit in history.truth.edits:
        counts[f"edits at: {history.kinds[edit.place[0]].name}"] += 1
    counts[f"mix: {history.mix}"] += 1
    counts[f"theme: {history.setting.theme}"] += 1
    counts["edits by people"] += len(history.truth.edits)
    counts["partner writes"] += history.truth.writes
    counts["events"] += history.stage.events
    counts["versions"] += sum(record.version for record in history.records())
    counts["records"] += len(history.records())
    counts["parked at the end"] += sum(
        link.parked is not None for record in history.records() for link in record.links.values()
    )
    for note in history.noted:
        counts[f"note {note}"] += 1
    return counts
