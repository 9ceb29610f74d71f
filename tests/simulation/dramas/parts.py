"""Contacts and lines: what is the same on both sides, what a system does not keep, what an answer leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from shared.core.values import Value
from tests.simulation.drama import Drama, Play
from tests.simulation.kinds import BEST, KINDS, Kind

BACKWARDS = Kind("names lines backwards", answers="id", names_backwards=True)
NO_NEW_CONTACTS = KINDS["no new contacts"]


def _one(play: Play) -> None:
    """One customer with a contact stands in both."""
    play.customer("crm", "ada", **play.contact("crm", "kim@x.org"))


def _two(play: Play) -> None:
    """Two customers with contacts stand in both, and all has been compared once."""
    for person in ("ada", "bob"):
        play.customer("erp", person, **play.contact("erp", f"kim@{person}.org"))
    play.at(8.0, play.history.start_reconcile)


def _both_sides(play: Play) -> None:
    """The same customer is entered in both systems, each with the same contacts and one of its own."""
    for system in ("crm", "erp"):
        fields: dict[str, Value] = {}
        for email in ("kim@x.org", "lee@x.org", f"{system}@x.org"):
            fields |= play.contact(system, email)
        play.at(play.dice.uniform(0.0, 3.0), play.customer, system, "ada", **fields)


def _no_contact_twice(play: Play) -> Iterable[str]:
    for system in play.history.partners:
        for row in play.rows(system):
            emails = Counter(value for path, value in row.fields.items() if path.endswith(".email"))
            twice = sorted(str(email) for email, number in emails.items() if number > 1)
            if twice:
                yield f"5 an element stands once: {system} shows {twice} twice"


def _alike(play: Play) -> None:
    """The same customer is entered in both systems; one contact stands twice in the ERP; who can tell?."""
    play.customer("crm", "ada", **play.contact("crm", "kim@x.org"))
    play.customer("erp", "ada", **play.contact("erp", "kim@x.org"), **play.contact("erp", "kim@x.org"))


def _none_is_added(play: Play) -> Iterable[str]:
    for system, most in (("crm", 1), ("erp", 2)):
        found = [value for row in play.rows(system) for value in row.fields.values() if value == "kim@x.org"]
        if len(found) > most:
            yield f"5 an element stands once: what nobody could tell apart was added in the {system}"


def _added(play: Play) -> None:
    """Somebody adds a contact."""
    play.at(1.0, play.put, "crm", "crm-1", play.contact("crm", "lee@x.org"))


def _kept(play: Play) -> Iterable[str]:
    if "lee@x.org" not in play.row("crm", "crm-1").fields.values():
        yield "2 who does not keep an addition takes it from nobody: the CRM's contact went"


def _added_and_edited(play: Play) -> None:
    """Contacts are added and edited while answers leave fields out."""
    for number in range(4):
        play.at(1.0 + 12 * number, play.put, "crm", "crm-1", play.contact("crm", f"c{number}@x.org"))
        play.at(6.0 + 12 * number, play.edit, "crm", "crm-1", name=play.new())


def _twice_one_product(play: Play) -> None:
    """A create with one line is lost; then the line's quantity changes, and a second one has what the first had."""
    line, second = play.line("erp", "erp-1", 5), play.line("erp", "erp-1", 5)
    quantity = next(path for path in line if path.endswith(".quantity"))
    play.at(0.0, play.order, "erp", "erp-2", lines=line)
    play.at(12.0, play.put, "erp", "erp-3", {quantity: Decimal(20), **second}, "order")
    play.at(30.0, play.faults)


def _quantities(play: Play) -> Iterable[str]:
    """Each line must have the quantity in the ERP that it has in the CRM, and the record both lines."""
    for system in ("crm", "erp"):
        shown = [row.fields for row in play.rows(system, "order")]
        found = sorted(str(v) for fields in shown for path, v in fields.items() if path.endswith(".quantity"))
        if found != ["20", "5"]:
            yield f"5 an element stands once: quantities in {system} are {found}"


def _goods(play: Play) -> None:
    """A customer and a product stand in both."""
    play.customer("crm", "ada")
    play.product("erp")


def _unheard(play: Play) -> None:
    """Nobody hears of a contact's new name, which no revision covers; another row is changed after it."""
    path = next(path for path in play.row("erp", "erp-1").fields if path.endswith("].name"))
    play.at(1.0, play.put, "erp", "erp-1", {path: play.new()})
    play.at(25.0, play.edit, "erp", "erp-2", name=play.new())


DRAMAS = (
    Drama(
        "one customer, entered twice with contacts", {"crm": BEST, "erp": BEST}, _both_sides, expect=_no_contact_twice
    ),
    Drama("contacts that nobody can tell apart", {"crm": BEST, "erp": BEST}, _alike, expect=_none_is_added),
    Drama("a contact that is not kept", {"crm": BEST, "erp": NO_NEW_CONTACTS}, _added, _one, expect=_kept),
    Drama(
        "answers leave out what a contact shows",
        {"crm": BEST, "erp": KINDS["sparse"]},
        _added_and_edited,
        _one,
        expect=_no_contact_twice,
    ),
    Drama(
        "two lines of one product",
        {"crm": BACKWARDS, "erp": BEST},
        _twice_one_product,
        _goods,
        rates={"request lost": 1.0},
        expect=_quantities,
        lasts=200.0,
    ),
    Drama(
        "a contact changes unheard",
        {"crm": BEST, "erp": KINDS["children apart"]},
        _unheard,
        _two,
        rates={"webhook dropped": 1.0, "hints dropped": 1.0},
    ),
)
