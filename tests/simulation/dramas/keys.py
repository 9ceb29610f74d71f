"""Whose row is it? E-mails that change hands, creates without an answer, clones, looks at who shows a key."""

from __future__ import annotations

from collections.abc import Iterable

from tests.simulation.drama import Drama, Play
from tests.simulation.kinds import BEST, KINDS, Kind

DEAF_TO_EMAIL = Kind("deaf to e-mails", ignores=frozenset({"email"}))
VERY_STALE = Kind("very stale", read_lag=8.0)
POLLED = Kind("polled", webhooks="none")
NO_LOOK_UP = KINDS["no look-up"]
MAIL = "shared@x.org"


def _one(play: Play) -> None:
    """One customer stands everywhere."""
    play.customer("crm", "ada")


def _product(play: Play) -> None:
    """One product stands in both."""
    play.product("erp")


def _key_that_one_lacks(play: Play) -> None:
    """Ada, who left the shop, gets an e-mail that the ERP ignores; then the shop enters somebody with it."""
    play.at(0.5, play.remove, "shop", "shop-1")
    play.at(1.0, play.edit, "crm", "crm-1", email=MAIL)
    play.at(45.0, play.customer, "shop", "bob", email=MAIL)


def _left_out(play: Play) -> None:
    """The same customer is entered in both systems; whoever enters it in the CRM leaves the phone out."""
    play.at(0.0, play.customer, "erp", "ada", phone="+41")
    play.at(0.1, play.customer, "crm", "ada", phone=None)


def _phone_stays(play: Play) -> Iterable[str]:
    phones = [row.fields["phone"] for system in ("crm", "erp") for row in play.rows(system)]
    if phones != ["+41", "+41"]:
        yield f"2 what somebody left out empties nothing: the phones are {phones}"


def _emptied(play: Play) -> None:
    """A phone is emptied in the CRM before the customer comes to the ERP, where it is entered with the old phone."""
    play.at(0.0, play.customer, "crm", "ada", phone="+41")
    play.at(9.0, play.edit, "crm", "crm-1", phone=None)
    play.at(18.0, play.customer, "erp", "ada", phone="+41")
    play.at(30.0, play.faults)


def _two_of_one_mail(play: Play) -> None:
    """Two people at one e-mail stand in the ERP, unread; then a third is entered with it in the CRM."""
    play.history.queues.hints.loses = lambda things: any(each.system == "erp" for each in things)
    for person in ("ada", "bob"):
        play.at(0.0, play.customer, "erp", person, email=MAIL)
    play.at(2.0, play.customer, "crm", "cyd", email=MAIL)
    play.at(60.0, setattr, play.history.queues.hints, "loses", lambda _: False)


def _is_asked(play: Play) -> Iterable[str]:
    record = play.record("crm", "crm-1")
    if record is not None and record.link("erp").parked is None:
        yield "5 who of several it is, a person says: cyd was linked to one of two, or made again"


def _one_number_twice(play: Play) -> None:
    """Somebody enters a product a second time under its number."""
    fields = {**play.row("erp", "erp-1", "product").fields, "name": play.new()}
    play.at(1.0, play.history.partners["erp"].enter, "product", fields, "product again")


def _stands_once(play: Play) -> Iterable[str]:
    if len(play.rows("crm", "product")) != 1 or len(play.history.records()) != 1:
        yield "5 a unique key that stands twice is a person's to judge: the product was doubled"


def _handed_on(play: Play) -> None:
    """A create goes unanswered; the e-mail that it sent is given to somebody else at once."""
    play.at(0.0, play.customer, "crm", "ada", email=MAIL)
    play.at(6.0, play.edit, "crm", "crm-1", email="new@x.org")
    play.at(6.5, play.customer, "crm", "bob", email=MAIL)


def _handed_on_and_changed(play: Play) -> None:
    """A person is asked about the row of an unanswered create; meanwhile its e-mail is given to somebody else."""
    play.when_we_write("erp", lambda name: play.edit("erp", name, name=play.new()))
    play.at(0.0, play.customer, "crm", "ada", email=MAIL)
    play.at(6.0, play.edit, "crm", "crm-1", email="new@x.org")
    play.at(125.0, play.faults, {"deliveries dropped": 1.0})
    play.at(130.0, play.customer, "crm", "bob", email=MAIL)
    play.at(140.0, play.edit, "erp", "erp-1", phone=play.new("+"))


def _is_nobody_elses(play: Play) -> Iterable[str]:
    record = play.record("erp", "erp-1")
    if record is not None and record.link("crm").external_id == "crm-2":
        yield "5 what we made stays ours: the row that was made for ada is bob's"


def _changed_and_entered(play: Play) -> None:
    """E-mails change; then the same customers are entered elsewhere with the new ones, while old states are shown."""
    for number in range(1, 9):
        play.at(1.0, play.edit, "crm", f"crm-{number}", email=f"new{number}@x.org")
        play.at(2.5, play.customer, "shop", f"a{number}", email=f"new{number}@x.org")
    play.at(10.0, play.faults)


