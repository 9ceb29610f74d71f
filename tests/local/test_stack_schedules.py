"""When schedules are due."""

from datetime import UTC, datetime

import pytest

from local.stack.sources.expressions import due_after

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", datetime(2026, 11, 20, 12, 1, tzinfo=UTC)),
        ("rate(2 hours)", datetime(2026, 11, 20, 14, 0, tzinfo=UTC)),
        ("cron(30 2 * * ? *)", datetime(2026, 11, 21, 2, 30, tzinfo=UTC)),
        ("cron(0/15 12 * * ? *)", datetime(2026, 11, 20, 12, 15, tzinfo=UTC)),
        ("cron(0 8 ? * MON-FRI *)", datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ("cron(0 8 1 JAN ? 2028)", datetime(2028, 1, 1, 8, 0, tzinfo=UTC)),
        ("cron(59,5 12,13 ? * 6 *)", datetime(2026, 11, 20, 12, 5, tzinfo=UTC)),
        ("at(2026-12-24T18:00:00)", datetime(2026, 12, 24, 18, 0, tzinfo=UTC)),
        ("at(2025-12-24T18:00:00)", None),
    ],
)
def test_a_schedule_is_due_next_when_its_expression_says(expression: str, due: datetime | None) -> None:
    assert due_after(expression)(NOON) == due


@pytest.mark.parametrize("expression", ["every day", "cron(1 2 3)", "rate(5 fortnights)"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        due_after(expression)
