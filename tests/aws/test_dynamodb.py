"""What DynamoDB is asked: how many calls, what a failed one means, and that nothing is left out silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber

from shared.aws.dynamodb_actions import ACTIONS, CLOSINGS
from shared.core.decisions import Decision, Verdict
from shared.core.errors import BadSettings, NeedsAPerson, TryAgain
from shared.core.keys import id_key
from shared.core.questions import About, Question
from shared.core.records import Link
from shared.ports.stores import LedgerEntry, Lost, Saved
from tests.kit.builders import a_cause, a_change, a_link, a_record, an_intent
from tests.kit.clock import START, FakeClock
from tests.kit.dynamodb import DynamoStores, dynamo_stores

MAIL = "key/customer/email/ada@example.org"


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoStores]:
    """The stores on fresh tables."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with dynamo_stores(FakeClock()) as made:
        made.calls.clear()
        yield made


# ── numbers of calls ──


def test_an_absorb_an_intent_and_a_confirm_are_one_put_each(stores: DynamoStores) -> None:
    absorbed = a_record()
    noted = replace(absorbed, version=2).with_link("erp", replace(a_link("7"), intent=an_intent()))
    confirmed = replace(noted, version=3).with_link("erp", a_link("7"))
    taken = Decision(Verdict.TAKEN, "crm", "name")

    for record in (absorbed, noted, confirmed):
        assert stores.records.save(a_change(record, decisions=(taken,))) == Saved()

    assert stores.calls == {"PutItem": 3}


def test_a_write_that_touches_keys_conflicts_or_marks_is_one_transaction(stores: DynamoStores) -> None:
    record = a_record(links={"erp": Link(intent=an_intent())})
    change = replace(
        a_change(record, keys=frozenset({MAIL}), decisions=(Decision(Verdict.LOST, "crm", "name"),)),
        creates_opened=frozenset({"erp"}),
        creates_closed=frozenset({"shop"}),
        keys_given_back=frozenset({"key/customer/tax/1"}),
        forgets=frozenset({"id/crm/customer/1"}),
    )

    assert stores.records.save(change) == Saved()

    assert stores.calls == {"TransactWriteItems": 1}


@pytest.mark.parametrize("part", ["keys_taken", "keys_given_back", "creates_opened", "creates_closed", "forgets"])
def test_each_mark_alone_makes_it_a_transaction(stores: DynamoStores, part: str) -> None:
    record = a_record(links={"erp": Link(intent=an_intent())})
    marked: dict[str, Any] = {part: frozenset({"erp"})}

    stores.records.save(replace(a_change(record), **marked))

    assert stores.calls == {"TransactWriteItems": 1}


def test_a_batch_of_records_is_read_in_one_call_per_hundred(stores: DynamoStores) -> None:
    stores.records.get([str(number) for number in range(250)])

    assert stores.calls == {"BatchGetItem": 3}


def test_nothing_asked_is_no_call(stores: DynamoStores) -> None:
    stores.records.get([])
    stores.identities.holders([])
    stores.identities.forget([])
    stores.ledger.append([])

    assert not stores.calls


def test_the_due_index_is_asked_once_per_shard(stores: DynamoStores) -> None:
    stores.records.due(START, 100)

    assert stores.calls == {"Query": 16}


def test_keys_of_a_batch_are_read_together(stores: DynamoStores) -> None:
    stores.identities.holders([id_key("crm", "customer", str(number)) for number in range(50)])

    assert stores.calls == {"BatchGetItem": 1}


def test_history_is_written_in_bulk_and_may_be_written_again(stores: DynamoStores) -> None:
    entries = [LedgerEntry(f"r{number}", "customer", 1, START, a_cause()) for number in range(30)]

    stores.ledger.append([*entries, entries[0]])
    stores.ledger.append(entries)

    assert stores.calls == {"BatchWriteItem": 4}
    scanned = stores.dynamo.client.scan(TableName="LedgerTable")
    assert scanned["Count"] == 30
    assert scanned["Items"][0]["expires_at"]["N"] == str(int((START + timedelta(days=400)).timestamp()))


# ── conflicts ──


def test_many_conflicts_share_items_and_none_is_lost(stores: DynamoStores) -> None:
    made = tuple(Decision(Verdict.LOST, "crm", f"lines[{number}].quantity") for number in range(300))

    stores.records.save(a_change(a_record(), decisions=made))

    kept = stores.conflicts.of(a_record().id)
    assert tuple(each.decision for each in kept) == made
    assert [each.place for each in kept] == list(range(300))
    assert stores.dynamo.client.scan(TableName="ConflictsTable", Select="COUNT")["Count"] <= 40


