"""What the ledger promises to whoever reads it, in memory and in DynamoDB alike (`shared.ports.history`)."""

from __future__ import annotations

from dataclasses import replace

from shared.core.decisions import Ruling, Verdict
from shared.core.inputs import Inputs, Observed, Step
from shared.core.records import Record
from shared.ports.stores import LedgerEntry
from tests.contract.conftest import Stores
from tests.kit.builders import a_cause, a_record
from tests.kit.clock import START


def an_entry(version: int, name: str = "1", record: Record | None = None) -> LedgerEntry:
    """Return an entry of a record's version."""
    kept = replace(record or a_record(name), version=version)
    inputs = Inputs((Step.ABSORB,), Observed())
    cause = replace(a_cause(), inputs=inputs, decided=(Ruling(Verdict.TAKEN, "the first value", ("name",)),))
    return LedgerEntry(kept.id, "customer", version, START, cause, {"name": ("", "1abc")}, kept)


def test_what_was_appended_is_read_back_the_same_in_order_of_version(stores: Stores) -> None:
    entries = [an_entry(version) for version in (1, 2, 3)]
    stores.ledger.append([entries[2], entries[0], an_entry(1, "2"), entries[1]])

    assert list(stores.history.versions(entries[0].record_id, 0, 10)) == entries


def test_a_page_begins_after_a_version_and_is_no_longer_than_asked(stores: Stores) -> None:
    entries = [an_entry(version) for version in range(1, 13)]
    stores.ledger.append(entries)
    record_id = entries[0].record_id

    assert list(stores.history.versions(record_id, 9, 2)) == entries[9:11]
    assert list(stores.history.versions(record_id, 11, 2)) == entries[11:]
    assert list(stores.history.versions(record_id, 12, 2)) == []
    assert list(stores.history.versions("nobody", 0, 2)) == []


def test_a_record_is_kept_as_it_stood_with_its_index_values(stores: Stores) -> None:
    record = a_record(due_at=START, parked_since=START, waits_for="parent")
    stores.ledger.append([an_entry(4, record=record)])

    (entry,) = stores.history.versions(record.id, 0, 1)

    assert entry.record == replace(record, version=4)


def test_an_entry_of_the_time_before_records_were_kept_is_still_read(stores: Stores) -> None:
    old = replace(an_entry(1), record=None, cause=a_cause())
    stores.ledger.append([old])

    assert list(stores.history.versions(old.record_id, 0, 10)) == [old]
