"""Replacing fields of a value: the same as `dataclasses.replace`, and nothing that it does not know."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from shared.core.records import Link, LinkState, Record
from shared.core.replacing import replace


def test_a_value_with_fields_changed_is_what_the_standard_library_makes_of_it() -> None:
    link = Link(LinkState.LIVE, "1", attempts=2, elements={"a": "b"})
    record = Record("r", "customer", version=3, links={"crm": link})

    changed = replace(record, links={"crm": replace(link, attempts=3, external_id=None)})

    other = dataclasses.replace(link, attempts=3, external_id=None)
    assert changed == dataclasses.replace(record, links={"crm": other})
    assert (record.links["crm"].attempts, changed.version) == (2, 3)


def test_a_field_that_a_value_does_not_have_is_an_error() -> None:
    with pytest.raises(TypeError, match="Link has no attempt"):
        replace(Link(), attempt=1)  # type: ignore[call-arg]  # what the type checker finds, too


def test_a_value_that_looks_at_itself_when_it_is_made_is_left_to_the_standard_library() -> None:
    @dataclass(frozen=True, slots=True)
    class Watchful:
        number: int

        def __post_init__(self) -> None:
            assert self.number

    with pytest.raises(TypeError, match="Watchful"):
        replace(Watchful(1), number=0)
