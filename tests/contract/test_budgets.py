"""What the store of budgets promises: one write wins, whoever comes too late loses nothing and takes nothing."""

from __future__ import annotations

from itertools import permutations

import pytest

from shared.core.budget import Block, Budget, Taken, Waiting, Wish, correct, settle, take
from shared.core.quota import Quota, Told, Window
from shared.core.turns import Turn
from shared.ports.budgets import Kept
from tests.contract.conftest import Stores
from tests.kit.clock import START

NOW = START.timestamp() + 0.25
QUOTA = Quota((Window(10, 10.0), Window(4, 1.0, only="/search")))
FULL = Budget(
    {"10": {177_244_200: 3, 177_244_203: 12}, "1/search": {17_724_420_000: 1}},
    (Block("ab", "", 5, NOW, 0.2, NOW + 5), Block("cd", "/search", 1, NOW - 1, 0.0, NOW + 4)),
    {Turn.ORDERS: Waiting(NOW - 3, NOW + 2, 4)},
    {86_400.0: Told(86_400.0, 100_000, 10_018, START.timestamp())},
)


def test_a_system_that_nobody_has_called_has_an_empty_budget(stores: Stores) -> None:
    assert stores.budgets.read("crm") == Kept(Budget(), 0)


def test_what_was_kept_is_read_as_it_was_and_by_system(stores: Stores) -> None:
    assert stores.budgets.replace("crm", FULL, 0)

    assert stores.budgets.read("crm") == Kept(FULL, 1)
    assert stores.budgets.read("erp").version == 0


def test_only_what_follows_on_the_version_that_stands_there_is_kept(stores: Stores) -> None:
    assert stores.budgets.replace("crm", Budget(), 0)

    assert not stores.budgets.replace("crm", FULL, 0)
    assert not stores.budgets.replace("crm", FULL, 2)
    assert stores.budgets.replace("crm", FULL, 1)
    assert stores.budgets.read("crm") == Kept(FULL, 2)


@pytest.mark.parametrize("order", sorted(set(permutations("ABAB"))), ids="".join)
def test_two_workers_interleaved_in_any_order_never_take_more_than_there_is(
    stores: Stores, order: tuple[str, ...]
) -> None:
    """Each reads, then writes; whoever lost reads and writes again. Seven calls are free, each wants five."""
    before = settle(Budget(blocks=(Block("x", "", 3, NOW, 0.0, NOW),)), QUOTA, "x", [NOW] * 3)
    stores.budgets.replace("crm", before, 0)
    read: dict[str, Kept] = {}
    taken: dict[str, Taken] = {}

    def act(who: str) -> None:
        if who not in read:
            read[who] = stores.budgets.read("crm")
            return
        taken[who] = take(read[who].budget, QUOTA, Wish(who, 1, 5), NOW)
        if not stores.budgets.replace("crm", taken[who].budget, read.pop(who).version):
            act(who)
            act(who)

    for who in order:
        act(who)

    calls = sorted(each.block.calls for each in taken.values() if each.block)
    assert calls == [2, 5]
    assert sorted(each.calls for each in stores.budgets.read("crm").budget.blocks) == [2, 5]


def test_a_word_of_the_partner_outlives_the_way_through_the_store(stores: Stores) -> None:
    stores.budgets.replace("crm", correct(Budget(), QUOTA, Told(10.0, 10, 9, START.timestamp())), 0)

    assert take(stores.budgets.read("crm").budget, QUOTA, Wish("a", 1, 5), NOW).block == Block(
        "a", "", 1, NOW, 0.0, NOW + 5
    )
