"""Times as a person says them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from operate.spans import ago, in_words

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (200_000, "2 d")]
)
def test_a_span_is_said_in_its_largest_whole_unit(seconds: float, said: str) -> None:
    assert ago(seconds) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (None, ""),
        ("2026-11-22T12:00:00Z", "now"),
        ("2026-11-22T11:57:00Z", "3 min ago"),
        ("2026-11-22T14:00:00+00:00", "in 2 h"),
    ],
)
def test_a_moment_is_said_as_seen_from_now(moment: str | None, said: str) -> None:
    assert in_words(moment, NOW) == said
