"""What our functions are compared with: boto3, one client, one GetItem, in the image and on the boto3 that it has."""

import json
import os
from typing import Any

import boto3

client = boto3.client("dynamodb")


def handle(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda hands over both
    key = {"userId": {"S": event["pathParameters"]["userId"]}}
    answer = client.get_item(TableName=os.environ["USERS_TABLE"], Key=key, ConsistentRead=True)
    return {"statusCode": 200, "body": json.dumps(answer["Item"])}
