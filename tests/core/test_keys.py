"""Keys of identity items."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.core.keys import id_key, match_key, match_keys
from shared.core.records import Tombstone
from shared.core.rules import MatchKey
from shared.core.values import Value
from tests.kit.merging import NOW, agreed
from tests.kit.rules import EMAIL, rules_of

PAIR = MatchKey("product+location", ("product", "location"), unique=True)


def test_an_id_key_names_system_entity_and_external_id() -> None:
    assert id_key("crm", "order", "7/8") == "id/crm/order/7/8"


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_case_and_white_space_at_the_ends_make_no_difference_to_a_match_key(text: str) -> None:
    spelled = f"  {text} "

    assert match_key("customer", EMAIL, lambda _: text) == match_key("customer", EMAIL, lambda _: spelled)


def test_a_key_of_several_parts_needs_them_all() -> None:
    values: dict[str, Value] = {"product": "p", "location": Decimal(7)}

    assert match_key("stock", PAIR, values.get) == "key/stock/product+location/p|d7"
    assert match_key("stock", PAIR, {"product": "p", "location": None}.get) is None
    assert match_key("stock", PAIR, {"product": "p", "location": " "}.get) is None


def test_a_record_holds_its_keys_but_those_left_to_others_and_a_tombstone_none() -> None:
    record = agreed({"email": "A@x", "tax_number": "T"})
    mail = "key/customer/email/a@x"

    assert match_keys(record, rules_of()) == {mail, "key/customer/tax_number/t"}
    assert match_keys(replace(record, without_keys=frozenset({mail})), rules_of()) == {"key/customer/tax_number/t"}
    assert match_keys(replace(record, tombstone=Tombstone("crm", NOW)), rules_of()) == frozenset()
