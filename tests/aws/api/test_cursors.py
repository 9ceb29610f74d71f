"""Cursors say nothing to whoever carries them, and are good for their own list only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.problems import Refusal


@given(st.lists(st.one_of(st.text(), st.integers(), st.none())))
def test_a_cursor_comes_back_as_it_was_given(parts: list[str | int | None]) -> None:
    assert cursor_parts("failures", cursor_text("failures", parts)) == tuple(parts)


def test_the_beginning_needs_none() -> None:
    assert cursor_parts("failures", None) == ()


@pytest.mark.parametrize(
    "text",
    ["", "x", "…", "AAAA", "not a cursor at all", cursor_text("conflicts", ["1"]), cursor_text("failures", ["1"])[:-2]],
)
def test_another_text_is_refused_with_the_next_step(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        cursor_parts("failures", text)

    assert refused.value.problem.status == 400
    assert "leave it out" in refused.value.problem.remedy
