"""Queues: long enough hidden, dead letters for each, encrypted, open to nobody else."""

import pytest

from tests.template.deployment import functions, of_type, queues, target, written

LONGEST_RETENTION = 14 * 24 * 3600


@pytest.mark.parametrize("name", queues(dead=False))
def test_a_message_stays_hidden_for_six_times_the_time_out_of_its_reader(name: str) -> None:
    mapping = next(
        each
        for each in of_type("AWS::Lambda::EventSourceMapping").values()
        if written(each["EventSourceArn"]) == f"{name}.Arn"
    )
    time_out = functions()[target(mapping["FunctionName"])]["Timeout"]
    window = mapping.get("MaximumBatchingWindowInSeconds", 0)

    assert queues(dead=False)[name]["VisibilityTimeout"] >= 6 * time_out + window


@pytest.mark.parametrize("name", queues(dead=False))
def test_a_queue_gives_its_dead_letters_to_a_queue_of_its_own(name: str) -> None:
    redrive = queues(dead=False)[name]["RedrivePolicy"]

    assert written(redrive["deadLetterTargetArn"]) == name.replace("Queue", "DeadLetters") + ".Arn"
    assert 3 <= redrive["maxReceiveCount"] <= 5


@pytest.mark.parametrize("name", queues(dead=True))
def test_dead_letters_are_kept_as_long_as_aws_allows(name: str) -> None:
    assert queues(dead=True)[name]["MessageRetentionPeriod"] == LONGEST_RETENTION


@pytest.mark.parametrize("name", [*queues(dead=True), *queues(dead=False)])
def test_every_queue_is_encrypted(name: str) -> None:
    assert of_type("AWS::SQS::Queue")[name]["SqsManagedSseEnabled"] is True


def test_only_our_own_rules_may_send_to_a_queue_from_outside() -> None:
    opened = {}
    for policy in of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Action"] == "sqs:SendMessage"
            rules = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            named = rules if isinstance(rules, list) else [rules]
            opened[target(statement["Resource"])] = sorted(target(rule) for rule in named)
            assert [target(queue) for queue in policy["Queues"]] == [target(statement["Resource"])]

    assert opened == {
        "ChangesQueue": ["HintRule"],
        "HintDeadLetters": ["HintRule"],
        "WatchQueue": ["WatchRule"],
        "WatchDeadLetters": ["WatchRule"],
        "ScheduleDeadLetters": [
            "PollChangesEachMinute",
            "ReconcileNightly",
            "SweepOverdueEachMinute",
            "WatchStockDaily",
            "WatchStockEachFiveMinutes",
        ],
    }


def test_every_rule_may_send_to_its_targets_and_dead_letters() -> None:
    opened = {
        (target(statement["Resource"]), target(rule))
        for policy in of_type("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        for rule in _listed(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    }
    used = {
        (target(arn), name)
        for name, rule in of_type("AWS::Events::Rule").items()
        for each in rule["Targets"]
        for arn in (each["Arn"], each["DeadLetterConfig"]["Arn"])
        if target(arn) in of_type("AWS::SQS::Queue")
    }

    assert used == opened


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