def _eight(play: Play) -> None:
    """Eight customers stand everywhere."""
    for number in range(1, 9):
        play.customer("crm", f"a{number}", email=f"a{number}@x.org")


def _made_and_changed(play: Play) -> None:
    """A create goes unanswered at a system that cannot be asked, and somebody changes the row that it made."""
    play.when_we_write("erp", lambda name: play.edit("erp", name, name=play.new()))
    play.at(0.0, play.customer, "crm", "ada")


def _made_once(play: Play) -> Iterable[str]:
    if len(play.rows("erp")) > 1:
        yield f"5 at most one: a create without an answer was made {len(play.rows('erp'))} times"


def _lost(play: Play) -> None:
    """A create is lost on its way to a system that cannot be asked."""
    play.at(0.0, play.customer, "crm", "ada")
    play.at(10.0, play.faults)


def _made_after_all(play: Play) -> Iterable[str]:
    if len(play.rows("erp")) != 1:
        yield f"1 what surely was not made is made again: it stands {len(play.rows('erp'))} times in the ERP"


def _cloned(play: Play) -> None:
    """A create goes unanswered, its row is cloned with our reference, and the clone becomes somebody else."""
    play.at(0.0, play.customer, "crm", "ada")
    play.at(8.0, play.faults)
    play.at(9.0, lambda: _clone(play))
    play.at(135.0, play.edit, "erp", "erp-2", phone=play.new("+"))


def _cloned_and_renamed(play: Play) -> None:
    """Once a person is asked which of the two it is the customer gets another name; then the clone is heard of."""
    _cloned(play)
    play.at(125.0, play.faults, {"deliveries dropped": 1.0})
    play.at(126.0, play.edit, "crm", "crm-1", name=play.new("n"))


def _cloned_and_deleted(play: Play) -> None:
    """Once a person is asked which of the two it is the customer is deleted; then the clone is heard of."""
    _cloned(play)
    play.at(126.0, play.remove, "crm", "crm-1")


def _cloned_again(play: Play) -> None:
    """Once a person is asked which of the two it is the row is cloned once more."""
    _cloned(play)
    play.at(140.0, lambda: _clone(play, "cyd"))


def _cloned_and_entered(play: Play) -> None:
    """Once a person is asked which of the two it is somebody enters the same customer there by hand."""
    _cloned(play)
    fields = {"name": play.new("n"), "email": "ada@x.org"}
    play.at(126.0, play.history.partners["erp"].enter, "customer", fields, "ada")


def _clone(play: Play, person: str = "bob") -> None:
    if not play.rows("erp"):
        return
    row = play.row("erp", "erp-1")
    play.history.tell(f"erp: somebody clones erp-1 with our reference, for {person}")
    fields = {"name": play.new("n"), "email": f"{person}@x.org", "phone": play.new("+")}
    play.history.partners["erp"].enter("customer", fields, person, row.reference)


def _nobody_is_taken_for_another(play: Play) -> Iterable[str]:
    for name in play.history.partners["erp"].ids("customer"):
        record = play.record("erp", name) if name != "erp-1" else None
        if record is not None and record.link("crm").external_id == "crm-1":
            yield f"5 one of several is a person's to choose: the clone {name} was linked by itself"


def _nobody_comes_back(play: Play) -> Iterable[str]:
    if play.rows("crm"):
        yield f"8 who is deleted while a person is asked whose row is whose stays so: {len(play.rows('crm'))} came back"


def _by_hand(play: Play) -> None:
    """A create goes unanswered; somebody enters the same customer by hand, and a list shows neither of the two."""
    erp, hints = play.history.connectors["erp"], play.history.queues.hints
    play.when_we_write("erp", lambda name: _enter_beside(play, name))
    play.at(0.0, play.customer, "crm", "ada", email=MAIL)
    play.at(190.0, setattr, erp, "unlisted", frozenset())
    play.at(190.0, setattr, hints, "loses", lambda _: False)


def _enter_beside(play: Play, made: str) -> None:
    if len(play.rows("erp")) > 1:
        return
    entered = play.customer("erp", "ada", email=MAIL)
    play.customer("erp", "bob")
    play.history.connectors["erp"].unlisted = frozenset({("customer", made), ("customer", entered)})
    play.history.queues.hints.loses = lambda things: any(each.external_id == made for each in things)


def _given_away_while_looked_for(play: Play) -> None:
    """Just before a customer is looked for in the ERP, the CRM gives them another e-mail, and somebody enters another
    person of that name with the old one there; no webhook tells of it."""
    crm, erp = play.history.partners["crm"], play.history.partners["erp"]
    crm.enter("customer", {"name": "n", "email": "old@x.org"}, "ada")
    play.stall("looking.look_by_keys", "system.find", 10.0)
    play.at(4.0, play.faults, {"webhook dropped": 1.0})
    play.at(6.0, play.edit, "crm", "crm-1", email="new@x.org")
    play.at(6.0, erp.enter, "customer", {"name": "n", "email": "old@x.org"}, "bob")


