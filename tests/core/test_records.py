"""Records, links, and ids that stay the same."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.core.records import EMPTY, Link, LinkState, element_key, record_id
from tests.kit.merging import agreed

TEXT = st.text(min_size=1, max_size=20)


@given(TEXT, TEXT)
def test_a_repeated_create_is_the_same_create(system: str, external_id: str) -> None:
    assert record_id("order", system, external_id) == record_id("order", system, external_id, 0)
    assert UUID(record_id("order", system, external_id)).version == 5
    assert record_id("order", system, external_id, 1) != record_id("order", system, external_id)


def test_record_ids_stand_for_ever() -> None:
    """They are written in partners' fields: a change of the name space would lose every reference."""
    assert record_id("customer", "crm", "1") == "a04548c9-55b2-5a24-8b20-3b69e6c8ab8d"


@given(TEXT, TEXT)
def test_an_element_has_one_key_per_system_and_id(one: str, other: str) -> None:
    record = record_id("order", "crm", "1")

    assert (element_key(record, "crm", one) == element_key(record, "crm", other)) is (one == other)
    assert element_key(record, "crm", one) != element_key(record, "erp", one)


def test_a_record_without_a_link_or_a_field_has_an_empty_one() -> None:
    assert agreed().link("shop") is EMPTY
    assert agreed().value("nothing") is None


def test_a_link_is_live_only_with_an_id() -> None:
    assert Link(LinkState.LIVE, "7").is_live
    assert not Link(LinkState.LIVE).is_live
    assert not Link(LinkState.DETACHED, "7").is_live
