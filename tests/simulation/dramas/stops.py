"""Outages, pauses, bounds: who is down is left alone and harms nobody, who is stopped is not called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from shared.core.integration import Integration
from shared.core.observations import Next, Trouble
from shared.flows.operating.stopping import pause, resume
from tests.simulation.agreement import agreement
from tests.simulation.drama import Drama, Play
from tests.simulation.dramas.keys import DEAF_TO_EMAIL
from tests.simulation.kinds import BEST, Kind
from tests.simulation.stingy import BUDGET, ROOM

DOWN = Trouble(Next.RETRYABLE, "503", "it is down", wait_seconds=3.0, whole_system=True)
LOGIN = Trouble(Next.AUTH, "401", "the token is no longer taken", whole_system=True)
BUSY = Trouble(Next.THROTTLED, "429", "too many calls", wait_seconds=120.0, whole_system=True)
NAMING = Kind("names what changed, answers an id", webhooks="id", answers="id")
TELLING = Kind("tells deletes by webhook alone", webhooks="id", tells_deletes=False)


def _one(play: Play) -> None:
    """One customer stands in both."""
    play.customer("crm", "ada")


def _read_only(play: Play) -> None:
    """The ERP is read, but takes no writes for half an hour."""
    erp = play.history.connectors["erp"]
    erp.trouble_of_writes = DOWN
    play.at(1.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(1500.0, setattr, erp, "trouble_of_writes", None)


def _nothing_is_parked(play: Play) -> Iterable[str]:
    for record in play.history.records():
        for system, link in record.links.items():
            if link.parked is not None:
                yield f"16 an outage is nobody's attempt: {record.id[:4]} is parked in {system}: {link.parked.reason}"


def _troubled(play: Play, trouble: Trouble, seconds: float) -> None:
    """Every call of the ERP ends with a trouble for so long, while the CRM is edited."""
    erp = play.history.connectors["erp"]
    erp.trouble = trouble
    for number in range(12):
        play.at(1.0 + number * seconds / 12, play.edit, "crm", "crm-1", name=play.new())
    play.at(seconds, setattr, erp, "trouble", None)


def _down(play: Play) -> None:
    """The ERP is down for twenty minutes."""
    _troubled(play, DOWN, 1200.0)


def _refused(play: Play) -> None:
    """The ERP refuses who we are for ten minutes."""
    _troubled(play, LOGIN, 600.0)


def _patient(play: Play) -> None:
    """The ERP asks for two minutes of patience."""
    _troubled(play, BUSY, 118.0)


def _called_seldom(most: int) -> Callable[[Play], Iterable[str]]:
    """Expect that a system in trouble was called at most so often, and that all is well again by itself."""

    def expect(play: Play) -> Iterable[str]:
        calls = play.history.connectors["erp"].in_vain
        if calls > most:
            yield f"16 who is in trouble is left alone: the ERP was called {calls} times in vain"
        yield from _is_in_step(play)

    return expect


def _is_in_step(play: Play) -> Iterable[str]:
    for each in agreement(play.history):
        yield f"16 a stop that ends lets all go on by itself: {each}"


def _pause(play: Play, system: str, start: float, end: float) -> None:
    operator = play.history.operator
    play.at(start, operator, f"pause {system}", lambda parts: pause(parts, system, None, "operator"))
    play.at(end, operator, f"resume {system}", lambda parts: resume(parts, system, None))


def _paused(play: Play) -> None:
    """The ERP is paused while people work and everything is compared; then it goes on by itself."""
    _pause(play, "erp", 1.0, 45.0)
    play.at(8.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(9.0, play.customer, "crm", "bob")
    play.at(10.0, play.edit, "erp", "erp-1", phone=play.new("+"))
    play.at(12.0, play.history.start_reconcile)


def _lost_after_a_pause(play: Play) -> None:
    """When the ERP goes on after a pause, the first messages are lost."""
    _pause(play, "erp", 1.0, 150.0)
    play.at(8.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(151.0, play.faults, {"deliveries dropped": 1.0})
    play.at(210.0, play.faults)


def _deleted_in_a_pause(play: Play) -> None:
    """A customer is deleted in the CRM, which is paused and tells it by one webhook."""
    _pause(play, "crm", 1.0, 40.0)
    play.at(8.0, play.remove, "crm", "crm-1")


def _handed_out_in_a_pause(play: Play) -> None:
    """Ada gets an e-mail that the ERP ignores before she comes to the shop, where somebody else has it, unheard."""
    _pause(play, "shop", 0.0, 40.0)
    play.at(3.0, play.customer, "crm", "ada")
    play.at(14.0, play.edit, "crm", "crm-1", email="shared@x.org")
    play.history.queues.hints.loses = lambda things: any(each.system == "shop" for each in things)
    play.at(15.0, play.customer, "shop", "bob", email="shared@x.org")
    play.at(160.0, setattr, play.history.queues.hints, "loses", lambda _: False)


def _drifting(play: Play) -> None:
    """The ERP shows no phones any more for a while; meanwhile the CRM changes one."""
    erp = play.history.connectors["erp"]
    erp.hidden = frozenset({"phone"})
    play.at(1.0, play.edit, "erp", "erp-1", name=play.new())
    play.at(25.0, play.edit, "crm", "crm-1", phone=play.new("+"))


def _is_withheld(play: Play) -> Iterable[str]:
    if play.row("erp", "erp-1").fields["phone"] == play.row("crm", "crm-1").fields["phone"]:
        yield "2 what drifts is not sent: the phone was written though the ERP shows none"
    play.history.connectors["erp"].hidden = frozenset()


def _no_room(play: Play) -> None:
    """For some seconds there is no room for calls in the ERP's quota; nobody sweeps."""
    play.at(1.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(9.0, play.faults)


def _came_soon(play: Play) -> Iterable[str]:
    if play.row("erp", "erp-1").fields["name"] != play.row("crm", "crm-1").fields["name"]:
        yield "16 what has no room is put off: it did not come within forty seconds"


def _many(play: Play) -> None:
    """More customers are entered than a run may make."""
    for number in range(6):
        play.at(1.0 + number, play.customer, "crm", f"a{number}")


def _no_more(play: Play) -> Iterable[str]:
    if len(play.rows("erp")) > 2:
        yield f"16 a run writes no more than its bound: {len(play.rows('erp'))} customers were made without approval"


def _bounded(integration: Integration) -> Integration:
    entities = {name: replace(rules, max_creates_per_run=2) for name, rules in integration.entities.items()}
    return replace(integration, entities=entities)


TWO = {"crm": BEST, "erp": BEST}
DRAMAS = (
    Drama("a system takes no writes", TWO, _read_only, _one, on_time=_nothing_is_parked, lasts=1600.0, polls_every=120),
    Drama("a system is down", TWO, _down, _one, on_time=_called_seldom(25), lasts=2400.0, polls_every=120),
    Drama("a system refuses us", TWO, _refused, _one, on_time=_called_seldom(3), lasts=1700.0, polls_every=120),
    Drama("a system asks for patience", TWO, _patient, _one, on_time=_called_seldom(3), lasts=300.0),
    Drama("a pause", TWO, _paused, _one, on_time=_is_in_step, lasts=150.0),
    Drama("messages are lost after a pause", TWO, _lost_after_a_pause, _one, on_time=_is_in_step, lasts=320.0),
    Drama(
        "a delete in a pause",
        {"crm": TELLING, "erp": BEST},
        _deleted_in_a_pause,
        _one,
        on_time=_is_in_step,
        lasts=150.0,
    ),
    Drama(
        "a key handed out in a pause",
        {"crm": BEST, "erp": DEAF_TO_EMAIL, "shop": BEST},
        _handed_out_in_a_pause,
        lasts=200.0,
    ),
    Drama("a field drifts", {"crm": BEST, "erp": NAMING}, _drifting, _one, on_time=_is_withheld, lasts=55.0),
    Drama("no room for a call", TWO, _no_room, _one, on_time=_came_soon, rates={ROOM: 1.0}, lasts=50.0),
    Drama("no budget for a call", TWO, _no_room, _one, on_time=_came_soon, rates={BUDGET: 1.0}, lasts=50.0),
    Drama("more than a run may make", TWO, _many, on_time=_no_more, bounds=_bounded),
)
