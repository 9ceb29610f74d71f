"""Values and their digests: equal values have equal digests, whatever their spelling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.values import NORMALISER, Reference, Value, digest, is_current

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("10"), Decimal("10.00")),
        (Decimal("1E+3"), Decimal("1000")),
        (Decimal("-0"), Decimal("0")),
        (NOON, NOON.astimezone(timezone(timedelta(hours=5)))),
        ("é", "e\u0301"),
        (Reference("crm", "order", "1"), Reference("crm", "order", "1")),
    ],
)
def test_one_value_in_two_spellings_has_one_digest(one: Value, other: Value) -> None:
    assert digest(one) == digest(other)


def test_values_of_different_kinds_are_different() -> None:
    values: list[Value] = [
        None,
        "",
        "0",
        "n",
        Decimal(0),
        Decimal(1),
        False,
        True,
        "a",
        "A",
        " a",
        NOON,
        NOON.isoformat(),
    ]
    values += [NOON + timedelta(microseconds=1), Reference("crm", "order", "1"), "crm/order/1"]

    assert len({digest(value) for value in values}) == len(values)


@given(st.text())
def test_a_digest_is_short_and_names_its_normaliser(text: str) -> None:
    assert digest(text).startswith(NORMALISER)
    assert len(digest(text)) == len(NORMALISER) + 11
    assert is_current(digest(text))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_equal_numbers_have_equal_digests(number: Decimal) -> None:
    assert digest(number) == digest(number * Decimal("1.0"))


def test_a_digest_of_another_normaliser_is_not_current() -> None:
    assert not is_current("0" + digest("x")[1:])