def test_a_write_that_answers_no_open_conflict_is_still_one_put(stores: DynamoStores) -> None:
    stores.records.save(a_change(a_record()))
    stores.calls.clear()

    answering = replace(a_change(a_record(version=2)), closes=frozenset({Question(About.PARKED, "erp")}))

    assert stores.records.save(answering) == Saved()
    assert stores.calls == {"Query": 1, "PutItem": 1}


def test_more_conflicts_than_a_transaction_closes_are_closed_right_after_it(stores: DynamoStores) -> None:
    made = tuple(Decision(Verdict.HELD, "erp", f"lines[{number}].quantity") for number in range(40))
    stores.records.save(a_change(a_record(), decisions=made))
    stores.calls.clear()
    questions = frozenset(Question(About.HELD, "erp", decision.path) for decision in made)

    stores.records.save(replace(a_change(a_record(version=2)), closes=questions))

    assert stores.calls == {"Query": 1, "TransactWriteItems": 1, "UpdateItem": 40 - CLOSINGS}
    assert not any(each.is_open for each in stores.conflicts.of(a_record().id))


def test_more_keys_than_a_transaction_takes_are_refused_and_nothing_is_written(stores: DynamoStores) -> None:
    record = a_record()

    with pytest.raises(NeedsAPerson, match=f"{ACTIONS} fit"):
        stores.records.save(a_change(record, keys=frozenset(f"key/customer/k/{n}" for n in range(ACTIONS))))

    assert stores.records.get([record.id]) == {}


# ── failures ──


def cancelled(*codes: str) -> dict[str, Any]:
    reasons = [{"Code": code} for code in codes]
    return {"service_error_code": "TransactionCanceledException", "modeled_fields": {"CancellationReasons": reasons}}


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_meets_another_is_lost(stores: DynamoStores, code: str) -> None:
    with Stubber(stores.dynamo.client) as stub:
        stub.add_client_error("transact_write_items", **cancelled("None", code))

        assert stores.records.save(a_change(a_record(), keys=frozenset({MAIL}))) == Lost()


@pytest.mark.parametrize("code", ["TransactionConflictException", "ProvisionedThroughputExceededException"])
def test_a_put_or_a_transaction_at_a_busy_table_is_lost(stores: DynamoStores, code: str) -> None:
    with Stubber(stores.dynamo.client) as stub:
        stub.add_client_error("put_item", code)
        stub.add_client_error("transact_write_items", code)

        assert stores.records.save(a_change(a_record())) == Lost()
        assert stores.records.save(a_change(a_record(), keys=frozenset({MAIL}))) == Lost()


def test_a_write_whose_first_answer_was_lost_still_holds(stores: DynamoStores) -> None:
    tries = send_everything_twice(stores)
    plain, keyed = a_change(a_record("1")), a_change(a_record("2"), keys=frozenset({MAIL}))

    assert [stores.records.save(change) for change in (plain, keyed)] == [Saved(), Saved()]

    assert tries == ["PutItem", "PutItem", "TransactWriteItems", "TransactWriteItems"]


def send_everything_twice(stores: DynamoStores) -> list[str]:
    """Let the client take the first answer of each call for lost and send it again; return the calls sent."""
    sent: list[str] = []

    def once_more(operation: Any, attempts: int, **_: Any) -> Any:
        sent.append(operation.name)
        return 0.0 if attempts == 1 else None

    stores.dynamo.client.meta.events.register_first("needs-retry.dynamodb", once_more)
    return sent


def test_the_very_same_write_by_somebody_else_is_lost(stores: DynamoStores) -> None:
    for keys in (frozenset[str](), frozenset({MAIL})):
        record = a_record(str(len(keys)))
        stores.records.save(a_change(record, keys=keys))

        assert stores.records.save(a_change(record, keys=keys)) == Lost()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InternalServerError", TryAgain),
        ("ValidationException", NeedsAPerson),
        ("AccessDeniedException", BadSettings),
        ("ResourceNotFoundException", BadSettings),
    ],
)
def test_other_failures_say_what_to_do_next(stores: DynamoStores, code: str, error: type[Exception]) -> None:
    for verb, change in (
        ("put_item", a_change(a_record())),
        ("transact_write_items", a_change(a_record(), keys=frozenset({MAIL}))),
    ):
        with Stubber(stores.dynamo.client) as stub:
            stub.add_client_error(verb, code)
            with pytest.raises(error, match=code):
                stores.records.save(change)


