"""What a system answers, and what it shows later: old states, late answers, wishes, spellings of its own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from shared.core.rules import Decider
from tests.simulation.drama import LATEST, Drama, Play
from tests.simulation.kinds import BEST, KINDS, Kind

DEAF_BY_ID = Kind("deaf, answers an id", ignores=frozenset({"phone"}), answers="id")
CONFIRMING = Kind("confirming", confirms=True)
DEAF = Kind("deaf", ignores=frozenset({"phone"}))
REJECTING = Kind("takes no phones", rejects=frozenset({"phone"}))
PERSON = (Decider.PERSON,) * 3
LAGGING = Kind("lags, never tells", read_lag=3.0, answers="revision", webhooks="none")
LATE = Kind("late", late=frozenset({"phone"}))
SHOWS_LATE = Kind("shows late, tells ids", read_lag=8.0, webhooks="id")


def _one(play: Play) -> None:
    """One customer stands in both."""
    play.customer("crm", "ada")


def _quick_edits(play: Play) -> None:
    """Somebody corrects a name again and again, within seconds."""
    for number in range(8):
        play.at(1.0 + number * 1.3, play.edit, "crm", "crm-1", name=play.new())


def _without_phone(play: Play) -> None:
    """A customer without a phone stands in both."""
    play.customer("crm", "ada", phone=None)


def _taken_back(play: Play) -> None:
    """The ERP gives a phone, which goes to the CRM without an answer, and takes it back; the CRM changes it. That it
    had arrived there nobody hears."""
    hints = play.history.queues.hints
    hints.loses = lambda things: any(each.system == "crm" for each in things)
    play.at(0.5, play.edit, "erp", "erp-1", phone=play.new("+"))
    play.at(9.0, play.faults)
    play.at(10.0, play.edit, "erp", "erp-1", phone=None)
    play.at(16.0, setattr, hints, "loses", lambda _: False)
    play.at(17.0, play.edit, "crm", "crm-1", phone=play.new("+"))


def _told_backwards(play: Play) -> None:
    """A name is corrected again and again in one moment; the last is told first, the others long after."""
    announcer = play.history.announcers["crm"]
    announcer.kept = []
    for number in range(6):
        play.at(1.0 + number * 0.01, play.edit, "crm", "crm-1", name=play.new())

    def tell() -> None:
        last, *others = reversed(announcer.kept or [])
        announcer.kept = None
        announcer.send(last, 0.1)
        for number, event in enumerate(others):
            announcer.send(event, 6.0 + 4 * number)

    play.at(2.0, tell)


def _someone_meanwhile(play: Play) -> None:
    """Answers take ten seconds, and whatever we write, somebody edits another field of the same row a moment later."""
    play.history.connectors["erp"].answers_after = 10.0
    play.at(50.0, setattr, play.history.connectors["erp"], "answers_after", 0.0)
    play.when_we_write("erp", lambda name: play.edit("erp", name, **{"addresses[billing].city": play.new()}))
    for number in range(3):
        play.at(1.0 + number * 15, play.edit, "crm", "crm-1", name=play.new())


def _typed_over(play: Play) -> None:
    """The phone that the CRM sends is ignored; just then somebody in the ERP types another one."""
    play.when_we_write("erp", lambda name: play.edit("erp", name, phone=play.new("+")))
    play.at(1.0, play.edit, "crm", "crm-1", phone=play.new("+"))


def _wish(play: Play) -> None:
    """The CRM changes a phone that the other system ignores."""
    play.values["wish"] = play.new("+")
    play.at(1.0, play.edit, "crm", "crm-1", phone=play.values["wish"])


def _wish_stands(play: Play) -> Iterable[str]:
    record = play.record("crm", "crm-1")
    if record is None or record.value("phone") != play.values["wish"]:
        yield "2 who ignores a field takes it from nobody: the CRM's phone went"


def _corrected_in_time(play: Play) -> None:
    """The ERP applies a phone later than it answers; meanwhile the CRM corrects it."""
    play.values["wish"] = play.new("+")
    play.at(1.0, play.edit, "crm", "crm-1", phone=play.new("+"))
    play.at(play.dice.uniform(5.0, 7.5), play.edit, "crm", "crm-1", phone=play.values["wish"])


def _placed(play: Play) -> None:
    """An order that the CRM places is confirmed by the ERP in the same call."""
    play.at(1.0, play.order, "crm", "crm-1", "placed")


def _confirmed_everywhere(play: Play) -> Iterable[str]:
    shown = {row.fields.get("status") for system in ("crm", "erp") for row in play.rows(system, "order")}
    if shown != {"confirmed"}:
        yield f"2 what a system makes of a write is taken: orders are {sorted(map(str, shown))}"


def _written_once(play: Play) -> Iterable[str]:
    record, writes = play.record("crm", "crm-1"), play.history.truth.writes
    if writes > 2 or record is None or record.link("erp").held:
        yield f"4 writes are bounded: {writes} of them, because a read was older than the write"


def _edited_once(play: Play) -> None:
    """Somebody corrects a name; what the ERP shows after our write is from before it."""
    play.at(1.0, play.edit, "crm", "crm-1", name=play.new())


def _spaces(play: Play) -> None:
    """Somebody types spaces around a name that the ERP trims to what it shows already."""
    play.at(1.0, play.edit, "crm", "crm-1", name=f" {play.row('crm', 'crm-1').fields['name']} ")


def _both_type(play: Play) -> None:
    """Two people change a phone about which a person is to decide."""
    for system in ("crm", "erp"):
        play.values[system] = play.new("+")
        play.at(1.0, play.edit, system, f"{system}-1", phone=play.values[system])


def _both_stand(play: Play) -> Iterable[str]:
    for system in ("crm", "erp"):
        if play.row(system, f"{system}-1").fields["phone"] != play.values[system]:
            yield f"3 what is left to a person stands until then: the phone of the {system} went"


def _recomputed(play: Play) -> None:
    """The ERP computes totals of its own whenever we write one."""

    def recompute(name: str) -> None:
        if ("order", name) in play.history.partners["erp"].rows:
            play.edit("erp", name, "order", total=Decimal(play.new("9")))

    play.when_we_write("erp", recompute)
    play.at(1.0, play.order, "crm", "crm-1")
    play.at(15.0, play.edit, "crm", "crm-2", "order", total=Decimal(7))


def _not_for_ever(play: Play) -> Iterable[str]:
    writes = play.history.truth.writes
    if writes > 25:
        yield f"4 writes are bounded: {writes} of them for a total that keeps flipping"


def _rejected(play: Play) -> None:
    """The CRM changes a name and a phone; the ERP takes no phone, and says so."""
    play.values["name"] = play.new()
    play.at(1.0, play.edit, "crm", "crm-1", name=play.values["name"], phone=play.new("+"))


def _the_rest_arrives(play: Play) -> Iterable[str]:
    if play.row("erp", "erp-1").fields["name"] != play.values["name"]:
        yield "16 one field that is refused holds no other up: the name never came"


def _latest(play: Play) -> None:
    """Two people change a phone, one of them later; both are told at once, in either order."""
    for announcer in play.history.announcers.values():
        announcer.kept = []
    sooner, later = ("crm", "erp") if play.dice.random() < 0.5 else ("erp", "crm")
    play.values["wish"] = play.new("+")
    play.at(1.0, play.edit, sooner, f"{sooner}-1", phone=play.new("+"))
    play.at(16.0, play.edit, later, f"{later}-1", phone=play.values["wish"])


def _latest_stands(play: Play) -> Iterable[str]:
    record = play.record("crm", "crm-1")
    if record is None or record.value("phone") != play.values["wish"]:
        yield "2 the latest edit wins where the rule says so: the earlier one did"


def _not_there_yet(play: Play) -> None:
    """A customer is entered in the ERP; what we make of it in the CRM is told at once, and not there yet for a read."""
    play.at(0.0, play.customer, "erp", "ada")
    play.at(14.0, play.faults)


def _nobody_ended(play: Play) -> Iterable[str]:
    if play.row("erp", "erp-1").is_deleted:
        yield "8 an absence that is only stale ends nobody: the customer was archived in the ERP"


DRAMAS = (
    Drama(
        "what we made is not there yet",
        {"crm": SHOWS_LATE, "erp": BEST},
        _not_there_yet,
        rates={"stale read": 1.0},
        expect=_nobody_ended,
    ),
    Drama(
        "a system shows old states",
        {"crm": KINDS["stale"], "erp": BEST},
        _quick_edits,
        _one,
        rates={"webhook doubled": 0.9, "stale read": 0.9},
    ),
    Drama(
        "times run backwards, and messages too",
        {"crm": KINDS["backwards"], "erp": BEST},
        _told_backwards,
        _one,
    ),
    Drama(
        "an answer comes late",
        {"crm": BEST, "erp": BEST},
        _someone_meanwhile,
        _one,
        rates={"edit after our write": 1.0},
    ),
    Drama(
        "somebody types over what is ignored",
        {"crm": BEST, "erp": DEAF_BY_ID},
        _typed_over,
        _one,
        rates={"edit after our write": 1.0},
        slowest=3.0,
    ),
    Drama("a field is ignored", {"crm": BEST, "erp": DEAF}, _wish, _one, expect=_wish_stands),
    Drama("an ignored field, answered by an id", {"crm": BEST, "erp": DEAF_BY_ID}, _wish, _one, expect=_wish_stands),
    Drama(
        "a change is applied late",
        {"crm": BEST, "erp": LATE},
        _corrected_in_time,
        _one,
        expect=_wish_stands,
        deciders=LATEST,
    ),
    Drama(
        "an order is confirmed at once", {"crm": BEST, "erp": CONFIRMING}, _placed, _one, expect=_confirmed_everywhere
    ),
    Drama("two values for a person", {"crm": BEST, "erp": BEST}, _both_type, _one, expect=_both_stand, deciders=PERSON),
    Drama(
        "a total that keeps flipping",
        {"crm": BEST, "erp": BEST},
        _recomputed,
        _one,
        rates={"edit after our write": 1.0},
        on_time=_not_for_ever,
        lasts=400.0,
    ),
    Drama("a field is rejected", {"crm": BEST, "erp": REJECTING}, _rejected, _one, expect=_the_rest_arrives),
    Drama(
        "reads lag behind writes",
        {"crm": BEST, "erp": LAGGING},
        _edited_once,
        _one,
        rates={"stale read": 1.0},
        expect=_written_once,
        lasts=250.0,
        polls_every=600,
    ),
    Drama("spaces around a name", {"crm": BEST, "erp": KINDS["own spelling"]}, _spaces, _one),
    Drama("the latest edit", {"crm": BEST, "erp": BEST}, _latest, _one, expect=_latest_stands, deciders=LATEST),
    Drama(
        "a phone that is taken back while it is on its way",
        {"crm": BEST, "erp": BEST},
        _taken_back,
        _without_phone,
        rates={"reply lost": 1.0},
    ),
)
