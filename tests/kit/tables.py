"""The tables of `template.yaml`, made anew in moto, so that the stores are tested on the keys and indexes deployed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_KEPT = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification")


class _Loader(yaml.SafeLoader):
    """Reads the template; a CloudFormation function is read as nothing, since the tables' shapes need none."""


_Loader.add_multi_constructor("!", lambda *_: None)


@cache
def table_shapes() -> dict[str, dict[str, Any]]:
    """Return what each table's logical id declares."""
    resources = yaml.load(TEMPLATE.read_text(), _Loader)["Resources"]
    tables = {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::DynamoDB::Table"}
    return {name: {key: given[key] for key in _KEPT if key in given} for name, given in tables.items()}


def create_tables(client: DynamoDBClient) -> dict[str, str]:
    """Create all tables; return their names by logical id."""
    for logical_id, shape in table_shapes().items():
        stream = shape.get("StreamSpecification")
        more = {} if stream is None else {"StreamSpecification": {**stream, "StreamEnabled": True}}
        client.create_table(**{"TableName": logical_id, **shape, **more})
    return {logical_id: logical_id for logical_id in table_shapes()}
