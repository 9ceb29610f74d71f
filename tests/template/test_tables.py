"""Tables: exactly the agreed keys and indexes, paid by use, recoverable, encrypted, never deleted by accident."""

import pytest

from tests.template.deployment import deployed, of_type

TABLES: dict[str, tuple[list[str], dict[str, list[str]], str | None]] = {
    "RecordsTable": (
        ["id"],
        {"due": ["due_shard", "due_at"], "waits": ["waits_for", "id"], "parked": ["parked_shard", "parked_since"]},
        None,
    ),
    "IdentitiesTable": (
        ["pk", "sk"],
        {"by_system": ["system_entity", "external_id"], "due": ["due_shard", "due_at"]},
        None,
    ),
    "ConflictsTable": (["record_id", "sk"], {"open": ["open_shard", "sk"]}, None),
    "LedgerTable": (["record_id", "sk"], {}, "expires_at"),
    "StateTable": (["pk", "sk"], {}, "expires_at"),
    "IdempotencyTable": (["id"], {}, "expiration"),
}


def test_these_tables_and_no_other() -> None:
    assert set(of_type("AWS::DynamoDB::Table")) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_agreed_keys_indexes_and_expiry(name: str) -> None:
    table = of_type("AWS::DynamoDB::Table")[name]
    keys, indexes, expiry = TABLES[name]

    assert _names(table) == keys
    assert {index["IndexName"]: _names(index) for index in table.get("GlobalSecondaryIndexes", [])} == indexes
    assert table.get("TimeToLiveSpecification", {}).get("AttributeName") == expiry
    assert {each["AttributeType"] for each in table["AttributeDefinitions"]} == {"S"}


def test_records_are_not_copied_into_their_indexes() -> None:
    indexes = of_type("AWS::DynamoDB::Table")["RecordsTable"]["GlobalSecondaryIndexes"]

    assert [index["Projection"] for index in indexes] == [{"ProjectionType": "KEYS_ONLY"}] * 3


def test_only_records_have_a_stream_and_it_shows_both_images() -> None:
    streams = {name: table.get("StreamSpecification") for name, table in of_type("AWS::DynamoDB::Table").items()}

    assert {name: stream for name, stream in streams.items() if stream} == {
        "RecordsTable": {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_table_costs_nothing_while_nothing_happens(name: str) -> None:
    assert of_type("AWS::DynamoDB::Table")[name]["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_encrypted_and_can_be_put_back_to_any_second(name: str) -> None:
    table = of_type("AWS::DynamoDB::Table")[name]

    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_outlives_its_stack_and_in_production_refuses_to_be_deleted(name: str) -> None:
    resource = deployed()["Resources"][name]

    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert resource["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}


def test_production_is_the_stage_prod() -> None:
    assert deployed()["Conditions"]["IsProduction"] == {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}


def _names(schema: dict[str, list[dict[str, str]]]) -> list[str]:
    ordered = sorted(schema["KeySchema"], key=lambda each: each["KeyType"])  # HASH before RANGE
    return [each["AttributeName"] for each in ordered]
