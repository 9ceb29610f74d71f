"""Whatever is stored reads back to the very same value, in every format that this code says it reads."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from shared.aws.cause_format import from_cause, to_cause
from shared.aws.conflict_format import conflict_item, conflicts_of
from shared.aws.formats import (
    FORMAT,
    READABLE,
    attribute,
    from_decision,
    from_moment,
    from_value,
    text_in,
    text_of,
    to_decision,
    to_moment,
    to_value,
)
from shared.aws.identity_format import holder_item, holder_of, note_item, note_of, pk_of
from shared.aws.record_format import SHARDS, cause_of, record_item, record_of, shard_of
from shared.core.decisions import Cause, Decision, Ruling, Verdict
from shared.core.errors import NeedsAPerson
from shared.core.inputs import Inputs, Observed, Step
from shared.core.observations import Revision
from shared.core.records import Link, LinkState, Record, Seen
from shared.core.values import Value, digest
from shared.ports.stores import Holder, Note
from tests.aws import strategies
from tests.kit.builders import a_cause, a_record
from tests.kit.clock import START

FIXTURES = Path(__file__).parent / "fixtures"


def through_text(value: object) -> object:
    return json.loads(text_of(value))


@given(strategies.values)
def test_a_value_reads_back_the_same_and_of_the_same_kind(value: Value) -> None:
    back = to_value(through_text(from_value(value)))

    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


@given(strategies.records, strategies.causes)
def test_a_record_and_its_cause_read_back_the_same(record: Record, cause: Cause) -> None:
    item = record_item(record, cause)

    assert record_of(item) == record
    assert cause_of(item) == cause


@given(strategies.decisions)
def test_a_decision_reads_back_the_same(made: Decision) -> None:
    assert to_decision(through_text(from_decision(made))) == made


@given(strategies.causes)
def test_a_cause_reads_back_the_same(cause: Cause) -> None:
    assert to_cause(through_text(from_cause(cause))) == cause


@given(strategies.notes)
def test_a_note_reads_back_the_same(note: Note) -> None:
    assert note_of(note_item("id/crm/customer/1", note)) == note


def test_numbers_keep_their_zeros_and_their_size() -> None:
    for text in ("10.00", "1E+3", "-0.0", "0.1000000000000000000000000001"):
        assert str(to_value(through_text(from_value(Decimal(text))))) == text


def test_moments_are_stored_in_utc_so_that_their_text_sorts_by_time() -> None:
    here = datetime(2026, 3, 2, 10, 0, 0, tzinfo=timezone(timedelta(hours=2)))

    assert from_moment(here) == "2026-03-02T08:00:00.000000+00:00"
    assert to_moment(from_moment(here)) == here
    assert from_moment(here) < from_moment(datetime(2026, 3, 2, 8, 0, 0, 1, tzinfo=UTC))


def test_a_record_of_thirty_fields_in_three_systems_costs_one_write_unit() -> None:
    values: dict[str, Value] = {
        **{f"addresses[billing].{part}": f"some value of {part}" for part in ("street", "city", "region", "country")},
        **{
            f"contacts[a1b2c3d4e5f{n}].{part}": f"value {part}" for n in range(4) for part in ("name", "email", "phone")
        },
        **{f"field_{number}": "a value of usual length" for number in range(14)},
    }
    seen = {path: Seen(digest(value), digest(value)) for path, value in values.items()}
    links = {system: Link(LinkState.LIVE, "12345", seen) for system in ("crm", "erp", "shop")}
    record = a_record(fields=values, links=links, due_at=START)

    revision = Revision("17", 17, exact=True)
    observed = Observed(revision, frozenset({"contacts"}))
    cause = replace(
        a_cause(),
        revision="17",
        modified_at=START,
        values={"field_3": "another value"},
        inputs=Inputs((Step.ABSORB,), observed),
        decided=(Ruling(Verdict.TAKEN, "nobody else changed it", ("field_3",)),),
    )

    item = record_item(record, cause)

    assert len(values) == 30
    assert size_of(item) <= 1024
    assert record_of(item) == record


def test_a_short_text_stands_plain_and_a_long_one_packed_and_both_read_back() -> None:
    short, long = "é" * 300, "é" * 3000

    assert attribute(short) == {"S": short}
    assert len(attribute(long)["B"]) < 100
    assert [text_in(attribute(text)) for text in (short, long)] == [short, long]


def test_a_packed_text_reads_back_from_the_stream_too() -> None:
    packed = attribute("x" * 3000)["B"]

    assert text_in({"B": b64encode(packed).decode()}) == "x" * 3000


def size_of(item: dict[str, dict[str, Any]]) -> int:
    """Return an item's size by the rule of the DynamoDB guide, for texts, numbers and bytes."""
    values = [next(iter(held.values())) for held in item.values()]
    return sum(map(len, item)) + sum(len(value if isinstance(value, bytes) else value.encode()) for value in values)


