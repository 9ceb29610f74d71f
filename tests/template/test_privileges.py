"""Least privilege: named actions on named resources, and for each function no more than its work needs."""

from typing import Any

import pytest

from shared.aws.dynamodb_budgets import budget_pk
from tests.template.deployment import allowed, as_list, functions, of_type, statements, written

# AWS knows no resources for these: they work on everything or not at all.
WITHOUT_RESOURCES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# Actions whose resource is a name that only the owner knows: everything under the stack's own prefix.
UNDER_A_PREFIX = {"secretsmanager:GetSecretValue"}

CALLS_PARTNERS = {"PollChanges", "AbsorbChanges", "DeliverChanges", "Reconcile", "ServeApi", "PlanChanges"}
VERIFIES_SIGNATURES = {"ReceiveWebhook"}
MERGES = {"AbsorbChanges", "DeliverChanges", "ServeApi"}
POSTPONES = {"SweepOverdue"}
PROMISES = {"WatchStock"}
WRITING = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")

Statement = dict[str, Any]


def test_no_action_is_a_pattern() -> None:
    actions = {action for _, statement in statements() for action in as_list(statement["Action"])}

    assert not [action for action in actions if "*" in action or "?" in action]
    assert all("NotAction" not in statement and "NotResource" not in statement for _, statement in statements())


def test_nothing_is_allowed_on_everything_where_aws_knows_resources() -> None:
    on_everything = {
        action
        for _, statement in statements()
        for action in as_list(statement["Action"])
        if any("*" in written(resource) for resource in as_list(statement["Resource"]))
    }

    assert on_everything == WITHOUT_RESOURCES | UNDER_A_PREFIX


def test_credentials_are_readable_only_under_the_stacks_own_prefix() -> None:
    places = {
        written(resource)
        for _, statement in statements()
        if "secretsmanager:GetSecretValue" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }

    assert places == {"arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:SecretPrefix/*"}


@pytest.mark.parametrize("name", functions())
def test_credentials_are_given_only_to_those_who_talk_to_partners(name: str) -> None:
    may_read = "secretsmanager:GetSecretValue" in allowed(name)
    knows_where = "TANDEM_SECRET_PREFIX" in functions()[name]["Environment"]["Variables"]

    assert may_read is knows_where is (name in CALLS_PARTNERS | VERIFIES_SIGNATURES)


@pytest.mark.parametrize("name", functions())
def test_login_tokens_are_opened_only_by_those_who_call_partners(name: str) -> None:
    grants = allowed(name)

    assert ("kms:Decrypt" in grants) is (name in CALLS_PARTNERS)
    assert {place for action in grants if action.startswith("kms:") for place in grants[action]} <= {"TokenKey.Arn"}


def test_a_login_token_is_opened_only_for_a_named_system() -> None:
    conditions = [
        statement.get("Condition")
        for _, statement in statements()
        if any(action.startswith("kms:") for action in as_list(statement["Action"]))
    ]

    assert conditions == [{"Null": {"kms:EncryptionContext:system": "false"}}] * len(CALLS_PARTNERS)


def test_a_plan_may_read_and_open_and_note_its_calls_and_do_nothing_else() -> None:
    grants = allowed("PlanChanges")

    assert set(grants) - WITHOUT_RESOURCES == {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert {place for action in grants if action.startswith("logs:") for place in grants[action]} == {
        "PlanChangesLogs.Arn"
    }
    assert grants["dynamodb:UpdateItem"] == {"StateTable.Arn"}


def test_a_plan_writes_no_item_but_the_budgets_of_systems() -> None:
    conditions = [
        statement.get("Condition")
        for name, statement in statements()
        if "dynamodb:UpdateItem" in as_list(statement["Action"]) and name == "PlanChangesRole"
    ]

    assert conditions == [{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [budget_pk("*")]}}]


def test_other_functions_are_invoked_by_none_but_the_api_to_plan_and_to_start_again() -> None:
    grants = {(name, place) for name in functions() for place in allowed(name).get("lambda:InvokeFunction", ())}

    started = {"PlanChanges", "PollChanges", "SweepOverdue", "Reconcile", "WatchStock", "FanOut"}
    assert grants == {("ServeApi", f"{each}.Arn") for each in started}


@pytest.mark.parametrize("name", functions())
def test_records_are_written_by_those_who_merge_postpone_or_promise_and_never_deleted(name: str) -> None:
    grants = allowed(name)
    writing = {action for action in WRITING if "RecordsTable.Arn" in grants.get(action, set())}

    assert writing == ({"dynamodb:PutItem"} if name in MERGES | POSTPONES | PROMISES else set())


