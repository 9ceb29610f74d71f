"""Cases: their ids say what they are about, and those of one cause have one fingerprint."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.cases import Case, LinkCase, NoteCase, State, case_id, case_named, cases_of
from shared.core.deliver import park
from shared.core.records import Parked
from shared.core.remedies import COMMON_VERBS, REMEDIES, Kind, kind_of_note, kind_of_parked
from tests.kit.merging import NOW, agreed, edited
from tests.kit.rules import rules_of

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
RECORD = "6e8c1f5e-7d0e-4e5c-9a55-0d7f6b1f7a11"


@given(st.uuids(), texts, texts | st.just(""))
def test_the_id_of_a_link_or_a_field_names_it(record: UUID, system: str, path: str) -> None:
    about = LinkCase(str(record), system, path)

    assert case_named(case_id(about)) == about


@given(texts, texts, texts)
def test_the_id_of_a_partners_record_names_it_and_is_safe_everywhere(system: str, entity: str, name: str) -> None:
    text = case_id(NoteCase(f"s{system}", entity, name))

    assert case_named(text) == NoteCase(f"s{system}", entity, name)
    assert re.fullmatch(r"[A-Za-z0-9_.~:-]+", text)


@pytest.mark.parametrize("text", ["", "a", "a:b", "a::b", "a:b:c:d", "a:b:c/d", "a:b:~ff", "a:b:~zz"])
def test_any_other_text_names_nothing(text: str) -> None:
    assert case_named(text) is None


def a_case(**parts: Any) -> Case:
    plain = Case(RECORD, State.PARKED, Kind.REFUSED, "erp", "customer", RECORD, "", "422", "no", NOW, NOW)
    return replace(plain, **parts)


def test_cases_of_one_cause_have_one_fingerprint_whatever_their_element() -> None:
    fields = ["lines[ab].quantity", "lines[cd].quantity"]

    assert len({a_case(field=field).fingerprint for field in fields}) == 1


@pytest.mark.parametrize(
    "other", [{"system": "crm"}, {"entity": "order"}, {"kind": Kind.FAILING}, {"code": "423"}, {"field": "name"}]
)
def test_cases_of_another_cause_have_another_fingerprint(other: dict[str, object]) -> None:
    assert a_case(**other).fingerprint != a_case().fingerprint


def test_a_fingerprint_can_stand_in_a_url() -> None:
    assert a_case(code="E/42 ä", field="addresses[billing].city").fingerprint == (
        "erp.customer.refused.e-42.addresses-billing-city"
    )


def test_every_kind_of_trouble_says_what_it_means_and_what_to_do() -> None:
    assert REMEDIES.keys() == set(Kind)
    for remedy in REMEDIES.values():
        assert remedy.means
        assert remedy.do
        assert remedy.verbs
        assert not set(remedy.verbs) & set(COMMON_VERBS)


@pytest.mark.parametrize(
    ("parked", "kind"),
    [
        (Parked("no", NOW, code="422"), Kind.REFUSED),
        (Parked("no", NOW, code="duplicate", candidates=("r",)), Kind.DOUBLE),
        (Parked("no", NOW, code="unreadable"), Kind.UNREADABLE),
        (Parked("no", NOW, code="unanswered create"), Kind.UNANSWERED),
        (Parked("no", NOW, code="deleted"), Kind.DELETED),
        (Parked("several", NOW, candidates=("1", "2")), Kind.SEVERAL_THERE),
        (Parked("no", NOW, parent="r"), Kind.PARENT),
    ],
)
def test_what_parked_a_link_is_told_from_its_code(parked: Parked, kind: Kind) -> None:
    assert kind_of_parked(parked) is kind


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("several records may be meant", Kind.SEVERAL_HERE),
        ("it may be what a create without an answer made", Kind.SEVERAL_HERE),
        ("a unique key stands there twice", Kind.KEY_TWICE),
        ("first seen in erp, which may not create it", Kind.MAY_NOT_CREATE),
        ("what it refers to is parked: no", Kind.PARENT),
        ("what it refers to is not known yet", Kind.PARENT),
        ("missing in a complete listing, beyond the cap of deletes per run", Kind.MISSING),
        ("stands there as 7 too", Kind.TWIN),
        ("not an e-mail", Kind.UNREADABLE),
    ],
)
def test_what_parked_a_partners_record_is_told_from_the_reason(reason: str, kind: Kind) -> None:
    assert kind_of_note(reason) is kind


def test_a_record_may_have_several_cases() -> None:
    record = edited(agreed(systems=("crm", "erp", "shop")), "crm", {"name": "B"}, RULES)
    for system in ("erp", "shop"):
        record = park(record, system, Parked("no", NOW, code="422"), RULES, NOW)

    assert [case.system for case in cases_of(record, RULES)] == ["erp", "shop"]


RULES = rules_of(systems=("crm", "erp", "shop"))
