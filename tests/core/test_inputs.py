"""What a decision was made from: told against the record with few words, and retold digest for digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.inputs import Observed, Parent, retold, seen_parent, told
from shared.core.observations import Observation, Source
from shared.core.records import Link, LinkState, Parked, Record
from shared.core.values import Reference, digest
from tests.kit.clock import START
from tests.kit.merging import agreed, edited, seen_in, sending, shown, stored

ORDER = {
    "number": "7",
    "customer": "r1",
    **{"lines[a]": True, "lines[a].product": "p1", "lines[b]": True, "lines[b].product": "p2"},
}

records = st.sampled_from(
    [
        agreed(),
        agreed(systems=("crm",)),
        edited(agreed(), "crm", {"name": "B"}),
        sending(edited(agreed(), "crm", {"name": "B"}), "erp"),
        agreed(ORDER, entity="order"),
        sending(edited(agreed(ORDER, entity="order"), "crm", {"number": "8"}), "erp"),
    ]
)
paths = st.sampled_from(
    ["name", "email", "number", "customer", "lines[erp-a]", "lines[erp-a].product", "lines[erp-new].product"]
)
values = st.sampled_from([None, "Ada", "B", "p1", "p2", "7", True, False, Reference("erp", "customer", "9")])
observed = st.builds(
    Observation,
    system=st.just("erp"),
    entity=st.just("customer"),
    external_id=st.just("e1"),
    fields=st.dictionaries(paths, values, max_size=5),
    collections=st.sampled_from([frozenset[str](), frozenset({"lines"})]),
    complete=st.booleans(),
    source=st.sampled_from(Source),
    deleted=st.booleans(),
)


def through(record: Record, observation: Observation) -> Observation:
    """Return an observation as it comes back from what was told of it."""
    cause = seen_in(record, observation).cause
    assert cause.inputs is not None
    assert cause.inputs.observed is not None
    return retold(record, cause, cause.inputs.observed)


@given(records, observed)
def test_what_is_retold_is_what_was_shown_digest_for_digest(record: Record, observation: Observation) -> None:
    observation = replace(observation, entity=record.entity)

    back = through(record, observation)

    digests = [{path: digest(value) for path, value in each.fields.items()} for each in (back, observation)]
    assert digests[0] == digests[1]
    assert replace(back, fields={}) == replace(observation, fields={})


def test_what_the_record_holds_already_is_not_told() -> None:
    observation = shown("erp", {"name": "Ada L.", "email": "ada@example.org"})

    told_of = told(agreed(), observation)

    assert told_of.values == {"name": "Ada L."}
    assert told_of.not_carried == ()


def test_an_answer_that_shows_what_was_sent_needs_no_values() -> None:
    record = sending(edited(agreed(), "crm", {"name": "B"}), "erp")

    assert told(record, stored("erp", {"name": "B", "email": "ada@example.org"}).shown).values == {}


def test_of_a_sparse_state_the_few_fields_are_told_that_it_carries() -> None:
    fields: dict[str, Any] = {f"field_{number}": "x" for number in range(9)}

    told_of = told(agreed(fields), shown("erp", {"field_3": "x"}, complete=False))

    assert (told_of.observed.carried, told_of.not_carried, told_of.values) == (("field_3",), (), {})


def test_a_whole_state_tells_the_few_fields_that_it_does_not_carry() -> None:
    told_of = told(agreed(), shown("erp", {"email": "ada@example.org"}))

    assert (told_of.observed.carried, told_of.not_carried) == (None, ("name",))


@pytest.mark.parametrize(
    "link",
    [
        None,
        Link(),
        Link(LinkState.ARCHIVED, "e1"),
        Link(LinkState.LIVE, "e1", parked=Parked("several", START + timedelta(1))),
    ],
)
def test_a_parent_is_noted_as_far_as_a_plan_asks(link: Link | None) -> None:
    parent = seen_parent("p", link)

    back = parent.link

    assert parent.record_id == "p"
    assert (back is None) == (link is None)
    if back is not None and link is not None:
        assert back.state is link.state
        assert (back.parked.reason if back.parked else None) == (link.parked.reason if link.parked else None)


def test_a_parent_that_just_is_not_there_is_an_empty_link() -> None:
    assert Parent("p").link == Link()
    assert Observed().complete
