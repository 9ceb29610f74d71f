"""What the conflict items promise (`shared.ports.conflicts`), in memory and in DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.decisions import Cause, Decision, Verdict
from shared.core.questions import About, Question
from shared.core.records import Record
from shared.ports.conflicts import Closed, Conflict
from shared.ports.stores import Lost, Saved
from tests.contract.conftest import Stores
from tests.kit.builders import a_cause, a_change, a_record
from tests.kit.clock import START

HELD = Decision(Verdict.HELD, "erp", "phone", "1", "2", 3, "the change had no effect there")
LEFT = Decision(Verdict.PERSON, "erp", "name", "Ada", "Bob", 3, "left to a person")
LOST = Decision(Verdict.LOST, "crm", "email", "a@x.org", "b@x.org", 3, "rule owner")
PHONE, NAME = Question(About.HELD, "erp", "phone"), Question(About.HELD, "erp", "name")


def decided(stores: Stores, name: str, *decisions: Decision, at: datetime = START) -> Record:
    record = a_record(name)
    change = replace(a_change(record, decisions=decisions), cause=replace(a_cause(), at=at))
    assert stores.records.save(change) == Saved()
    return record


def answer(stores: Stores, record: Record, *questions: Question, cause: Cause | None = None) -> Record:
    after = replace(record, version=record.version + 1)
    change = replace(a_change(after), closes=frozenset(questions), cause=cause or a_cause())
    assert stores.records.save(change) == Saved()
    return after


def listed(stores: Stores, *, is_open: bool, limit: int = 100) -> list[list[Conflict]]:
    """Return all pages."""
    pages, after = [], None
    while True:
        page = stores.conflicts.page(is_open=is_open, after=after, limit=limit)
        pages.append(list(page.conflicts))
        after = page.next
        if after is None:
            return pages


def test_a_conflict_reads_back_with_its_write(stores: Stores) -> None:
    record = decided(stores, "1", Decision(Verdict.TAKEN, "crm", "x"), LOST, HELD)

    assert stores.conflicts.of(record.id) == [
        Conflict(record.id, "customer", 1, 0, LOST, START, "r1"),
        Conflict(record.id, "customer", 1, 1, HELD, START, "r1"),
    ]
    assert stores.conflicts.of(a_record("2").id) == []


def test_a_conflict_says_which_operator_decided_it(stores: Stores) -> None:
    cause = replace(a_cause("operator choose"), detail={"by": "ada"})

    stores.records.save(replace(a_change(a_record(), decisions=(LOST,)), cause=cause))

    (conflict,) = stores.conflicts.of(a_record().id)
    assert conflict.by == "ada"


def test_open_conflicts_are_listed_oldest_first_and_decided_ones_newest_first(stores: Stores) -> None:
    moments = [START + timedelta(seconds=second) for second in (2, 0, 1)]
    held = [decided(stores, f"h{n}", HELD, at=at) for n, at in enumerate(moments)]
    lost = [decided(stores, f"l{n}", LOST, at=at) for n, at in enumerate(moments)]

    (open_,), (closed,) = listed(stores, is_open=True), listed(stores, is_open=False)

    assert [each.record_id for each in open_] == [held[1].id, held[2].id, held[0].id]
    assert [each.record_id for each in closed] == [lost[0].id, lost[2].id, lost[1].id]


def test_pages_hold_each_conflict_once_though_many_were_made_at_one_moment(stores: Stores) -> None:
    moments = [START, *[START + timedelta(seconds=1)] * 9, START + timedelta(seconds=2)]
    ids = [decided(stores, str(n), HELD, at=at).id for n, at in enumerate(moments)]
    closed = [decided(stores, f"c{n}", LOST, at=at).id for n, at in enumerate(moments)]

    pages = listed(stores, is_open=True, limit=3)
    others = listed(stores, is_open=False, limit=3)

    assert [len(page) for page in pages] == [3, 3, 3, 2]
    assert sorted(each.record_id for page in pages for each in page) == sorted(ids)
    assert sorted(each.record_id for page in others for each in page) == sorted(closed)


def test_what_is_closed_or_made_meanwhile_neither_repeats_nor_hides_an_entry(stores: Stores) -> None:
    records = [decided(stores, str(n), HELD, at=START + timedelta(seconds=n)) for n in range(6)]
    first = stores.conflicts.page(is_open=True, after=None, limit=2)

    answer(stores, records[0], PHONE)
    answer(stores, records[1], PHONE)
    decided(stores, "later", HELD, at=START + timedelta(seconds=9))
    second = stores.conflicts.page(is_open=True, after=first.next, limit=10)

    seen = [each.record_id for each in (*first.conflicts, *second.conflicts)]
    assert seen == [*(record.id for record in records), a_record("later").id]


def test_a_write_closes_the_open_conflicts_that_ask_what_it_answers(stores: Stores) -> None:
    record = decided(stores, "1", HELD, LEFT, LOST)
    cause = replace(a_cause("operator retry"), at=START + timedelta(hours=1), detail={"by": "ada"})

    answer(stores, record, PHONE, cause=cause)

    held, left, lost = stores.conflicts.of(record.id)
    assert held.closed == Closed(cause.at, "ada", "operator retry")
    assert (left.is_open, left.closed, lost.closed) == (True, None, None)
    assert [each.decision for page in listed(stores, is_open=True) for each in page] == [LEFT]


def test_a_conflict_is_closed_once_and_keeps_by_whom(stores: Stores) -> None:
    record = decided(stores, "1", HELD, LEFT)
    by_ada = replace(a_cause("operator retry"), detail={"by": "ada"})

    after = answer(stores, record, PHONE, cause=by_ada)
    answer(stores, after, PHONE, NAME)

    assert [each.closed and each.closed.by for each in stores.conflicts.of(record.id)] == ["ada", ""]
    assert listed(stores, is_open=True) == [[]]
    assert sorted(each.decision.path for page in listed(stores, is_open=False) for each in page) == ["name", "phone"]


def test_the_conflicts_of_another_record_stay_open(stores: Stores) -> None:
    one, other = decided(stores, "1", HELD), decided(stores, "2", HELD)

    answer(stores, one, PHONE)

    assert [each.record_id for page in listed(stores, is_open=True) for each in page] == [other.id]


def test_a_write_that_loses_closes_nothing(stores: Stores) -> None:
    record = decided(stores, "1", HELD)

    lost = replace(a_change(replace(record, version=5)), closes=frozenset({PHONE}))

    assert stores.records.save(lost) == Lost()
    assert [each.is_open for each in stores.conflicts.of(record.id)] == [True]


def test_a_write_may_answer_a_question_and_ask_it_anew(stores: Stores) -> None:
    record = decided(stores, "1", HELD)
    anew = replace(HELD, theirs="3")

    change = a_change(replace(record, version=2), decisions=(anew,))
    stores.records.save(replace(change, closes=frozenset({PHONE})))

    assert [each.decision for page in listed(stores, is_open=True) for each in page] == [anew]
