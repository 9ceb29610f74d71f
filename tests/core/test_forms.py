"""Stored forms, declared and a system's own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.forms import FORMS, is_own_form, stored_form
from shared.core.values import Value

MOMENT = datetime(2026, 3, 2, 9, 41, 27, 654321, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "forms", "stored"),
    [
        (" Ada ", ("trim",), "Ada"),
        (" Ada ", ("trim", "upper"), "ADA"),
        ("Ada", ("lower",), "ada"),
        (" a  b ", ("collapse",), "a b"),
        (Decimal("1.005"), ("round:2",), Decimal("1.01")),
        (Decimal("2.5"), ("round:0",), Decimal("3")),
        (MOMENT, ("millisecond",), MOMENT.replace(microsecond=654000)),
        (MOMENT, ("second",), MOMENT.replace(microsecond=0)),
        (MOMENT, ("minute",), MOMENT.replace(second=0, microsecond=0)),
        (MOMENT, ("day",), datetime(2026, 3, 2, tzinfo=UTC)),
        ("Ada", ("round:2", "day"), "Ada"),
        (Decimal("1.005"), ("trim", "day"), Decimal("1.005")),
        (MOMENT, ("trim", "round:2"), MOMENT),
        (None, ("trim", "round:2", "day"), None),
        (True, tuple(sorted(FORMS - {"round"})), True),
    ],
)
def test_a_declared_form_is_applied_to_what_it_is_for(value: Value, forms: tuple[str, ...], stored: Value) -> None:
    assert stored_form(value, forms) == stored


@pytest.mark.parametrize(
    ("sent", "stored", "is_own"),
    [
        (" Ada  L. ", "ada l.", True),
        ("ｆｕｌｌ", "full", True),
        ("Ada", "Adam", False),
        (Decimal("1.239"), Decimal("1.24"), True),
        (Decimal("1.239"), Decimal("1"), True),
        (Decimal("1.239"), Decimal("1.23"), False),
        (Decimal("104"), Decimal("100"), False),
        (Decimal("1"), Decimal("NaN"), False),
        (MOMENT, MOMENT.replace(microsecond=0), True),
        (MOMENT, MOMENT.replace(second=0, microsecond=0), True),
        (MOMENT, MOMENT.replace(hour=8), False),
        (None, "", True),
        ("  ", None, True),
        (None, "x", False),
        (None, Decimal(0), False),
        (True, None, False),
        ("1", Decimal(1), False),
    ],
)
def test_an_own_form_differs_by_spelling_or_rounding_only(sent: Value, stored: Value, is_own: bool) -> None:
    assert is_own_form(sent, stored) is is_own


@given(st.text(), st.sampled_from(["trim", "lower", "upper", "collapse"]))
def test_a_text_form_stored_twice_is_stored_once(text: str, form: str) -> None:
    once = stored_form(text, (form,))

    assert stored_form(once, (form,)) == once


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_a_trimmed_text_is_an_own_form(text: str) -> None:
    assert is_own_form(text, text.strip())
