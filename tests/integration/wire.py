"""Answers as AWS puts them on the wire, in each of its three protocols."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

_QUERY_ERROR = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
    "<Code>{code}</Code><Message>{text}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
)


def raw(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    async def behave(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=headers)

    return behave


def json_ok(**members: Any) -> Answer:
    return raw(200, json.dumps(members).encode(), {"Content-Type": "application/x-amz-json-1.0"})


def json_error(name: str, status: int = 400, **members: Any) -> Answer:
    """An error of DynamoDB or Cognito."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": "no", **members}
    return raw(status, json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.0"})


def cancelled(*codes: str) -> Answer:
    """A transaction that DynamoDB cancelled, with one reason for each of its actions."""
    reasons = [{"Code": code} if code == "None" else {"Code": code, "Message": "no"} for code in codes]
    return json_error("TransactionCanceledException", CancellationReasons=reasons)


def query_error(code: str, status: int, text: str = "no") -> Answer:
    """An error of SNS."""
    return raw(status, _QUERY_ERROR.format(code=code, text=text).encode(), {"Content-Type": "text/xml"})


def queue_error(name: str, status: int, code: str | None = None) -> Answer:
    """An error of SQS: JSON, and in a header the code that it had in the query protocol."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-query-error": f"{code or name};Sender"}
    body = {"__type": f"com.amazonaws.sqs#{name}", "message": "no"}
    return raw(status, json.dumps(body).encode(), headers)


def rest_error(name: str | None, status: int, body: bytes = b"") -> Answer:
    """An error of `@connections`, whose name travels in a header or not at all."""
    return raw(status, body, {"x-amzn-ErrorType": name} if name else {})


def posted() -> Answer:
    return raw(200)


# What AWS says to a role that lacks the right; nobody asks again.
DENIED = json_error("AccessDeniedException")
DENIED_PUBLISH = query_error("AuthorizationError", 403)
DENIED_POST = rest_error(None, 403, b'{"message":"Forbidden"}')

PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
)
