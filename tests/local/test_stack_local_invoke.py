"""What `sam local invoke` is given to reach a running stack: a template that declares it, and the values."""

import copy
import json
from pathlib import Path

import boto3
import pytest
import requests

from local.stack import LocalStack
from local.stack.local_invoke import VARIABLES, declaring, main
from local.stack.names import REGION
from local.stack.servers import CannotListen
from local.stack.template import Template, read_template

TOYS = Path(__file__).parent / "stack_toys"


def test_the_second_template_declares_where_aws_is_and_differs_in_nothing_else(tmp_path: Path) -> None:
    built = read_template(Path(__file__).resolve().parents[2] / "template.yaml")
    path = tmp_path / "template.yaml"
    path.write_text(json.dumps(built), encoding="utf-8")

    main(str(path))

    local = json.loads((tmp_path / "local.json").read_text(encoding="utf-8"))
    declared = local["Globals"]["Function"]["Environment"]["Variables"]
    assert {name: declared.pop(name) for name in VARIABLES} == dict.fromkeys(VARIABLES, "")
    assert local == built


def test_what_is_deployed_declares_none_of_it() -> None:
    text = (Path(__file__).resolve().parents[2] / "template.yaml").read_text(encoding="utf-8")

    assert [name for name in VARIABLES if name in text] == []


def test_the_built_template_itself_is_left_as_it_is() -> None:
    built: Template = {"Globals": {"Function": {}}, "Resources": {}}
    before = copy.deepcopy(built)

    declaring(built)

    assert built == before


def test_each_function_is_told_the_names_of_what_runs_and_where_containers_find_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(TOYS))

    with LocalStack(TOYS / "template.yaml") as stack:
        told = stack.environments()["StoreOrders"]

        assert told["TOY_TABLE"] == stack.deployment.named("OrdersTable").physical_id
        assert told["AWS_ENDPOINT_URL"] == stack.aws.replace("127.0.0.1", "host.docker.internal")
        assert set(VARIABLES) < set(told)


def test_the_stand_in_answers_by_the_name_that_containers_call_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOYS))
    scope = f"Credential=LOCAL/20260101/{REGION}/secretsmanager/aws4_request"
    headers = {
        "Host": "host.docker.internal:4566",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "secretsmanager.ListSecrets",
    }

    with LocalStack(TOYS / "template.yaml", secrets={"crm": {"token": "t"}}) as stack:
        answer = requests.post(stack.aws, json={}, headers=headers, timeout=10)

    assert [each["Name"].rpartition("/")[2] for each in answer.json()["SecretList"]] == ["crm"]


def test_at_an_address_for_containers_the_same_state_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOYS))

    with LocalStack(TOYS / "template.yaml", containers="127.0.0.1") as stack:
        table = stack.deployment.named("OrdersTable").physical_id
        stack.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "o1"}})
        client = boto3.client("dynamodb", region_name=REGION, endpoint_url=stack.aws_for_containers)
        seen = client.scan(TableName=table)["Items"]

        assert stack.aws_for_containers != stack.aws
        assert seen == [{"id": {"S": "o1"}}]


def test_an_address_that_is_not_of_this_machine_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOYS))

    stack = LocalStack(TOYS / "template.yaml", containers="192.0.2.1")

    with pytest.raises(CannotListen, match=r"192\.0\.2\.1 cannot be used: .* - take .* CONTAINERS="), stack:
        pytest.fail("it listens at an address for documentation")
