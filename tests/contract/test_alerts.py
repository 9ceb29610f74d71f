"""What alerts promise, in memory and in DynamoDB alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.conftest import Stores
from tests.kit.clock import START


def test_who_begins_an_alert_first_is_the_one_who_tells(stores: Stores) -> None:
    assert stores.alerts.begin("low-stock", "s1", START)
    assert not stores.alerts.begin("low-stock", "s1", START.replace(hour=1))
    assert stores.alerts.begin("low-stock", "s2", START)
    assert stores.alerts.begin("other", "s1", START)

    assert stores.alerts.known("low-stock") == {"s1", "s2"}
    assert stores.alerts.known("nothing") == frozenset()


def test_an_alert_that_ended_may_begin_again(stores: Stores) -> None:
    stores.alerts.begin("low-stock", "s1", START)
    stores.alerts.end("low-stock", "s1")
    stores.alerts.end("low-stock", "s1")

    assert stores.alerts.known("low-stock") == frozenset()
    assert stores.alerts.begin("low-stock", "s1", START)


# moto's conditions are not atomic under threads, so DynamoDB is played by the local stack here.
@pytest.mark.parametrize("stores", ["memory", "local stack"], indirect=True)
def test_one_of_many_at_once_begins_it(stores: Stores) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: stores.alerts.begin("low-stock", "s1", START.replace(minute=1)), range(8)))

    assert sum(told) == 1
