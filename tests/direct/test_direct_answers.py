"""Answers to the direct clients: what botocore's parsers make of the same bytes."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import pytest

from app.direct.protocols import UnreadableError
from app.direct.services import SERVICES
from app.transport.answer import Answer
from tests.direct.sdk import read_by_the_sdk

SNS = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'
REST = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
ENTRIES = "<entry><key>Enabled</key><value>true</value></entry>\n<entry><key>Token</key><value/></entry>"


def xml(operation: str, result: str) -> str:
    return f"<{operation}Response {SNS}>\n<{operation}Result>{result}</{operation}Result>{REST}</{operation}Response>"


GOOD: Mapping[str, tuple[str, str, str]] = {
    "item": ("dynamodb", "GetItem", '{"Item": {"a": {"S": "ż"}, "n": {"N": "5"}, "s": {"SS": ["x"]}}}'),
    "no item": ("dynamodb", "GetItem", "{}"),
    "nothing": ("dynamodb", "PutItem", ""),
    "page": ("dynamodb", "Query", '{"Items": [{"a": {"L": [{"M": {}}]}}], "LastEvaluatedKey": {"a": {"S": "k"}}}'),
    "batch": ("dynamodb", "BatchGetItem", '{"Responses": {"T": [{"a": {"S": "x"}}]}, "UnprocessedKeys": {}}'),
    "sent": ("sqs", "SendMessage", '{"MessageId": "m", "MD5OfMessageBody": "5d"}'),
    "some failed": ("sqs", "SendMessageBatch", '{"Successful": [], "Failed": [{"Id": "0", "SenderFault": false}]}'),
    "published": ("sns", "Publish", xml("Publish", "<MessageId>m</MessageId>")),
    "created": (
        "sns",
        "CreatePlatformEndpoint",
        xml("CreatePlatformEndpoint", "<EndpointArn>arn &amp; ż</EndpointArn>"),
    ),
    "looked": (
        "sns",
        "GetEndpointAttributes",
        xml("GetEndpointAttributes", f"<Attributes>\n{ENTRIES}\n</Attributes>"),
    ),
    "no attributes": ("sns", "GetEndpointAttributes", xml("GetEndpointAttributes", "<Attributes/>")),
    "set": ("sns", "SetEndpointAttributes", xml("SetEndpointAttributes", "")),
    "removed": ("sns", "DeleteEndpoint", f"<DeleteEndpointResponse {SNS}>{REST}</DeleteEndpointResponse>"),
    "posted": ("apigatewaymanagementapi", "PostToConnection", ""),
    "closed": ("apigatewaymanagementapi", "DeleteConnection", ""),
}
TYPED = "com.amazonaws.dynamodb.v20120810#"
ERROR = "<Error><Type>Sender</Type><Code>NotFound</Code><Message>Endpoint does not exist</Message></Error>"
BAD: Mapping[str, tuple[str, int, Mapping[str, str], str]] = {
    "typed": ("dynamodb", 400, {}, f'{{"__type": "{TYPED}ValidationException", "message": "no"}}'),
    "typed barely": ("dynamodb", 400, {}, '{"__type": "ThrottlingException", "Message": "no"}'),
    "typed with a colon": (
        "dynamodb",
        400,
        {},
        f'{{"__type": "{TYPED}SlowDown:http://internal/a#b", "message": "no"}}',
    ),
    "untyped": ("dynamodb", 503, {}, '{"message": "no"}'),
    "of a header alone": ("dynamodb", 400, {"x-amzn-errortype": "Other"}, '{"message": "no"}'),
    "empty": ("dynamodb", 500, {}, ""),
    "of a queue": (
        "sqs",
        400,
        {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
        '{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no"}',
    ),
    "of a queue without the older name": (
        "sqs",
        403,
        {},
        '{"__type": "com.amazonaws.sqs#RequestThrottled", "message": "no"}',
    ),
    "of a topic": ("sns", 404, {}, f"<ErrorResponse {SNS}>{ERROR}<RequestId>r</RequestId></ErrorResponse>"),
    "of a topic without a name space": ("sns", 400, {}, f"<ErrorResponse>{ERROR}</ErrorResponse>"),
    "gone": ("apigatewaymanagementapi", 410, {"x-amzn-errortype": "GoneException"}, ""),
    "gone with more": (
        "apigatewaymanagementapi",
        410,
        {"x-amzn-errortype": "com.amazonaws.a#GoneException:http://b/c#d"},
        "{}",
    ),
    "gone without a name": ("apigatewaymanagementapi", 410, {}, '{"message": "Gone"}'),
}


def answer(status: int, headers: Mapping[str, str], body: str) -> Answer:
    heard = Answer(keeps_body=True)
    content = body.encode()
    lines = [f"{name}: {value}" for name, value in {**headers, "Content-Length": len(content)}.items()]
    heard.feed("\r\n".join((f"HTTP/1.1 {status} Whatever", *lines, "", "")).encode() + content)
    assert heard.done
    return heard


def members(service: str, body: str, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SERVICES[service].protocol.members(answer(200, named, body))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_answer_has_the_members_that_botocore_finds(name: str) -> None:
    service, operation, body = GOOD[name]
    theirs = read_by_the_sdk(service, operation, 200, {}, body.encode())
    theirs.pop("ResponseMetadata", None)
    assert members(service, body) == theirs


@pytest.mark.parametrize("name", BAD)
def test_a_refusal_has_the_name_and_text_that_botocore_finds(name: str) -> None:
    service, status, headers, body = BAD[name]
    operation = {"dynamodb": "GetItem", "sqs": "SendMessage", "sns": "Publish"}.get(service, "PostToConnection")
    theirs = read_by_the_sdk(service, operation, status, headers, body.encode())["Error"]
    ours = SERVICES[service].protocol.refusal(answer(status, headers, body))
    assert ours.code == theirs["Code"]
    if body and service != "apigatewaymanagementapi":  # botocore makes texts up, and nobody reads those of posts
        assert ours.text == theirs["Message"]


@pytest.mark.parametrize("body", ["<html>oops</html>", "[]", "null", '{"a": ', '"text"', "\x00"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_refusal_that_cannot_be_read_has_its_status_for_a_name(service: str, body: str) -> None:
    assert SERVICES[service].protocol.refusal(answer(502, {}, body))[:2] == ("502", "")


def test_the_reasons_of_a_cancelled_transaction_are_kept() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"}]
    body = json.dumps({"__type": f"{TYPED}TransactionCanceledException", "CancellationReasons": reasons})
    refused = SERVICES["dynamodb"].protocol.refusal(answer(400, {}, body))
    assert refused.members["CancellationReasons"] == reasons


@pytest.mark.parametrize("body", ["[]", "null", '{"a": ', "NaN", '{"a": NaN}', '"text"', "<html/>"])
def test_what_is_no_json_object_is_no_answer(body: str) -> None:
    with pytest.raises(UnreadableError):
        members("dynamodb", body)


@pytest.mark.parametrize("body", ["", "{}", "<PublishResponse>", "\x00"])
def test_what_is_no_xml_is_no_answer(body: str) -> None:
    with pytest.raises(UnreadableError):
        members("sns", body)


@pytest.mark.parametrize("body", ["{}", '{"Item": {}}'])
def test_an_answer_whose_checksum_fits_is_taken(body: str) -> None:
    assert members("dynamodb", body, x_amz_crc32=str(zlib.crc32(body.encode()))) == json.loads(body)


@pytest.mark.parametrize("checksum", ["0", "", "1234567890", "text"])
def test_an_answer_whose_checksum_does_not_fit_is_none(checksum: str) -> None:
    with pytest.raises(UnreadableError):
        members("dynamodb", "{}", x_amz_crc32=checksum)
