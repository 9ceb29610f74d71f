"""Second runs of one history (properties 6 and 11): what was said comes in another order, several times, not at all, or
while a system is paused; the end must be the same.

That is promised per field, at partners with exact revisions and monotone times (docs/guarantees.md). So nobody edits
while messages are under way: first everything is in step, then people work, then what they did is told. Where the
latest edit wins, nobody edits a record twice, because a partner tells one modified time for all its fields; two systems
where records are edited often, because the same holds for two that both are not the owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from shared.core.keys import id_key
from shared.core.records import Verb
from shared.core.rules import Decider
from shared.flows.operating.plan import plan
from shared.ports.stores import SystemState, SystemStatus
from tests.simulation.calm import Calm
from tests.simulation.editing import DELETED_OF
from tests.simulation.ending import differences, ending
from tests.simulation.hiding import HIDING, part_in_hiding
from tests.simulation.history import Cuts, History, stopping_runaways
from tests.simulation.kinds import KINDS
from tests.simulation.plan import FIRST, Act
from tests.simulation.properties import violations
from tests.simulation.rules import integration_of
from tests.simulation.setting import Setting

SETUP_SECONDS = 12.0
TELLING_SECONDS = 90.0
EDITS = (
    ("customer", "edit customer"),
    ("customer", "edit customer"),
    ("customer", "edit customer"),
    ("customer", "edit contact"),
    ("customer", "edit contact"),
    ("customer", "edit contact"),
    ("customer", "clear field"),
    ("customer", "add contact"),
    ("customer", "remove contact"),
    ("customer", "remove contact"),
    ("customer", "delete"),
    ("customer", "delete"),
    ("order", "edit order"),
    ("order", "edit order"),
    ("order", "set status"),
    ("order", "set status"),
    ("order", "add line"),
    ("order", "remove line"),
    ("product", "edit product"),
    ("product", "edit product"),
    ("customer", "enter customer"),
    ("customer", "enter order"),
    ("product", "enter product"),
)
"""What people do between the two settlings: the entity whose records they pick from, and the act."""

TURBULENT = {
    "message doubled": 0.5,
    "message late": 0.5,
    "stream repeated": 0.3,
    "visibility ran out": 0.3,
    "webhook doubled": 0.3,
    "stale index": 0.3,
    "lock lost": 0.05,
}
"""The faults of a run in which messages are told in another order."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The plan of a history that is run more than once: its setting, what stands first, what people do then."""

    seed: int
    setting: Setting
    edits: tuple[Act, ...]
    is_often_edited: bool


def plan_trial(seed: int, cuts: Cuts = Cuts()) -> Trial:  # noqa: B008  # frozen
    """Return the plan of a seed."""
    dice = Random(f"{seed}/trial")
    often = dice.random() < 0.5
    systems = ("crm", "erp") if often or dice.random() < 0.5 else ("crm", "erp", "shop")
    pool = [kind for kind in KINDS.values() if kind.has_no_window and kind.can_be_asked]
    kinds = {system: dice.choice(pool) for system in systems}
    rules = integration_of(kinds, dice, (Decider.OWNER,) * 3 if often else (Decider.OWNER, Decider.LATEST))
    has_orders = dice.random() < 0.7
    first = _first_acts(dice, systems, has_orders=has_orders)
    edits = _edits(dice, systems, has_orders=has_orders)
    setting = Setting("exact", kinds, rules, {}, acts=tuple(a for a in first if a.number not in cuts.acts))
    return Trial(seed, setting, tuple(a for a in edits if a.number not in cuts.acts), often)


def _first_acts(dice: Random, systems: tuple[str, ...], *, has_orders: bool) -> list[Act]:
    kinds = ["enter customer", "enter product", "enter order", *dice.choices(FIRST, k=dice.choice((0, 2)))]
    return [
        Act(
            number, 2.0 * number + dice.random(), dice.choice(systems), kind, dice.randrange(1000), dice.randrange(1000)
        )
        for number, kind in enumerate(kinds)
        if has_orders or "order" not in kind
    ]


def _edits(dice: Random, systems: tuple[str, ...], *, has_orders: bool) -> tuple[Act, ...]:
    """Return what people do; where there are orders, nobody deletes what an order may refer to."""
    pool = [kind for _, kind in EDITS if has_orders or not kind.endswith(("order", "status", "line"))]
    edits = []
    for number, kind in enumerate(dice.choices(pool, k=dice.choice((4, 8)))):
        system, pick, other = dice.choice(systems), dice.randrange(1000), dice.randrange(1000)
        pick = pick if dice.random() < 0.3 else 0
        if kind == "delete" and has_orders:
            other = DELETED_OF.index("order")
        elif kind == "add line":
            system = "crm"  # two who add a line of one product are told apart only if both are seen apart
        edits.append(Act(100 + number, 0.0, system, kind, pick, other))
    return tuple(edits)


