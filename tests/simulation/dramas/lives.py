"""Deletes and what comes after them: detached links, tombstones, edits that may not lift one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tests.simulation.drama import Drama, Play
from tests.simulation.kinds import BEST, KINDS, Kind

TELLING = Kind("tells deletes by webhook alone", webhooks="id", tells_deletes=False)


def _one(play: Play) -> None:
    """One customer stands everywhere."""
    play.customer("crm", "ada")


def _product(play: Play) -> None:
    """One product stands in both."""
    play.product("erp")


def _deleted_elsewhere(play: Play) -> None:
    """Somebody deletes a customer where its life is not owned; later the CRM edits it."""
    play.at(1.0, play.remove, "erp", "erp-1")
    play.at(30.0, play.edit, "crm", "crm-1", name=play.new())


def _lives_on(play: Play) -> Iterable[str]:
    if not play.rows("crm"):
        yield "8 only the owner of a life ends it: a delete in the ERP deleted the customer in the CRM"
    if play.rows("erp"):
        yield "8 what a person deleted elsewhere stays deleted there: the customer was made again in the ERP"


def _edit_that_counts_for_nothing(play: Play) -> None:
    """The ERP deletes a product; before the CRM hears of it, somebody there types a price that only the ERP may set."""
    play.at(1.0, play.remove, "erp", "erp-1", "product")
    play.at(play.dice.uniform(1.0, 3.0), play.edit, "crm", "crm-1", "product", price=Decimal(9))


def _first_value_that_counts_for_nothing(play: Play) -> None:
    """The CRM deletes a customer; before the shop hears of it, somebody there types the first credit limit, which only
    the ERP may set, where the customer is archived by then."""
    play.at(1.0, play.remove, "crm", "crm-1")
    play.at(play.dice.uniform(2.0, 5.0), play.edit, "shop", "shop-1", credit_limit=Decimal(9))


def _stays_deleted(play: Play) -> Iterable[str]:
    if play.rows("erp", "product") or play.rows("crm", "product"):
        yield "8 an edit that is refused lifts no tombstone: the product is there again"


def _customer_stays_deleted(play: Play) -> Iterable[str]:
    if any(play.rows(system) for system in ("crm", "erp", "shop")):
        yield "8 a first value that is refused lifts no tombstone: the customer is there again"


def _left_empty(play: Play) -> None:
    """A create goes unanswered; then the CRM types what only the ERP may set, and deletes the customer."""
    play.at(0.0, play.customer, "crm", "ada")
    play.at(9.0, play.edit, "crm", "crm-1", credit_limit=Decimal(3))
    play.at(16.0, play.remove, "crm", "crm-1")
    play.at(20.0, play.faults)


def _is_gone(play: Play) -> Iterable[str]:
    if play.rows("crm") or play.rows("erp"):
        yield "8 what was empty from the start lifts no tombstone: the customer is there again"


def _never_shown(play: Play) -> None:
    """The CRM shows no names; one is typed in the ERP, and then the CRM deletes the customer."""
    play.history.connectors["crm"].hidden = frozenset({"name"})
    play.at(0.0, play.customer, "crm", "ada")
    play.at(15.0, play.edit, "erp", "erp-1", name=play.new())
    play.at(35.0, play.remove, "crm", "crm-1")


def _told_once(play: Play) -> None:
    """A delete is told by one webhook; whoever takes it in dies before it is queued, and the sender repeats it."""
    play.die("receive_webhook.receive_webhook", "messages.changes", "before")
    play.at(1.0, play.remove, "crm", "crm-1")


def _brought_back(play: Play) -> None:
    """A phone is on its way to the ERP, which takes it and says nothing; the row goes there, the phone is taken away in
    the CRM, and then the row is brought back."""
    play.at(1.0, play.edit, "crm", "crm-1", phone=play.new("+"))
    play.at(4.0, play.faults, {"reply lost": 1.0, "webhook dropped": 1.0})
    play.at(12.0, play.remove, "erp", "erp-1")
    play.at(38.0, play.faults)
    play.at(40.0, play.edit, "crm", "crm-1", phone=None)
    play.at(75.0, play.history.partners["erp"].restore, "customer", "erp-1")


def _without_phone(play: Play) -> None:
    """One customer stands in both, of whom nobody knows a phone."""
    play.customer("crm", "ada", phone=None)


def _has_no_phone(play: Play) -> Iterable[str]:
    if any(row.fields.get("phone") for row in (*play.rows("crm"), *play.rows("erp"))):
        yield "2 what was on its way is nobody's edit: the phone that was taken away is there again"


DRAMAS = (
    Drama("a delete elsewhere", {"crm": BEST, "erp": BEST}, _deleted_elsewhere, _one, expect=_lives_on),
    Drama(
        "an edit that counts for nothing",
        {"crm": BEST, "erp": BEST},
        _edit_that_counts_for_nothing,
        _product,
        expect=_stays_deleted,
    ),
    Drama(
        "a first value that counts for nothing",
        {"crm": BEST, "erp": BEST, "shop": BEST},
        _first_value_that_counts_for_nothing,
        _one,
        expect=_customer_stays_deleted,
    ),
    Drama(
        "a create, a wish and a delete",
        {"crm": BEST, "erp": BEST},
        _left_empty,
        rates={"reply lost": 1.0},
        expect=_is_gone,
        lasts=150.0,
    ),
    Drama("a delete of what was never shown", {"crm": BEST, "erp": BEST}, _never_shown),
    Drama(
        "a row that went with what was on its way, and came back",
        {"crm": BEST, "erp": BEST},
        _brought_back,
        _without_phone,
        rates={"reply lost": 1.0},
        expect=_has_no_phone,
        lasts=130.0,
    ),
    Drama("a delete is told once", {"crm": TELLING, "erp": BEST}, _told_once, _one, is_told=True),
    Drama(
        "a delete is told once, to whom it is due",
        {"crm": TELLING, "erp": KINDS["guarded"]},
        _told_once,
        _one,
        is_told=True,
    ),
)
