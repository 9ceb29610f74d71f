"""New lines and contacts that a partner does not keep (the sync rules, section 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from shared.core.decisions import Verdict
from shared.core.elements import adopt
from shared.core.observations import Observation
from shared.core.owed import owed
from shared.core.records import Link, Record, Sent
from shared.core.values import Value, digest
from tests.kit.merging import NOW, agreed, agreed_link, answered, edited, seen_in, sending, shown, stored, verdicts
from tests.kit.rules import rules_of

ADA: Mapping[str, Value] = {"name": "Ada", "email": "ada@example.org"}
KIM: Mapping[str, Value] = {"contacts[k]": True, "contacts[k].name": "Kim"}


def with_kim() -> Record:
    """Ada, whom a person in the crm has just given a contact."""
    return edited(agreed(ADA), "crm", KIM)


def ignored(record: Record, times: int) -> Record:
    """The record after the erp said so many times that it stored the contact, and showed none."""
    for _ in range(times):
        record = answered(sending(record, "erp"), "erp", stored("erp", ADA)).record
    return record


def kim_of(record: Record) -> str:
    (path,) = (each for each in record.fields if each.endswith("]"))
    return path


def test_an_addition_that_an_answer_does_not_show_is_not_removed_from_the_record() -> None:
    """A partner that silently ignores new contacts had every new contact deleted everywhere."""
    after = answered(sending(with_kim(), "erp"), "erp", stored("erp", ADA))

    assert after.decisions == ()
    assert after.record.value(kim_of(after.record)) is True
    assert set(owed(after.record, "erp", rules_of()).values()) == {True, "Kim"}
    assert after.record.link("erp").due_at is not None
    assert (after.record.link("erp").due_at or NOW) > NOW


def test_an_addition_that_is_never_kept_is_held_after_some_sends() -> None:
    record = ignored(with_kim(), 2)

    after = answered(sending(record, "erp"), "erp", stored("erp", ADA))

    assert verdicts(after.decisions) == [(Verdict.HELD, kim_of(record))]
    assert owed(after.record, "erp", rules_of()) == {}
    assert after.record.link("erp").tries == {}
    assert after.record.parked_since is not None


def test_a_held_addition_is_free_again_when_the_element_goes() -> None:
    record = ignored(with_kim(), 3)

    after = seen_in(record, shown("crm", ADA, revision=5)).record

    assert after.value(kim_of(record)) is False
    assert after.link("erp").held == {}
    assert owed(after, "erp", rules_of()) == {}


def test_an_addition_that_an_operator_skips_is_owed_in_no_part() -> None:
    record = ignored(with_kim(), 3)
    link = replace(record.link("erp"), held={}, skipped={kim_of(record): digest(True)})

    assert owed(record.with_link("erp", link), "erp", rules_of()) == {}


def test_an_addition_that_shows_late_after_all_is_known_as_ours() -> None:
    record = ignored(with_kim(), 3)
    late = {**ADA, "contacts[new]": True, "contacts[new].name": "Kim"}

    after = seen_in(record, shown("erp", late, revision=5))

    assert after.decisions == ()
    assert list(after.record.link("erp").elements.values()) == ["erp-new"]
    assert after.record.link("erp").held == {}


def test_an_addition_that_may_be_an_ambiguous_one_is_not_counted() -> None:
    twice = {"contacts[a]": True, "contacts[a].name": "Kim", "contacts[b]": True, "contacts[b].name": "Kim"}
    record = edited(agreed(ADA), "crm", {**twice, "contacts[a].phone": "1", "contacts[b].phone": "2"})
    third = {**ADA, "contacts[x]": True, "contacts[x].name": "Kim", "contacts[x].phone": "3"}

    after = answered(sending(record, "erp"), "erp", stored("erp", third))

    assert Verdict.AMBIGUOUS in {each.verdict for each in after.decisions}
    assert after.record.link("erp").tries == {}


def test_what_was_sent_last_is_paired_before_what_was_sent_earlier() -> None:
    """Seed 1603: two lines of one product; an older send of the one looked like the other, and they were swapped."""
    rows: dict[str, Value] = {"number": "1"}
    for key, quantity in (("a", 20), ("b", 5)):
        rows |= {f"lines[{key}]": True, f"lines[{key}].product": "p", f"lines[{key}].quantity": Decimal(quantity)}
    record = sending(agreed(rows, entity="order", systems=("crm",)), "erp", rules_of("order"))
    earlier = Sent(digest(Decimal(5)), digest(Decimal(5)), None)
    link: Link = record.link("erp")
    echoes = {"lines[a].quantity": (earlier,), "lines[a].product": (Sent(digest("p"), digest("p"), None),)}
    observation = Observation(
        "erp",
        "order",
        "e1",
        {f"lines[{i}]{part}": value for i, n in ((1, 5), (2, 20)) for part, value in line(n).items()},
        collections=frozenset({"lines"}),
    )

    adopted = adopt(record, replace(link, echoes=echoes), observation, first=False)

    assert adopted.elements == {"a": "2", "b": "1"}


def line(quantity: int) -> dict[str, Value]:
    return {"": True, ".product": "p", ".quantity": Decimal(quantity)}


def test_a_link_that_agrees_on_an_element_never_holds_it() -> None:
    record = agreed({**ADA, **KIM})

    assert agreed_link("erp", {**ADA, **KIM}).elements == record.link("erp").elements
    assert owed(record, "erp", rules_of()) == {}
