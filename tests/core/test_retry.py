"""When to try again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.core.retry import GRACE_SECONDS, after_grace, back_off
from tests.kit.clock import START


@given(st.integers(0, 50), st.floats(0, 1, exclude_max=True))
def test_the_delay_grows_up_to_a_quarter_of_an_hour_and_is_spread_over_half_of_it(failures: int, jitter: float) -> None:
    delay = back_off(START, failures, jitter) - START

    full = min(timedelta(seconds=900), timedelta(seconds=5) * 2 ** min(20, max(0, failures - 1)))
    assert full / 2 <= delay <= full
    assert delay <= back_off(START, failures + 1, jitter) - START


def test_a_told_wait_is_kept() -> None:
    assert back_off(START, 1, 0.0, 3600.0) == START + timedelta(hours=1)


def test_the_stream_has_a_minute_before_the_sweep_comes() -> None:
    assert after_grace(START) - START == timedelta(seconds=GRACE_SECONDS) == timedelta(minutes=1)
