"""What botocore itself makes of a call, and of an answer: the measure for the direct clients."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.parsers import create_parser

from app.direct.services import SERVICES
from app.transport.credentials import Credentials

REGION = "eu-west-1"
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzE+/=" * 60)
ONCE = Config(retries={"total_max_attempts": 1})
STAGE = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"
# What is asked of each service; the app asks for nothing of another kind.
CALLS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "get": ("dynamodb", "get_item", {"TableName": "T", "Key": {"id": {"S": "ż"}}, "ConsistentRead": True}),
    "update": (
        "dynamodb",
        "update_item",
        {
            "TableName": "T",
            "Key": {"id": {"S": "a"}},
            "UpdateExpression": "SET #n = :n",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":n": {"M": {"l": {"L": [{"NULL": True}, {"N": "5"}, {"SS": ["x"]}]}}}},
        },
    ),
    "send": ("sqs", "send_message", {"QueueUrl": "https://q/1/q", "MessageBody": "ż\n", "DelaySeconds": 0}),
    "send batch": ("sqs", "send_message_batch", {"QueueUrl": "q", "Entries": [{"Id": "0", "MessageBody": "m"}]}),
    "hide": (
        "sqs",
        "change_message_visibility",
        {"QueueUrl": "q", "ReceiptHandle": "r+/=", "VisibilityTimeout": 3},
    ),
    "publish": (
        "sns",
        "publish",
        {
            "TopicArn": "arn:aws:sns:eu-west-1:1:t",
            "Message": 'ż & = + % \n"',
            "MessageStructure": "json",
            "MessageAttributes": {
                "type": {"DataType": "String", "StringValue": "a&b"},
                "AWS.SNS.MOBILE.APNS.PRIORITY": {"DataType": "String", "StringValue": "5"},
            },
        },
    ),
    "publish plainly": ("sns", "publish", {"TargetArn": "arn", "Message": "m", "MessageAttributes": {}}),
    "create": (
        "sns",
        "create_platform_endpoint",
        {"PlatformApplicationArn": "arn", "Token": "a:b+c=", "CustomUserData": "d"},
    ),
    "look": ("sns", "get_endpoint_attributes", {"EndpointArn": "arn"}),
    "set": ("sns", "set_endpoint_attributes", {"EndpointArn": "arn", "Attributes": {"Token": "t", "Enabled": "true"}}),
    "remove": ("sns", "delete_endpoint", {"EndpointArn": "arn"}),
    "post": ("apigatewaymanagementapi", "post_to_connection", {"ConnectionId": "L0SM9cOFvHcCIhw=", "Data": b'{"a":1}'}),
    "post nothing": ("apigatewaymanagementapi", "post_to_connection", {"ConnectionId": "a b/+%✓", "Data": b""}),
    "close": ("apigatewaymanagementapi", "delete_connection", {"ConnectionId": "L0SM9cOFvHcCIhw="}),
}


@cache
def session() -> Any:
    return botocore.session.Session()


@cache
def _client(service: str, keys: Credentials) -> tuple[Any, list[AWSPreparedRequest]]:
    """A client that keeps its requests instead of sending them."""
    sent: list[AWSPreparedRequest] = []
    url = STAGE if service == "apigatewaymanagementapi" else None
    named = dict(zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), keys, strict=True))
    client = session().create_client(service, region_name=REGION, endpoint_url=url, config=ONCE, **named)

    def keep(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        answer = AWSResponse(request.url, 500, {}, None)  # of which every protocol knows what to make
        answer._content = b""
        return answer

    client.meta.events.register("before-send", keep)
    return client, sent


def sent_by_the_sdk(name: str, keys: Credentials = KEYS) -> AWSPreparedRequest:
    """Returns the request that botocore would send."""
    service, operation, parameters = CALLS[name]
    client, sent = _client(service, keys)
    try:
        getattr(client, operation)(**parameters)
    except client.exceptions.ClientError:
        return sent.pop()
    raise AssertionError


def read_by_the_sdk(service: str, operation: str, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Returns what botocore's parser makes of an answer."""
    model = session().get_service_model(service)
    shape = model.operation_model(operation).output_shape
    heard = {"status_code": status, "headers": headers, "body": body, "context": {}}
    return create_parser(model.metadata["protocol"]).parse(heard, shape)


assert {service for service, _, _ in CALLS.values()} == set(SERVICES)
