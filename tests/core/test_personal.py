"""What tells of a person is masked, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.personal import MASK, is_personal, masked
from shared.core.values import Value


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        ("customer", "name"),
        ("customer", "email"),
        ("customer", "addresses[billing].city"),
        ("customer", "contacts[17].phone"),
        ("order", "ship_to.street"),
        ("supplier", "email"),
        ("order", "gift_message"),
        ("invoice", "number"),
    ],
)
def test_what_may_tell_of_a_person_is_personal(entity: str, path: str) -> None:
    assert is_personal(entity, path)


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        ("customer", "number"),
        ("customer", "currency"),
        ("order", "total"),
        ("order", "lines[3].quantity"),
        ("product", "name"),
        ("shipment", "tracking"),
        ("purchase_order", "lines[1].unit_price"),
    ],
)
def test_what_tells_of_goods_and_money_is_not(entity: str, path: str) -> None:
    assert not is_personal(entity, path)


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("email", "ann@example.com", MASK),
        ("email", None, None),
        ("email", "", ""),
        ("contacts[1]", True, True),
        ("credit_limit", Decimal("5"), Decimal("5")),
    ],
)
def test_a_masked_value_still_shows_whether_there_is_one(path: str, value: Value, shown: Value) -> None:
    assert masked("customer", path, value) == shown