def run_trial(trial: Trial, telling: Callable[[History, Random], None], tell: Callable[[str], None] | None) -> History:
    """Run a trial whose news are told in this way; everything before is the same for every way."""
    history = History(trial.seed, tell=tell, setting=trial.setting)
    with stopping_runaways(history):
        _run(history, trial, telling)
    return history


def _run(history: History, trial: Trial, telling: Callable[[History, Random], None]) -> None:
    calm = Calm(history)
    for act in trial.setting.acts:
        history.stage.after(act.at, lambda act=act: history.people.do(act))  # type: ignore[misc]  # bound now
    history.stage.run_until(SETUP_SECONDS)
    calm.begin()
    calm.rest()
    history.tell("-- everything is in step; people work while nobody hears of it --")
    _let_people_work(history, trial)
    history.tell("-- now it is told --")
    telling(history, Random(f"{trial.seed}/telling"))
    history.stage.run_until(history.stage.seconds + TELLING_SECONDS)
    calm.begin()
    calm.settle()


def _let_people_work(history: History, trial: Trial) -> None:
    for announcer in history.announcers.values():
        announcer.kept = []
    touched: set[tuple[str, str]] = set()
    for act in trial.edits:
        history.stage.run_until(history.stage.seconds + 1.0)
        if _may_do(history, act, touched, is_often_edited=trial.is_often_edited):
            history.people.do(act)


ONCE = frozenset({"delete", "clear field", "remove contact", "remove line"})
"""What is done only to a record that nobody edited in that system before: such an edit may never be read."""


def _may_do(history: History, act: Act, touched: set[tuple[str, str]], *, is_often_edited: bool) -> bool:
    """Tell whether an act leaves the end well defined.

    What was typed into a record that is then deleted may never be read; of two deletes and an edit, of a delete in
    a field's only writer and an edit of that field elsewhere, of a delete and two edits that cancel each other, and of
    a status that an order only passes through, it counts what was seen; two who put the same value agree only if both
    are seen.
    """
    entity = next(entity for entity, kind in EDITS if kind == act.kind)
    if act.kind == "delete":
        entity = DELETED_OF[act.other % len(DELETED_OF)]
    ids = sorted(history.partners[act.system].ids(entity))
    if act.kind.startswith("enter") or not ids:
        return True
    name = ids[act.pick % len(ids)]
    holder = history.memory.identities.holding.get(id_key(act.system, entity, name))
    place, record = (act.system, name), ("record", holder.record_id if holder else name)
    gone = ("deleted", record[1])
    is_owner = history.integration.rules(entity).owner == act.system and not is_often_edited
    cleared = ("cleared", record[1])
    if gone in touched or (act.kind == "delete" and not is_owner and record in touched):
        return False
    if act.kind == "clear field" and cleared in touched:
        return False
    part = part_in_hiding(history.partners[act.system], name, act)
    if part and {(each, record[1]) for each in HIDING - {part}} <= touched:
        return False
    is_untouched = place not in touched
    touched.update((place, record))
    if act.kind == "delete" and not is_owner:
        touched.add(gone)
    if act.kind == "clear field":
        touched.add(cleared)
    is_done = is_untouched or (is_often_edited and act.kind not in ONCE)
    if part and is_done:
        touched.add((part, record[1]))
    return is_done


# -- ways of telling -----------------------------------------------------------------------------------------------


def in_order(history: History, dice: Random) -> None:
    """Tell everything once, as it happened."""
    _tell(history, [(number, 0.5 + index) for index, number in enumerate(_kept(history))], dice)


def shuffled(history: History, dice: Random) -> None:
    """Tell everything one to three times, in any order, while messages are doubled, late and repeated."""
    history.chance.rates = dict(TURBULENT)
    news = [each for each in _kept(history) for _ in range(dice.choice((1, 1, 2, 3)))]
    history.chance.struck["told in another order"] += 1
    _tell(history, [(each, dice.uniform(0.0, 30.0)) for each in news], dice)


def unheard(history: History, dice: Random) -> None:  # noqa: ARG001  # every way of telling is asked alike
    """Tell nothing: polls, sweeps and comparisons must find it all."""
    history.chance.struck["not told at all"] += 1
    for announcer in history.announcers.values():
        announcer.kept = None


def paused(history: History, dice: Random) -> None:
    """Tell everything as it happened, while a system is paused for a while or for days."""
    system = dice.choice(history.systems_taking_part)
    start, length = dice.uniform(0.0, 20.0), dice.choice((5.0, 60.0, 3_600.0, 3 * 86_400.0))
    history.chance.struck["paused and compared"] += 1
    in_order(history, dice)
    states = history.stores.states
    history.stage.after(start, lambda: _set(history, system, SystemState(SystemStatus.PAUSED, why="operator")))
    history.stage.run_until(history.stage.seconds + start + 60)
    history.sweep()
    history.stage.run_until(history.stage.seconds + length)
    assert states.state(system).status is SystemStatus.PAUSED
    _set(history, system, SystemState())
    history.sweep(early=True)


