"""Alarms: whatever can go wrong calls, on a metric that really arrives, and says what to do."""

import json
import re

import pytest

from tests.template.deployment import ROOT, Resource, deployed, functions, of_type, queues, raw, written

OURS = [{"Name": "service", "Value": "tandem"}]
NO_DATA_IS_THE_ALARM = {"SweepStopped"}


def alarms() -> dict[str, Resource]:
    """Every alarm's properties."""
    return of_type("AWS::CloudWatch::Alarm")


def watched() -> dict[str, list[Resource]]:
    """Per alarm the metrics that it watches: its own, or those of its formula."""
    return {
        name: [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
        if "Metrics" in alarm
        else [alarm]
        for name, alarm in alarms().items()
    }


def watching(namespace: str, metric: str, dimension: str, value: str) -> list[Resource]:
    """The alarms on one metric of one resource."""
    return [
        each
        for each in alarms().values()
        if (each.get("Namespace"), each.get("MetricName")) == (namespace, metric)
        and [(one["Name"], written(one["Value"])) for one in each.get("Dimensions", [])] == [(dimension, value)]
    ]


@pytest.mark.parametrize("queue", queues(dead=True))
def test_one_dead_letter_is_enough_to_call_and_it_calls_until_someone_has_looked(queue: str) -> None:
    (alarm,) = watching("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", f"{queue}.QueueName")

    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert (alarm["Statistic"], alarm["EvaluationPeriods"]) == ("Maximum", 1)


@pytest.mark.parametrize("queue", queues(dead=True))
def test_dead_letters_call_again_before_they_are_deleted(queue: str) -> None:
    (alarm,) = watching("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", f"{queue}.QueueName")

    days_left = (queues(dead=True)[queue]["MessageRetentionPeriod"] - alarm["Threshold"]) / 86400
    assert days_left == 4


@pytest.mark.parametrize("function", functions())
def test_every_functions_unexpected_errors_call(function: str) -> None:
    (alarm,) = watching("AWS/Lambda", "Errors", "FunctionName", function)

    assert (alarm["Statistic"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Sum", 1, 1)


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "threshold"),
    [
        ("RecordsParked", "RecordsParked", "Maximum", "1"),
        ("OldestOwed", "OldestOwedSeconds", "Maximum", "OldestOwedLimitSeconds"),
        ("SystemTripped", "SystemTripped", "Sum", "1"),
        ("LedgerGaps", "LedgerGaps", "Sum", "1"),
        ("UnknownErrors", "UnknownErrors", "Sum", "1"),
        ("LagOfSales", "SalesLagSeconds", "Maximum", "OldestOwedLimitSeconds"),
        ("LagOfSupplyChain", "SupplyChainLagSeconds", "Maximum", "OldestOwedLimitSeconds"),
        ("SystemStaysStopped", "SystemsStopped", "Minimum", "1"),
        ("WritesStopped", "WritesStopped", "Sum", "1"),
        ("SchemaDrift", "SchemaDrift", "Sum", "1"),
        ("PartnerThrottling", "PartnerThrottled", "Sum", "20"),
        ("QuotaNearlyUsed", "QuotaUsedPercent", "Maximum", "80"),
    ],
)
def test_our_own_metrics_call_under_exactly_the_dimension_that_they_are_put_with(
    name: str, metric: str, statistic: str, threshold: str
) -> None:
    alarm = alarms()[name]

    assert (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]) == ("Tandem", metric, OURS)
    assert (alarm["Statistic"], written(alarm["Threshold"])) == (statistic, threshold)


