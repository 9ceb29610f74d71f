"""The functions: where their code stands, what they log, how events reach them."""

import re

import pytest

from shared.aws.settings import NEEDS
from tests.template.deployment import ROOT, Resource, allowed, functions, of_type, queues, raw, target, written

FUNCTIONS = {
    "ReceiveWebhook": "receive_webhook",
    "PollChanges": "poll_changes",
    "AbsorbChanges": "absorb_changes",
    "FanOut": "fan_out",
    "DeliverChanges": "deliver_changes",
    "SweepOverdue": "sweep_overdue",
    "Reconcile": "reconcile",
    "WatchStock": "watch_stock",
    "PlanChanges": "plan_changes",
    "ServeApi": "serve_api",
}
KNOWN_RUNTIME, KNOWN_ARCHITECTURE = "python3.13", ["arm64"]


def test_the_ten_functions_are_all_that_there_are() -> None:
    assert set(functions()) == set(FUNCTIONS)


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_a_logical_id_is_its_folder_in_camel_case(name: str, folder: str) -> None:
    assert functions()[name]["Handler"] == f"functions.{folder}.handler.handler"
    assert "".join(word.title() for word in folder.split("_")) == name
    assert (ROOT / "functions" / folder / "handler.py").is_file()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_runs_on_the_runtime_that_lives_longest_with_the_layer(name: str) -> None:
    function = functions()[name]

    assert (function["Runtime"], function["Architectures"]) == (KNOWN_RUNTIME, KNOWN_ARCHITECTURE)
    assert [target(layer) for layer in function["Layers"]] == list(of_type("AWS::Lambda::LayerVersion"))
    assert function["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_built_by_the_makefile_from_the_whole_project(name: str) -> None:
    resource = raw()["Resources"][name]

    assert resource["Metadata"] == {"BuildMethod": "makefile"}
    assert raw()["Globals"]["Function"]["CodeUri"] == "."
    assert "CodeUri" not in resource["Properties"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_writes_to_a_log_group_of_its_own_that_forgets(name: str) -> None:
    log_group = target(functions()[name]["LoggingConfig"]["LogGroup"])

    assert log_group == f"{name}Logs"
    assert written(of_type("AWS::Logs::LogGroup")[log_group]["RetentionInDays"]) == "LogRetentionDays"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_role_of_its_own(name: str) -> None:
    assert target(functions()[name]["Role"]) == f"{name}Role"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_memory_and_time_out_are_explained_beside_the_number(name: str) -> None:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    resource = re.split(r"\n\n", text[text.index(f"\n  {name}:\n") :])[0]

    assert re.search(r"MemorySize: \d+  # \w", resource)
    assert re.search(r"Timeout: \d+  # \w", resource)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_knows_a_table_or_queue_exactly_if_it_may_use_it(name: str) -> None:
    known = {
        target(value)
        for variable, value in functions()[name]["Environment"]["Variables"].items()
        if variable.endswith(("_TABLE", "_QUEUE", "_KEY", "_BUS"))
    }
    granted = {
        each.split("/")[0].split(".")[0]
        for action, resources in allowed(name).items()
        if action.split(":")[0] in {"dynamodb", "sqs", "kms", "events"}
        for each in resources
        if not each.endswith(".StreamArn")
    }

    assert {each for each in granted if not each.endswith("DeadLetters")} - consumed_only(name) == known


@pytest.mark.parametrize(("name", "folder"), FUNCTIONS.items())
def test_a_function_gets_exactly_the_variables_that_it_asks_for(name: str, folder: str) -> None:
    assert set(functions()[name]["Environment"]["Variables"]) == set(NEEDS[folder])


def consumed_only(name: str) -> set[str]:
    """Queues that Lambda reads for the function and to which the function itself sends nothing."""
    grants = allowed(name)
    read = {each.split(".")[0] for each in grants.get("sqs:ReceiveMessage", set())}
    sent = {each.split(".")[0] for each in grants.get("sqs:SendMessage", set())}
    return read - sent


def test_webhooks_and_operators_are_the_only_doors_and_only_webhooks_come_in_unknown() -> None:
    body = next(iter(of_type("AWS::ApiGatewayV2::Api").values()))["Body"]
    ways = [(path, method, each) for path, methods in body["paths"].items() for method, each in methods.items()]
    doors = {path: (method, each.get("security")) for path, method, each in ways}

    assert doors == {
        "/webhooks/{system}": ("post", None),
        "/{proxy+}": (
            "x-amazon-apigateway-any-method",
            {"Fn::If": ["HasJwtIssuer", [{"Token": []}], [{"AWS_IAM": []}]]},
        ),
    }


def test_operators_are_recognised_by_their_signature_or_by_a_token_of_the_configured_issuer() -> None:
    body = next(iter(of_type("AWS::ApiGatewayV2::Api").values()))["Body"]
    condition, by_token, by_signature = body["components"]["securitySchemes"]["Fn::If"]

    assert raw()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}]}
    authorizer = by_token["Token"]["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "jwt"
    assert authorizer["jwtConfiguration"] == {"issuer": {"Ref": "JwtIssuer"}, "audience": [{"Ref": "JwtAudience"}]}
    assert by_signature["AWS_IAM"]["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_the_door_is_throttled() -> None:
    settings = next(iter(of_type("AWS::ApiGatewayV2::Stage").values()))["DefaultRouteSettings"]

    assert written(settings["ThrottlingRateLimit"]) == "WebhookRatePerSecond"
    assert written(settings["ThrottlingBurstLimit"]) == "WebhookBurst"


def test_the_access_log_names_no_person() -> None:
    settings = next(iter(of_type("AWS::ApiGatewayV2::Stage").values()))["AccessLogSettings"]
    logged = set(re.findall(r"\$context\.([A-Za-z.]+)", settings["Format"]))

    assert target(settings["DestinationArn"]) == "HttpApiLogs"
    assert logged == {
        "requestId",
        "requestTime",
        "routeKey",
        "status",
        "responseLatency",
        "responseLength",
        "error.messageString",
    }


def test_every_queue_and_the_stream_have_exactly_one_reader() -> None:
    readers = {written(each["EventSourceArn"]): target(each["FunctionName"]) for each in mappings().values()}

    assert readers == {
        "ChangesQueue.Arn": "AbsorbChanges",
        "DeliveriesQueue.Arn": "DeliverChanges",
        "PollsQueue.Arn": "PollChanges",
        "ReconcileQueue.Arn": "Reconcile",
        "WatchQueue.Arn": "WatchStock",
        "RecordsTable.StreamArn": "FanOut",
    }
    assert set(queues(dead=False)) == {name.split(".")[0] for name in readers} - {"RecordsTable"}


def test_every_mapping_reports_what_failed_instead_of_failing_whole() -> None:
    assert {name: each.get("FunctionResponseTypes") for name, each in mappings().items()} == {
        name: ["ReportBatchItemFailures"] for name in mappings()
    }


def test_every_queue_mapping_has_a_ceiling_of_concurrency() -> None:
    from_queues = {name: each for name, each in mappings().items() if "Queue" in written(each["EventSourceArn"])}

    assert len(from_queues) == 5
    assert all(2 <= each["ScalingConfig"]["MaximumConcurrency"] <= 10 for each in from_queues.values())


def test_the_stream_goes_on_past_a_record_that_fails() -> None:
    stream = next(each for each in mappings().values() if "StreamArn" in written(each["EventSourceArn"]))

    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["MaximumRetryAttempts"] == 10
    assert stream["MaximumBatchingWindowInSeconds"] <= 1
    assert written(stream["DestinationConfig"]["OnFailure"]["Destination"]) == "StreamDeadLetters.Arn"
    assert stream["StartingPosition"] == "TRIM_HORIZON"


def test_the_clock_starts_polls_and_sweeps_each_minute_the_comparison_at_night_and_the_digest_daily() -> None:
    ticks = sorted(
        (target(rule["Targets"][0]["Arn"]), written(rule["ScheduleExpression"]))
        for rule in of_type("AWS::Events::Rule").values()
        if "ScheduleExpression" in rule
    )

    assert ticks == [
        ("PollChanges", "rate(1 minute)"),
        ("Reconcile", "ReconcileAt"),
        ("SweepOverdue", "rate(1 minute)"),
        ("WatchStock", "DigestAt"),
        ("WatchStock", "rate(5 minutes)"),
    ]


def test_a_tick_that_cannot_be_delivered_is_tried_again_and_then_kept() -> None:
    for rule in of_type("AWS::Events::Rule").values():
        for each in rule["Targets"]:
            assert target(each["DeadLetterConfig"]["Arn"]) in queues(dead=True)
            assert each["RetryPolicy"]["MaximumRetryAttempts"] > 0
            assert each["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 60


def test_what_changed_about_products_reaches_the_watch_queue_from_our_own_events_alone() -> None:
    rule = of_type("AWS::Events::Rule")["WatchRule"]

    assert rule["EventPattern"] == {"source": ["tandem"], "detail-type": ["products.touched"]}
    assert target(rule["EventBusName"]) == "EventBus"
    assert [written(each["Arn"]) for each in rule["Targets"]] == ["WatchQueue.Arn"]


def test_hints_on_the_bus_reach_the_changes_queue_without_code() -> None:
    rule = of_type("AWS::Events::Rule")["HintRule"]

    assert rule["EventPattern"]["detail-type"] == ["record.changed", {"suffix": "ChangeEvent"}]
    assert target(rule["EventBusName"]) == "EventBus"
    assert [written(each["Arn"]) for each in rule["Targets"]] == ["ChangesQueue.Arn"]


def mappings() -> dict[str, Resource]:
    """How queues and the stream reach functions."""
    return of_type("AWS::Lambda::EventSourceMapping")
