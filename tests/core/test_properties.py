"""What holds for every history of edits, messages and deliveries."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from shared.core.absorb import is_believable, is_echo
from shared.core.observations import Observation, Source
from shared.core.owed import owed
from shared.core.records import Record
from shared.core.rules import Decider, EntityRules, FieldRule
from shared.core.values import Value
from tests.kit.clock import START
from tests.kit.merging import NOW, agreed, answered, seen_in, sending, shown, stored, values_of
from tests.kit.rules import ERP, rules_of

NAMES = ("name", "email", "phone")
VALUES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["a", "b", "c", None]), max_size=3)
STEP = st.tuples(st.sampled_from(["crm", "erp"]), VALUES)
RULES = st.sampled_from(
    [
        rules_of(),
        rules_of(fields={"name": FieldRule(writers=ERP)}),
        rules_of(fields={"name": FieldRule(decider=Decider.LATEST), "email": FieldRule(owner="erp")}),
        rules_of(fields={"phone": FieldRule(decider=Decider.PERSON)}),
    ]
)
BASE = {"name": "Ada", "email": "ada@example.org", "phone": "1"}


def history(
    steps: list[tuple[str, dict[str, str | None]]], rules: EntityRules
) -> tuple[Record, dict[str, dict[str, Value]]]:
    """Return the record after these edits were each looked at, and what both systems show by then."""
    record = agreed(BASE)
    shows: dict[str, dict[str, Value]] = {"crm": dict(BASE), "erp": dict(BASE)}
    for number, (system, edit) in enumerate(steps):
        shows[system].update(edit)
        record = seen_in(record, shown(system, shows[system], revision=number + 2), rules).record
    return record, shows


@given(st.lists(STEP, max_size=5), RULES)
def test_absorbing_the_same_again_changes_nothing(
    steps: list[tuple[str, dict[str, str | None]]], rules: EntityRules
) -> None:
    record, shows = history(steps, rules)

    for system in ("crm", "erp"):
        revision = record.link(system).revision
        again = seen_in(record, shown(system, shows[system], revision=int(revision.token) if revision else 1), rules)
        assert again.record == record
        assert not again.changed


@given(st.lists(STEP, max_size=5), RULES)
def test_after_absorb_the_link_stands_for_what_was_seen(
    steps: list[tuple[str, dict[str, str | None]]], rules: EntityRules
) -> None:
    record, _ = history(steps, rules)

    for link in record.links.values():
        assert all(known.seen == known.stands for known in link.fields.values())


@given(VALUES, VALUES)
def test_an_edit_of_a_field_that_only_one_side_touched_is_never_lost(
    in_crm: dict[str, str | None], in_erp: dict[str, str | None]
) -> None:
    record, _ = history([("crm", in_crm), ("erp", in_erp)], rules_of())

    for path, value in in_crm.items():
        assert path in in_erp or record.value(path) == value
    for path, value in in_erp.items():
        assert path in in_crm or record.value(path) == value


@given(st.lists(STEP, max_size=6), RULES)
def test_no_edit_disappears_without_trace(steps: list[tuple[str, dict[str, str | None]]], rules: EntityRules) -> None:
    """Every edit either is the record's value, gave way to a later look, or stands as a conflict with both values."""
    record = agreed(BASE)
    shows: dict[str, dict[str, Value]] = {"crm": dict(BASE), "erp": dict(BASE)}
    for number, (system, edit) in enumerate(steps):
        news = {path for path, value in edit.items() if shows[system][path] != value}
        shows[system].update(edit)
        after = seen_in(record, shown(system, shows[system], revision=number + 2), rules)
        named = {decision.path for decision in after.decisions}
        assert all(path in named or after.record.value(path) == shows[system][path] for path in news)
        record = after.record


@given(st.lists(STEP, max_size=5), RULES)
def test_owed_is_empty_after_confirmed_deliveries(
    steps: list[tuple[str, dict[str, str | None]]], rules: EntityRules
) -> None:
    record, shows = history(steps, rules)
    for number in range(2):
        for system in ("crm", "erp"):
            due = dict(owed(record, system, rules))
            if due:
                shows[system].update(due)
                leased = sending(record, system, rules, intent_id=str(number))
                answer = stored(system, shows[system], revision=90 + number)
                record = answered(leased, system, answer, rules, intent_id=str(number)).record

    assert [owed(record, system, rules) for system in ("crm", "erp")] == [{}, {}]
    assert record.due_at is None
    for system in ("crm", "erp"):
        agreeing = {path for path in BASE if path not in record.link(system).held and path not in _held(record)}
        assert all(shows[system][path] == record.value(path) for path in agreeing)


def _held(record: Record) -> set[str]:
    return {path for link in record.links.values() for path in link.held}


@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(0, 23), st.integers(0, 3))
def test_permutations_and_duplicates_of_messages_give_one_final_state(
    edits: list[dict[str, str | None]], order: int, twice: int
) -> None:
    """Each message carries the whole state at an exact revision; a hint that proves nothing is fetched afresh."""
    now: dict[str, str | None] = dict(BASE)
    messages: list[Observation] = []
    for number, edit in enumerate(edits):
        now = {**now, **edit}
        messages.append(shown("erp", now, revision=number + 2, source=Source.MESSAGE, modified_at=START))
    orders = list(permutations(messages))
    heard = [*orders[order % len(orders)], messages[twice % len(messages)]]

    record = agreed(BASE)
    for message in heard:
        if not is_echo(record, message, rules_of()):
            state = message if is_believable(record, message) else replace(messages[-1], source=Source.FETCHED)
            record = seen_in(record, state, now=NOW).record
    record = seen_in(record, replace(messages[-1], source=Source.FETCHED)).record

    assert values_of(record) == now
    assert owed(record, "erp", rules_of()) == {}