@pytest.mark.parametrize("function", functions())
def test_functions_put_their_metrics_where_the_alarms_look(function: str) -> None:
    variables = functions()[function]["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Tandem"
    assert variables["POWERTOOLS_SERVICE_NAME"] == OURS[0]["Value"]


def test_a_stream_that_falls_behind_calls() -> None:
    (alarm,) = watching("AWS/Lambda", "IteratorAge", "FunctionName", "FanOut")

    assert alarm["Threshold"] <= 5 * 60 * 1000


def test_a_backlog_of_hints_calls() -> None:
    (alarm,) = watching("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "ChangesQueue.QueueName")

    assert alarm["Threshold"] == 3600


def test_a_sweep_that_stands_still_calls_though_it_says_nothing() -> None:
    (alarm,) = watching("AWS/Lambda", "Invocations", "FunctionName", "SweepOverdue")

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("name", alarms())
def test_silence_is_no_alarm_unless_it_is_the_point(name: str) -> None:
    expected = "breaching" if name in NO_DATA_IS_THE_ALARM else "notBreaching"

    assert alarms()[name]["TreatMissingData"] == expected


@pytest.mark.parametrize("name", alarms())
def test_every_alarm_and_its_end_reach_the_topic(name: str) -> None:
    topic = [{"Ref": "AlarmTopic"}]

    assert (alarms()[name]["AlarmActions"], alarms()[name]["OKActions"]) == (topic, topic)


def test_the_topic_writes_to_the_address_if_there_is_one() -> None:
    subscription = of_type("AWS::SNS::Topic")["AlarmTopic"]["Subscription"]

    assert subscription == {
        "Fn::If": ["HasAlarmEmail", [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}], {"Ref": "AWS::NoValue"}]
    }


@pytest.mark.parametrize("name", alarms())
def test_every_alarm_says_what_it_means_and_which_section_of_the_runbook_helps(name: str) -> None:
    description = str(alarms()[name]["AlarmDescription"])

    assert description.endswith(f"Runbook: docs/runbook.md#{name.lower()}")
    assert len(description.split(". ")) >= 2
    assert len(description) <= 1024


@pytest.mark.parametrize("name", alarms())
def test_every_alarms_section_stands_in_the_runbook_and_is_complete(name: str) -> None:
    section = _sections()[name]

    for part in ("**Means.**", "**Hurt.**", "**Look.**", "**Do.**"):
        assert part in section, f"{name} lacks {part}"


def test_the_runbook_has_no_section_for_an_alarm_that_is_gone() -> None:
    assert set(_sections()) == set(alarms())


def test_the_dashboard_is_valid_and_shows_every_metric_that_an_alarm_watches() -> None:
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    lines = [line for widget in widgets for line in widget["properties"].get("metrics", [])]
    shown = {str(part) for line in lines for part in line}

    ours = {str(each["MetricName"]) for some in watched().values() for each in some if each["Namespace"] == "Tandem"}
    assert ours <= shown
    assert set(re.findall(r"\$\{(\w+)", body)) - {"AWS"} <= set(deployed()["Resources"])


def _sections() -> dict[str, str]:
    """The runbook's sections by alarm: third-level headings."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (\w+)$", text, flags=re.MULTILINE)
    bodies = [re.split(r"^## ", body, flags=re.MULTILINE)[0] for body in parts[2::2]]
    return dict(zip(parts[1::2], bodies, strict=True))


def test_the_dashboard_begins_with_what_a_person_must_know_and_no_two_widgets_overlap() -> None:
    body = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]

    first, second = widgets[:2]
    assert (first["properties"]["view"], len(first["properties"]["metrics"])) == ("singleValue", 5)
    assert {re.sub(r"\W|Arn", "", arn) for arn in second["properties"]["alarms"]} <= set(alarms())
    squares = [
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24


def test_conflicts_call_when_they_are_more_than_a_fifth_of_an_hours_changes() -> None:
    alarm = alarms()["ConflictsUnusual"]

    assert alarm["Metrics"][0]["Expression"] == "IF(conflicts >= 20, 100 * conflicts / FILL(changes, 1), 0)"
    assert {(each["MetricName"], tuple(map(str, each["Dimensions"]))) for each in watched()["ConflictsUnusual"]} == {
        (name, tuple(map(str, OURS))) for name in ("ConflictsDecided", "ChangesAbsorbed")
    }
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (20, "GreaterThanThreshold")


@pytest.mark.parametrize("metric", ["5xx", "Latency"])
def test_the_api_calls_for_help_itself(metric: str) -> None:
    assert len(watching("AWS/ApiGateway", metric, "ApiId", "HttpApi")) == 1


def test_every_dimension_of_a_metric_of_aws_names_a_resource_of_the_template() -> None:
    kinds = {
        "QueueName": "AWS::SQS::Queue",
        "FunctionName": "AWS::Serverless::Function",
        "ApiId": "AWS::Serverless::HttpApi",
        "TableName": "AWS::DynamoDB::Table",
    }
    resources = raw()["Resources"]
    for name, metrics in watched().items():
        for metric in metrics:
            if metric["Namespace"] == "Tandem":
                continue
            for dimension in metric.get("Dimensions", []):
                resource = written(dimension["Value"]).partition(".")[0]
                assert resources[resource]["Type"] == kinds[dimension["Name"]], name
            assert metric.get("Dimensions") or name == "FunctionsThrottled", name