def test_a_transaction_that_cannot_be_taken_at_all_needs_a_person(stores: DynamoStores) -> None:
    with Stubber(stores.dynamo.client) as stub:
        stub.add_client_error("transact_write_items", **cancelled("ValidationError", "None"))

        with pytest.raises(TryAgain):
            stores.records.save(a_change(a_record(), keys=frozenset({MAIL})))


def test_an_aws_that_does_not_answer_is_tried_again(stores: DynamoStores) -> None:
    def fail(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://dynamodb.example")

    stores.dynamo.client.meta.events.register("before-call.dynamodb", fail)

    with pytest.raises(TryAgain, match="gave no answer"):
        stores.records.get(["x"])


def test_what_a_bulk_read_leaves_over_is_read_again(stores: DynamoStores) -> None:
    left = {"RecordsTable": {"Keys": [{"id": {"S": "b"}}]}}
    with Stubber(stores.dynamo.client) as stub:
        stub.add_response("batch_get_item", {"Responses": {"RecordsTable": []}, "UnprocessedKeys": left})
        stub.add_response("batch_get_item", {"Responses": {"RecordsTable": []}, "UnprocessedKeys": {}})

        assert stores.records.get(["a", "b"]) == {}
        stub.assert_no_pending_responses()


def test_a_bulk_read_that_is_never_taken_whole_is_tried_again_later(stores: DynamoStores) -> None:
    left = {"RecordsTable": {"Keys": [{"id": {"S": "b"}}]}}
    with Stubber(stores.dynamo.client) as stub:
        for _ in range(6):
            stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})

        with pytest.raises(TryAgain, match="too busy"):
            stores.records.get(["a", "b"])


def test_what_a_bulk_write_leaves_over_is_written_again(stores: DynamoStores) -> None:
    entry = LedgerEntry("r", "customer", 1, START, a_cause())
    left: dict[str, Any] = {"LedgerTable": [{"PutRequest": {"Item": {"record_id": {"S": "r"}, "sk": {"S": "1"}}}}]}
    with Stubber(stores.dynamo.client) as stub:
        stub.add_response("batch_write_item", {"UnprocessedItems": left})
        stub.add_response("batch_write_item", {"UnprocessedItems": {}})

        stores.ledger.append([entry])
        stub.assert_no_pending_responses()


def test_a_query_of_many_pages_is_read_to_its_end(stores: DynamoStores) -> None:
    pages: list[dict[str, Any]] = [
        {"Items": [{"id": {"S": "a"}}], "LastEvaluatedKey": {"id": {"S": "a"}}},
        {"Items": [{"id": {"S": "b"}}]},
    ]
    with Stubber(stores.dynamo.client) as stub:
        for page in pages:
            stub.add_response("query", page)

        assert stores.records.waiting_for("parent") == ["a", "b"]


def test_a_failure_text_holds_no_value_of_the_record(stores: DynamoStores) -> None:
    with Stubber(stores.dynamo.client) as stub:
        stub.add_client_error("put_item", "InternalServerError", "Ada Lovelace is in the way")
        with pytest.raises(TryAgain) as raised:
            stores.records.save(a_change(a_record()))

    assert "Ada" not in str(raised.value)
    assert isinstance(raised.value.__cause__, ClientError)


# ── tokens ──


def test_a_token_is_sealed_in_the_table_and_opened_once(stores: DynamoStores) -> None:
    stores.tokens.keep("erp", "very secret", START + timedelta(hours=1))

    item = stores.dynamo.client.get_item(TableName="StateTable", Key={"pk": {"S": "state/erp"}, "sk": {"S": "-"}})
    assert "very secret" not in str(item["Item"])
    assert stores.tokens.token("erp") == "very secret"


def test_a_tripped_system_is_told_once(stores: DynamoStores) -> None:
    stores.tokens.refuse("erp", "401")
    stores.tokens.refuse("erp", "401")

    assert stores.tripped == ["erp"]


# ── idempotency ──


def test_an_event_s_key_counts_for_a_week_even_if_the_table_keeps_it_longer(stores: DynamoStores) -> None:
    stores.idempotency.remember("crm/1")

    stores.clock.go_on(7 * 86_400 + 1)

    assert stores.idempotency.is_known("crm/1") is False
