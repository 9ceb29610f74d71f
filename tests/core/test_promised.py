"""What Tandem itself says of an order or a deal, in fields that no system writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.core.absorb import absorb
from shared.core.allocate import Outcome
from shared.core.decisions import Cause, Verdict
from shared.core.entities import PROMISE
from shared.core.inputs import Inputs, Step
from shared.core.owed import owed
from shared.core.promised import NOTHING, has_moved, is_said, said_of, say, says_something
from shared.core.records import Record
from shared.core.replay import Replayed, replay
from shared.core.rules import OURS, EntityRules, FieldRule
from shared.core.values import Value
from tests.kit.builders import a_link, a_record, an_observation
from tests.kit.merging import NOW
from tests.kit.rules import able, rules_of

TODAY = date(2026, 11, 22)
LATER = date(2026, 12, 1)
ONLY_US = {path: FieldRule(writers=frozenset({OURS})) for path in PROMISE}


def promised_rules() -> EntityRules:
    shown = frozenset({"number", "status", *PROMISE})
    systems = {name: replace(able(name, "order"), carries=shown, takes=shown) for name in ("crm", "erp")}
    return replace(rules_of("order"), systems=systems, fields=ONLY_US)


def an_order(**said: Value) -> Record:
    fields: dict[str, Value] = {"number": "O-1", "status": "placed"}
    return a_record(entity="order", fields=fields | said, links={"crm": a_link("1", {**fields, **NOTHING})})


@pytest.mark.parametrize(
    ("outcome", "state", "text", "day", "short"),
    [
        (Outcome(TODAY, Decimal(0)), "now", "available now", None, None),
        (Outcome(LATER, Decimal(0)), "later", "available on 2026-12-01", datetime(2026, 12, 1, tzinfo=UTC), None),
        (Outcome(None, Decimal(5)), "short", "short by 5", None, Decimal(5)),
    ],
)
def test_an_outcome_is_said_in_four_fields(
    outcome: Outcome, state: str, text: str, day: datetime | None, short: Decimal | None
) -> None:
    said = {"promise.state": state, "promise.text": text, "promise.date": day, "promise.short": short}

    assert said_of(outcome, TODAY) == said


def test_what_is_said_is_ours_and_owed_to_whoever_shows_it() -> None:
    said = said_of(Outcome(LATER, Decimal(0)), TODAY)

    after = say(an_order(), said, promised_rules(), NOW)

    ours = {path for path, held in after.fields.items() if held.by == OURS}
    assert ours == {"promise.state", "promise.text", "promise.date"}
    assert owed(after, "crm", promised_rules()).keys() == {"promise.state", "promise.text", "promise.date"}
    assert after.due_at is not None
    assert is_said(after, said)
    assert say(after, said, promised_rules(), NOW) == after


def test_who_wants_nothing_is_promised_nothing() -> None:
    rules = promised_rules()
    before = say(an_order(), said_of(Outcome(None, Decimal(5)), TODAY), rules, NOW)

    after = say(before, NOTHING, rules, NOW)

    assert says_something(before)
    assert not says_something(after)
    assert is_said(an_order(), NOTHING)
    assert owed(after, "crm", rules) == {}


def test_only_another_promise_moves_it() -> None:
    rules = promised_rules()
    first = say(an_order(), said_of(Outcome(LATER, Decimal(0)), TODAY), rules, NOW)

    assert has_moved(None, first)
    assert not has_moved(None, an_order())
    assert not has_moved(first, replace(first, version=9))
    assert has_moved(first, say(first, said_of(Outcome(TODAY, Decimal(0)), TODAY), rules, NOW))


@pytest.mark.parametrize("is_promised", [True, False])
def test_whatever_a_system_enters_there_is_refused_and_owed_back(is_promised: bool) -> None:
    rules = promised_rules()
    before = an_order()
    if is_promised:
        before = say(before, said_of(Outcome(LATER, Decimal(0)), TODAY), rules, NOW)
    entered = an_observation(entity="order", fields={"number": "O-1", "promise.text": "tomorrow"})

    absorbed = absorb(before, entered, rules, NOW)

    assert absorbed.record.value("promise.text") == before.value("promise.text")
    assert [(each.verdict, each.path, each.theirs) for each in absorbed.decisions] == [
        (Verdict.REFUSED, "promise.text", "tomorrow")
    ]
    assert owed(absorbed.record, "crm", rules)["promise.text"] == before.value("promise.text")


def test_a_promise_is_made_again_by_a_replay() -> None:
    rules, said = promised_rules(), said_of(Outcome(None, Decimal(5)), TODAY)
    before = an_order()
    after = replace(say(before, said, rules, NOW), version=before.version + 1)
    cause = Cause("promise", at=NOW, rules=rules.version, values=said, inputs=Inputs((Step.PROMISE,)))

    found = replay(before, after, cause, rules)

    assert isinstance(found, Replayed)
    assert found.is_same
