"""Messages, crashes and slow workers: what is lost on the way must be found, by nobody twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.core.integration import Integration
from shared.core.observations import Next, Trouble
from tests.simulation.drama import Drama, Play
from tests.simulation.kinds import BEST, Kind

LOCKED = Trouble(Next.RETRYABLE, "locked", "somebody has it open")
POLLED = Kind("polled", webhooks="none")
NAMING = Kind("names what changed", webhooks="id")


def _one(play: Play) -> None:
    """One customer stands in both."""
    play.customer("crm", "ada")


def _many(play: Play) -> None:
    """Customers are entered one after the other; whoever polls dies before the page is queued."""
    play.die("poll_changes.poll_changes", "messages.changes", "before")
    for number in range(7):
        play.at(1.0 + 3.5 * number, play.customer, "crm", f"a{number}")


def _put_off(play: Play) -> None:
    """Who is asked for what changed asks for patience, and the message that is to come back later is lost."""
    play.at(1.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(20.0, play.faults, {"delayed dropped": 1.0})
    play.at(40.0, play.customer, "crm", "bob")


def _orphan(play: Play) -> None:
    """An order refers to a customer that was deleted before anybody read it."""

    def enter() -> None:
        name = play.customer("crm", "ada")
        play.remove("crm", name)
        play.order("crm", name)

    play.at(1.0, enter)


def _children(play: Play) -> None:
    """A customer and its order are entered together; the customer comes late, and the wake-up of the order is lost."""

    def enter() -> None:
        play.order("crm", play.customer("crm", "ada"))

    play.at(0.0, enter)
    play.at(30.0, play.faults)
    queue = play.history.queues.deliveries_queue
    play.at(110.0, setattr, queue, "loses", lambda things: any(each.entity == "order" for each in things))
    play.at(150.0, setattr, queue, "loses", lambda _: False)


def _order_is_there(play: Play) -> Iterable[str]:
    if not play.rows("erp", "order"):
        yield "16 a lost wake-up is healed by a due time: the order does not stand in the ERP"


def _refused_at_first(play: Play) -> None:
    """The ERP refuses a customer for good, so its order is parked; then somebody corrects the customer."""

    def enter() -> None:
        play.order("crm", play.customer("crm", "ada"))

    play.at(0.0, enter)
    play.at(20.0, play.faults)
    play.at(90.0, play.edit, "crm", "crm-1", phone=play.new("+"))


def _locked(play: Play) -> None:
    """The ERP refuses one customer again and again, and never says that it will not take it."""
    play.history.connectors["erp"].trouble_of_writes = LOCKED
    play.at(1.0, play.edit, "crm", "crm-1", phone=play.new("+"))


def _is_parked(play: Play) -> Iterable[str]:
    record = play.record("crm", "crm-1")
    if record is None or record.link("erp").parked is None:
        yield "16 what fails again and again is parked with its reason: the customer is not"


def _with_phones(integration: Integration, version: str, *, has: bool) -> Integration:
    """Return the settings by which the ERP's phones are in the mapping, or are not."""
    rules, phone = integration.rules("customer"), frozenset({"phone"})
    erp = rules.systems["erp"]
    carries, takes = (erp.carries | phone, erp.takes | phone) if has else (erp.carries - phone, erp.takes - phone)
    systems = {**rules.systems, "erp": replace(erp, carries=carries, takes=takes)}
    entities = {name: replace(each, version=version) for name, each in integration.entities.items()}
    entities["customer"] = replace(rules, systems=systems, version=version)
    return replace(integration, version=version, entities=entities)


def _joins(play: Play) -> None:
    """Phones of the ERP join the mapping; the hints of the one comparison that reads them are lost."""
    history = play.history
    play.at(1.0, history.deploy, _with_phones(history.integration, "r2", has=True))
    play.at(2.0, history.start_reconcile)
    play.at(2.0, play.faults, {"hints dropped": 1.0})
    play.at(30.0, play.faults)


def _in_the_erp(play: Play) -> None:
    """Two customers stand in both, entered in the ERP one after the other."""
    play.customer("erp", "ada")
    play.at(9.0, play.customer, "erp", "bob")


def _slow(play: Play) -> None:
    """A worker stalls before its write, while it counts it, for longer than its lease; meanwhile others sweep."""
    play.stall("guarding.is_within_bound", "stopping.spend", 110.0)
    play.at(0.0, play.customer, "crm", "ada")
    for number in range(10):
        play.at(20.0 * number, play.history.sweep)


def _quickly(play: Play) -> None:
    """Nothing goes wrong, and nobody sweeps: the stream alone brings a change over."""
    play.at(1.0, play.edit, "crm", "crm-1", name=play.new())


def _is_there(play: Play) -> Iterable[str]:
    if play.row("crm", "crm-1").fields["name"] != play.row("erp", "erp-1").fields["name"]:
        yield "16 the stream is the fast way: a change took more than fifteen seconds"


DRAMAS = (
    Drama("who polls dies", {"crm": POLLED, "erp": BEST}, _many, is_told=True),
    Drama(
        "what is put off is lost",
        {"crm": NAMING, "erp": BEST},
        _put_off,
        _one,
        rates={"throttled": 0.7, "delayed dropped": 1.0},
        is_told=True,
        lasts=200.0,
    ),
    Drama("an order of nobody", {"crm": BEST, "erp": BEST}, _orphan),
    Drama(
        "an order waits",
        {"crm": BEST, "erp": BEST},
        _children,
        rates={"request lost": 1.0},
        on_time=_order_is_there,
        lasts=200.0,
    ),
    Drama(
        "a parent is refused, then corrected",
        {"crm": BEST, "erp": BEST},
        _refused_at_first,
        rates={"refused 400": 1.0},
        expect=_order_is_there,
        lasts=160.0,
    ),
    Drama("a customer is locked", {"crm": BEST, "erp": BEST}, _locked, _one, expect=_is_parked),
    Drama(
        "a field joins unheard",
        {"crm": BEST, "erp": NAMING},
        _joins,
        _in_the_erp,
        bounds=lambda each: _with_phones(each, "r1", has=False),
    ),
    Drama(
        "a worker stalls",
        {"crm": BEST, "erp": BEST},
        _slow,
        lasts=260.0,
    ),
    Drama("all is well", {"crm": BEST, "erp": BEST}, _quickly, _one, on_time=_is_there, lasts=15.0),
)
