"""Handlers of the toy application: an order comes in by HTTP or by event, is stored, and others are told."""

import json
import os
from typing import Any

import boto3


def receive_order(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Queues the body; answers with what it saw."""
    body = json.dumps({**json.loads(event["body"]), "shop": event["pathParameters"]["shop"]})
    boto3.client("sqs").send_message(QueueUrl=os.environ["TOY_QUEUE"], MessageBody=body)
    shown = {"event": event, "variables": dict(os.environ), "request": context.aws_request_id}
    return {"statusCode": 202, "headers": {"Content-Type": "application/json"}, "body": json.dumps(shown)}


def store_orders(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Stores each order; a bad one is reported, one called `crash` ends the whole batch."""
    failures = []
    print(json.dumps({"batch": len(event["Records"]), "left": context.get_remaining_time_in_millis()}))
    for record in event["Records"]:
        order = json.loads(record["body"])
        order = order.get("detail", order)
        if order["id"] == "crash":
            raise ValueError("an order that nobody can bear")
        if order["id"] == "bad":
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        item = {"id": {"S": order["id"]}, "shop": {"S": order["shop"]}}
        boto3.client("dynamodb").put_item(TableName=os.environ["TOY_TABLE"], Item=item)
    return {"batchItemFailures": failures}


def tell_others(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Puts an event on the bus for each stored order and counts it; an order called `poison` cannot be told."""
    for record in event["Records"]:
        order = record["dynamodb"]["NewImage"]["id"]["S"]
        if order == "poison":
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        bus, detail = os.environ["TOY_BUS"], json.dumps({"id": order})
        entry: Any = {"Source": "toys", "DetailType": "order.stored", "Detail": detail, "EventBusName": bus}
        boto3.client("events").put_events(Entries=[entry])
        print(_metric("OrdersTold", 1))
    return {"batchItemFailures": []}


def count_orders(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """How many orders are stored."""
    table = boto3.client("dynamodb").scan(TableName=os.environ["TOY_TABLE"], Select="COUNT")
    return {"event": event, "orders": table["Count"]}


def _metric(name: str, value: float) -> str:
    directive = {"Namespace": "Toys", "Dimensions": [["service"]], "Metrics": [{"Name": name, "Unit": "Count"}]}
    return json.dumps({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "service": "toys", name: value})