def _handed_on_unseen(play: Play) -> None:
    """Who takes a new customer of the ERP in stalls; the customer gets another e-mail there, of which nobody hears, and
    somebody else is entered in the CRM with the old one."""
    hints = play.history.queues.hints
    play.stall("matching._questions", "identities.holders", 10.0)
    play.at(0.0, play.customer, "erp", "ada", email=MAIL)
    play.at(2.6, setattr, hints, "loses", lambda things: any(each.system == "erp" for each in things))
    play.at(2.7, play.edit, "erp", "erp-1", email="new@x.org")
    play.at(4.5, play.customer, "crm", "bob", email=MAIL)
    play.at(5.0, play.faults, {"deliveries dropped": 1.0})
    play.at(20.0, play.faults)
    play.at(20.0, setattr, hints, "loses", lambda _: False)


def _are_two(play: Play) -> Iterable[str]:
    if play.record("erp", "erp-1") is play.record("crm", "crm-1"):
        yield "5 two persons are never merged: who has an e-mail by now was taken for who gave it away"


def _is_another(play: Play) -> Iterable[str]:
    if play.record("erp", "erp-1") is play.record("crm", "crm-1"):
        yield "5 what was never sent claims nobody: who got the old e-mail was taken for what a create made"


DRAMAS = (
    Drama(
        "a key that one system does not show",
        {"crm": BEST, "erp": DEAF_TO_EMAIL, "shop": BEST},
        _key_that_one_lacks,
        _one,
    ),
    Drama("a phone that was emptied", {"crm": BEST, "erp": BEST}, _emptied, rates={"deliveries dropped": 1.0}),
    Drama(
        "two people at one e-mail",
        {"crm": BEST, "erp": POLLED},
        _two_of_one_mail,
        on_time=_is_asked,
        lasts=58.0,
    ),
    Drama("one number twice", {"crm": BEST, "erp": BEST}, _one_number_twice, _product, expect=_stands_once),
    Drama("a phone that one system leaves out", {"crm": BEST, "erp": BEST}, _left_out, expect=_phone_stays),
    Drama(
        "an e-mail is handed on while a create is open",
        {"crm": BEST, "erp": KINDS["no reference"]},
        _handed_on,
        rates={"reply lost": 1.0},
        lasts=200.0,
    ),
    Drama(
        "an e-mail is handed on while a person is asked about a create",
        {"crm": BEST, "erp": KINDS["no reference"]},
        _handed_on_and_changed,
        rates={"reply lost": 1.0, "edit after our write": 1.0},
        on_time=_is_nobody_elses,
        lasts=220.0,
    ),
    Drama(
        "a customer is entered by hand beside a create in doubt",
        {"crm": BEST, "erp": KINDS["no reference"]},
        _by_hand,
        rates={"reply lost": 1.0, "edit after our write": 1.0},
        lasts=200.0,
    ),
    Drama(
        "an e-mail is given away while its owner is looked for",
        {"crm": BEST, "erp": KINDS["no reference"]},
        _given_away_while_looked_for,
        expect=_is_another,
        lasts=150.0,
    ),
    Drama(
        "an e-mail is handed on while a worker is slow",
        {"crm": BEST, "erp": BEST},
        _handed_on_unseen,
        expect=_are_two,
    ),
    Drama(
        "a look at a candidate is old",
        {"crm": VERY_STALE, "erp": BEST, "shop": BEST},
        _changed_and_entered,
        _eight,
        rates={"stale read": 1.0},
    ),
    Drama(
        "a row that nobody can ask for is changed",
        {"crm": BEST, "erp": NO_LOOK_UP},
        _made_and_changed,
        rates={"reply lost": 1.0, "edit after our write": 1.0},
        expect=_made_once,
        lasts=150.0,
    ),
    Drama(
        "a create that never arrived, where nobody can ask",
        {"crm": BEST, "erp": NO_LOOK_UP},
        _lost,
        rates={"request lost": 1.0},
        expect=_made_after_all,
        lasts=150.0,
    ),
    Drama(
        "a clone of what a lost answer made",
        {"crm": BEST, "erp": BEST},
        _cloned,
        rates={"reply lost": 1.0},
        expect=_nobody_is_taken_for_another,
        lasts=200.0,
    ),
    Drama(
        "another name while a person is asked which of two it is",
        {"crm": BEST, "erp": BEST},
        _cloned_and_renamed,
        rates={"reply lost": 1.0},
        expect=_nobody_is_taken_for_another,
        lasts=200.0,
    ),
    Drama(
        "a customer is deleted while a person is asked which of two it is",
        {"crm": BEST, "erp": BEST},
        _cloned_and_deleted,
        rates={"reply lost": 1.0},
        expect=_nobody_comes_back,
        lasts=200.0,
    ),
    Drama(
        "a further clone while a person is asked which of two it is",
        {"crm": BEST, "erp": BEST},
        _cloned_again,
        rates={"reply lost": 1.0},
        expect=_nobody_is_taken_for_another,
        lasts=200.0,
    ),
    Drama(
        "the same customer by hand while a person is asked which of two it is",
        {"crm": BEST, "erp": BEST},
        _cloned_and_entered,
        rates={"reply lost": 1.0},
        expect=_nobody_is_taken_for_another,
        lasts=200.0,
    ),
)