def test_an_item_stands_in_an_index_only_with_a_reason() -> None:
    indexed = {"due_shard", "due_at", "parked_shard", "parked_since", "waits_for"}

    assert not indexed & set(record_item(a_record(), a_cause()))
    full = record_item(a_record(due_at=START, parked_since=START, waits_for="x"), a_cause())
    assert indexed <= set(full)


def test_index_shards_are_used_evenly() -> None:
    shards = [shard_of(a_record(str(number)).id) for number in range(1600)]

    assert set(shards) == set(SHARDS)
    assert max(shards.count(shard) for shard in SHARDS) < 160


def test_a_long_key_becomes_a_short_one_and_no_other_key_becomes_the_same() -> None:
    one, other = "key/customer/name/" + "x" * 5000, "key/customer/name/" + "x" * 4999 + "y"

    assert pk_of("key/customer/email/a") == "key/customer/email/a"
    assert len(pk_of(one).encode()) < 1024
    assert pk_of(one) != pk_of(other)


def test_a_holder_without_and_with_a_note() -> None:
    record = a_record(generation=3)

    assert holder_of(holder_item("id/crm/customer/1", record), None) == Holder(record.id, 3)
    assert "external_id" not in holder_item("key/customer/email/a", record)


def test_a_conflict_item_reads_back_and_is_open_while_one_of_its_decisions_is() -> None:
    lost = Decision(Verdict.LOST, "erp", "name", "Ada", "Bob", 4, "owner")
    person = replace(lost, verdict=Verdict.PERSON)

    (decided,) = conflicts_of(conflict_item(a_record(version=5), a_cause(), 0, [lost]))
    opened = conflicts_of(conflict_item(a_record(version=5), a_cause(), 1, [lost, person]))

    assert (decided.decision, decided.version, decided.at, decided.is_open) == (lost, 5, START, False)
    assert [(each.place, each.decision, each.is_open) for each in opened] == [(1, lost, False), (2, person, True)]
    (undated,) = conflicts_of(conflict_item(a_record(), replace(a_cause(), at=None), 0, [lost]))
    assert undated.at is None


@pytest.mark.parametrize("packing", ["plain", "packed"])
@pytest.mark.parametrize("number", sorted(READABLE))
def test_every_format_that_this_code_reads_has_a_fixture_and_is_read(number: int, packing: str) -> None:
    kept = json.loads((FIXTURES / f"record-{number}-{packing}.json").read_text())

    record = record_of(kept["item"])

    assert kept["item"]["format"]["N"] == str(number)
    assert set(kept["item"]["body"]) == {"S" if packing == "plain" else "B"}
    assert record.value("credit_limit") == Decimal("10.50")
    assert record.value("lines[ab12].quantity") == Decimal(3)
    assert record.link("erp").external_id == "17"
    assert record.link("erp").fields["name"].seen != record.link("erp").fields["name"].stands
    assert record.link("erp").intent is not None
    assert cause_of(kept["item"]).operation == "absorb"
    if number == FORMAT:
        again = record_item(record, cause_of(kept["item"]))
        assert text_in(again["body"]) == text_in(kept["item"]["body"])
        assert again | {"body": {}} == kept["item"] | {"body": {}}


def test_an_item_of_a_newer_format_is_refused_and_says_what_to_do() -> None:
    item = record_item(a_record(), a_cause()) | {"format": {"N": str(FORMAT + 1)}}

    with pytest.raises(NeedsAPerson, match="deploy the version that wrote it"):
        record_of(item)