def _set(history: History, system: str, state: SystemState) -> None:
    history.tell(f"the operator says that {system} is {state.status.value}")
    history.stores.states.set_state(system, state)


def _kept(history: History) -> list[tuple[str, int]]:
    kept = [(name, number) for name, each in history.announcers.items() for number in each.kept or ()]
    for announcer in history.announcers.values():
        announcer.kept = None
    return kept


def _tell(history: History, news: list[tuple[tuple[str, int], float]], dice: Random) -> None:  # noqa: ARG001
    for (system, number), seconds in news:
        history.announcers[system].send(number, seconds)


def planned(history: History, dice: Random) -> None:
    """Have the next run planned, then let it happen in a world in which nobody does anything more."""
    before = _written(history)
    wanted = plan(history.parts, whole=True)
    history.chance.struck["planned and compared"] += 1
    if _written(history) != before:
        history.truth.violations.append("15 a dry run writes nothing, but this one did")
    for connector in history.connectors.values():
        connector.landing.carried.clear()
    history.planned = {(each.system, each.entity, each.record_id): each.verb for each in reversed(wanted.writes)}
    unheard(history, dice)
    history.start_polls(now_all=True)
    history.start_reconcile()


def _written(history: History) -> tuple[object, ...]:
    memory = history.memory
    states = (dict(memory.states.states), dict(memory.states.cursors), dict(memory.states.reads))
    keys = (dict(memory.identities.holding), dict(memory.identities.notes), dict(memory.identities.creates))
    queues = history.queues
    sent = [queues.hints.sent, queues.deliveries_queue.sent, queues.polls_queue.sent, queues.reconciles_queue.sent]
    return memory.records.writes, history.truth.writes, len(memory.ledger.entries), states, keys, sent


def as_planned(history: History) -> list[str]:
    """Return in what the run was not what had been planned: which records were written where, and how first."""
    done = {
        (system, *record): verb
        for system, connector in history.connectors.items()
        for record, verb in connector.landing.carried.items()
    }
    disputed = frozenset(_disputed(history))
    keys = sorted(
        key
        for key in done.keys() | history.planned.keys()
        if key[2] not in disputed or Verb.ARCHIVE not in (done.get(key), history.planned.get(key))
    )
    return [
        f"{key} was planned as {history.planned.get(key)} and done as {done.get(key)}"
        for key in keys
        if done.get(key) != history.planned.get(key)
    ]


def _disputed(history: History) -> Iterator[str]:
    """Yield the records that people deleted in one system and edited in another, unheard: whether one is archived and
    made again, or kept at once, depends on which of the two is read first (seed 412269). Only that is not compared; how
    all ends is."""
    truth, holding = history.truth, history.memory.identities.holding
    for gone, at in truth.deleted_by_people.items():
        holder = holding.get(id_key(*gone))
        record = history.memory.records.held.get(holder.record_id) if holder else None
        if record is None:
            continue
        rows = {(name, record.entity, str(link.external_id)) for name, link in record.links.items()} - {gone}
        if any(edit.place in rows and abs(edit.at - at) < TELLING_SECONDS for edit in truth.edits):
            yield record.id


# -- judging -------------------------------------------------------------------------------------------------------

PLANNED = "15 a plan equals what the next run does"
WAYS: Mapping[str, Callable[[History, Random], None]] = {
    "6 any order of the same messages ends the same": shuffled,
    "6 messages that are lost end the same": unheard,
    "11 a pause ends the same as none": paused,
    PLANNED: planned,
}
EVERY = 5
"""Every how-manieth seed is run twice."""


def is_tried(seed: int) -> bool:
    """Tell whether a seed has a second run."""
    return seed % EVERY == EVERY - 1


def compare(seed: int, cuts: Cuts = Cuts(), tell: Callable[[str], None] | None = None) -> tuple[list[str], History]:  # noqa: B008  # frozen
    """Run a seed's trial twice; return what must not be, and the second run."""
    trial = plan_trial(seed, cuts)
    name = list(WAYS)[Random(f"{seed}/way").randrange(len(WAYS))]
    plain, other = run_trial(trial, in_order, tell), run_trial(trial, WAYS[name], tell)
    found = differences(ending(plain), ending(other)) + (as_planned(other) if name == PLANNED else [])
    said = [f"{name}: {'; '.join(found[:4])}"] if found else []
    return [*violations(plain), *violations(other), *said], other
