"""What a description means: rights, our reference, mapped fields; and how far two clocks are apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.inspection import (
    MOST_NAMED,
    Described,
    Finding,
    Needed,
    Result,
    There,
    ToCreate,
    Uniqueness,
    clock_finding,
    judged,
)
from shared.core.keys import REFERENCE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHERE, RIGHTS = "Setup > Fields", "give the role the right"


def described(*needed: Needed, **fields: There) -> Described:
    return Described("customer", "Account", needed, fields, where=WHERE, rights=RIGHTS)


def ours(unique: Uniqueness = Uniqueness.MUST) -> Needed:
    return Needed(REFERENCE, "tandemId", type="Varchar", types=frozenset({"varchar"}), unique=unique)


def only(found: tuple[Finding, ...]) -> Finding:
    (finding,) = found
    return finding


@pytest.mark.parametrize(
    ("there", "unique", "result", "seen"),
    [
        (There("varchar", True, True), Uniqueness.MUST, Result.OK, "Account.tandemId is there, its values are unique"),
        (There("varchar", False, True), Uniqueness.NO, Result.OK, "Account.tandemId is there"),
        (There("varchar", None, None), Uniqueness.WISH, Result.NOT_VISIBLE, "does not show"),
        (There("varchar", False, True), Uniqueness.WISH, Result.WARNING, "its values are not unique"),
        (There("varchar", False, True), Uniqueness.MUST, Result.FAILED, "its values are not unique"),
        (There("int", True, True), Uniqueness.MUST, Result.FAILED, "is of type int"),
        (There("varchar", True, False), Uniqueness.MUST, Result.FAILED, "cannot be written by our user"),
    ],
)
def test_what_is_there_of_our_reference_is_judged(there: There, unique: Uniqueness, result: Result, seen: str) -> None:
    found = only(judged(described(ours(unique), tandemId=there)))

    assert (found.check, found.entity, found.result) == ("reference", "customer", result)
    assert seen in found.seen
    assert bool(found.remedy) is (result is not Result.OK)


def test_a_reference_that_is_not_there_is_told_as_the_field_to_create() -> None:
    found = only(judged(described(ours())))

    assert found.result is Result.FAILED
    assert found.create == ToCreate("Account", "tandemId", "Varchar", unique=True)
    assert found.remedy == "create the field tandemId of Account: Varchar, unique values (Setup > Fields)"


def test_a_right_that_lacks_creates_no_field() -> None:
    found = only(judged(described(ours(), tandemId=There("varchar", True, False))))

    assert (found.create, found.remedy) == (None, RIGHTS)


def test_what_cannot_be_seen_is_said_to_be_so() -> None:
    unseen = Described("customer", "Account", (ours(), Needed("name", "name")))

    assert [each.result for each in judged(unseen)] == [Result.NOT_VISIBLE, Result.NOT_VISIBLE]


def test_some_records_prove_no_field_away() -> None:
    sample = Described("customer", "/customers", (ours(), Needed("name", "name")), {}, is_sample=True)

    reference, name = judged(sample)

    assert reference.result is name.result is Result.WARNING
    assert reference.create == ToCreate("/customers", "tandemId", "Varchar", unique=True)
    assert "spelt" in name.remedy


def test_mapped_fields_that_are_there_are_counted_and_others_named() -> None:
    name, phone = Needed("name", "name"), Needed("phone", "phoneNumber")

    well = only(judged(described(name, phone, name=There(), phoneNumber=There())))
    ill = only(judged(described(name, phone, name=There())))

    assert (well.result, well.seen) == (Result.OK, "Account has all 2 that are mapped")
    assert (ill.result, ill.seen) == (Result.FAILED, "there is no Account.phoneNumber, which is phone")
    assert ill.create == ToCreate("Account", "phoneNumber", "text", unique=False)


def test_fields_that_are_sent_and_cannot_be_written_are_a_warning() -> None:
    fixed = [Needed(f"f{number}", f"f{number}") for number in range(MOST_NAMED + 2)]
    shown = Needed("total", "total", is_sent=False)

    found = only(
        judged(
            described(*fixed, shown, total=There(is_writable=False), **{n.name: There("", None, False) for n in fixed})
        )
    )

    assert found.result is Result.WARNING
    assert "f0, f1, f2, f3, f4, f5, f6, f7 and 2 more cannot be written" in found.seen
    assert found.remedy == f"{RIGHTS}; or say read_only of them in the mapping"
    assert "total" not in found.seen


def test_rights_are_told_as_given_denied_or_not_visible() -> None:
    may = {"read": True, "create": False, "update": None}

    denied, unseen = judged(Described("order", "Order", may=may, rights=RIGHTS))
    given = only(judged(Described("order", "Order", may={"read": True, "create": True})))
    nothing = only(judged(Described("order", "Order", may={"create": None})))

    assert (denied.result, denied.seen, denied.remedy) == (Result.FAILED, "our user may not create Order", RIGHTS)
    assert (unseen.result, unseen.seen) == (Result.NOT_VISIBLE, "whether our user may update Order")
    assert nothing.result is Result.NOT_VISIBLE
    assert (given.result, given.seen) == (Result.OK, "read create Order")


def test_fields_that_lack_beside_fields_that_cannot_be_written_are_both_told() -> None:
    lacking, fixed = judged(described(Needed("name", "name"), Needed("phone", "phone"), name=There(is_writable=False)))

    assert (lacking.result, fixed.result) == (Result.FAILED, Result.WARNING)


def test_what_the_connector_found_besides_is_told_too() -> None:
    lock = Finding("lock", "order", Result.WARNING, "nobody says so", "say so")

    assert judged(Described("order", "Order", told=(lock,))) == (lock,)


@pytest.mark.parametrize(
    ("theirs", "result", "seen"),
    [
        (NOON, Result.OK, "0 s apart"),
        (NOON + timedelta(seconds=2), Result.OK, "0 s apart"),
        (NOON + timedelta(seconds=62), Result.OK, "60 s apart"),
        (NOON - timedelta(seconds=1), Result.OK, "0 s apart"),
        (NOON + timedelta(seconds=100), Result.WARNING, "98 s ahead of ours"),
        (NOON + timedelta(minutes=10), Result.WARNING, "10 min ahead of ours"),
        (NOON - timedelta(minutes=10), Result.WARNING, "10 min behind ours"),
        (None, Result.NOT_VISIBLE, "shows no time"),
    ],
)
def test_clocks_are_compared_with_the_time_that_the_call_took(
    theirs: datetime | None, result: Result, seen: str
) -> None:
    found = clock_finding("crm", theirs, NOON, NOON + timedelta(seconds=2))

    assert found.result is result
    assert seen in found.seen