@pytest.mark.parametrize("name", functions())
def test_keys_and_conflicts_are_written_with_the_record_by_those_who_merge(name: str) -> None:
    grants = allowed(name)
    conflicts = {action for action, places in grants.items() if "ConflictsTable.Arn" in places}

    closes = {"dynamodb:Query", "dynamodb:UpdateItem"} if name in MERGES | POSTPONES | PROMISES else set()
    assert conflicts == closes | ({"dynamodb:PutItem"} if name in MERGES else set())
    assert ("IdentitiesTable.Arn" in grants.get("dynamodb:DeleteItem", set())) is (name in MERGES)


def test_the_ledger_is_append_only() -> None:
    grants = [(name, action, places) for name in functions() for action, places in allowed(name).items()]

    assert sorted((name, action) for name, action, places in grants if "LedgerTable.Arn" in places) == [
        ("FanOut", "dynamodb:BatchGetItem"),
        ("FanOut", "dynamodb:BatchWriteItem"),
        ("ServeApi", "dynamodb:Query"),
    ]


def test_people_are_told_by_one_function_through_one_topic() -> None:
    grants = {(name, place) for name in functions() for place in allowed(name).get("sns:Publish", ())}

    assert grants == {("WatchStock", "StockTopic")}


def test_events_on_the_bus_cannot_be_put_under_another_name() -> None:
    conditions = [
        (holder, statement.get("Condition"))
        for holder, statement in statements()
        if "events:PutEvents" in as_list(statement["Action"])
    ]

    assert conditions == [("FanOutRole", {"StringEquals": {"events:source": "tandem"}})]


def test_only_operators_may_have_a_whole_table_read_and_only_that_of_the_records() -> None:
    scanned = {name: allowed(name)["dynamodb:Scan"] for name in functions() if "dynamodb:Scan" in allowed(name)}

    assert scanned == {"ServeApi": {"RecordsTable.Arn"}}


def test_lambda_may_read_every_source_that_it_is_mapped_to() -> None:
    for mapping in of_type("AWS::Lambda::EventSourceMapping").values():
        source, reader = written(mapping["EventSourceArn"]), written(mapping["FunctionName"])
        needed = (
            {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}
            if source.endswith(".StreamArn")
            else {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
        )
        assert needed <= {action for action, places in allowed(reader).items() if source in places}


def test_lambda_may_send_to_every_place_for_failures() -> None:
    places = [
        (written(each["FunctionName"]), written(each["DestinationConfig"]["OnFailure"]["Destination"]))
        for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig")
        for each in of_type(kind).values()
        if each.get("DestinationConfig")
    ]

    assert sorted(places) == [
        ("FanOut", "StreamDeadLetters.Arn"),
        ("Reconcile", "ScheduleDeadLetters.Arn"),
        ("WatchStock", "ScheduleDeadLetters.Arn"),
    ]
    assert all(place in allowed(name)["sqs:SendMessage"] for name, place in places)


@pytest.mark.parametrize("name", functions())
def test_a_function_writes_to_its_own_log_group_alone(name: str) -> None:
    grants = allowed(name)

    assert grants["logs:CreateLogStream"] == grants["logs:PutLogEvents"] == {f"{name}Logs.Arn"}


def test_only_lambda_takes_the_roles_and_only_tracing_is_shared() -> None:
    for role in of_type("AWS::IAM::Role").values():
        trust = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust == [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
        assert [written(policy) for policy in role["ManagedPolicyArns"]] == ["TracePolicy"]


def test_a_function_is_called_only_by_the_api_and_the_rules_that_name_it() -> None:
    callers = {
        (written(permission["FunctionName"]), permission["Principal"])
        for permission in of_type("AWS::Lambda::Permission").values()
    }

    assert callers == {
        ("ReceiveWebhook", "apigateway.amazonaws.com"),
        ("PollChanges", "events.amazonaws.com"),
        ("SweepOverdue", "events.amazonaws.com"),
        ("Reconcile", "events.amazonaws.com"),
        ("WatchStock", "events.amazonaws.com"),
        ("ServeApi", "apigateway.amazonaws.com"),
    }
    assert all("SourceArn" in permission for permission in of_type("AWS::Lambda::Permission").values())


def test_the_key_is_governed_by_this_account_action_by_action_and_turned_over_each_year() -> None:
    key = of_type("AWS::KMS::Key")["TokenKey"]
    granted: list[Statement] = key["KeyPolicy"]["Statement"]

    assert [written(statement["Principal"]["AWS"]) for statement in granted] == [
        "arn:AWS::Partition:iam::AWS::AccountId:root"
    ]
    assert not [action for statement in granted for action in statement["Action"] if "*" in action]
    assert "kms:PutKeyPolicy" in granted[0]["Action"]
    assert key["EnableKeyRotation"] is True
