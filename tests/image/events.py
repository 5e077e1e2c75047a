"""Events as AWS sends them, one for each trigger of the catalogue."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from app.catalogue import (
    Function,
    HttpRoute,
    QueueSource,
    Schedule,
    SocketAuthorizer,
    SocketRoute,
    Trigger,
    UserPoolTrigger,
)

CALLER = "c4b8e4a8-0031-70b5-0d19-2d0b5f6f1a11"
# A body that each route takes; a route that is not here takes none.
BODIES: Mapping[str, Any] = {
    "POST /users": {"firstName": "Ada", "lastName": "Lovelace"},
    "PUT /users/{userId}": {"firstName": "Ada"},
    "POST /messages": {"recipientIds": ["b7d2c1f0"], "content": "Zażółć gęślą jaźń"},
    "POST /devices": {"platform": "fcm", "token": "cT5pJ9:APA91bF"},
}
TOLD: Mapping[str, Any] = {
    "notificationId": "1" * 32,
    "type": "message",
    "messageId": "0" * 32,
    "senderId": CALLER,
    "title": "Message from Ada Lovelace",
    "content": "Zażółć gęślą jaźń",
    "priority": "normal",
    "createdAt": "2026-11-22T18:00:00.000Z",
    "audience": None,
    "recipientIds": [CALLER],
}
JOBS: Mapping[str, Any] = {"deliveries": {"messageId": "0" * 32, "part": "0-49"}, "email": TOLD, "push": TOLD}
QUEUE_MESSAGE = "059f36b4-87a3-44ab-83d2-661975830a7d"
SOCKET_EVENTS = {"$connect": "CONNECT", "$disconnect": "DISCONNECT", "$default": "MESSAGE"}


def event(trigger: Trigger) -> dict[str, Any]:
    """Returns a well-formed event of somebody who is signed in and may do it."""
    match trigger:
        case HttpRoute():
            return _http(trigger)
        case SocketRoute():
            return _socket(trigger)
        case SocketAuthorizer():
            return _authorizer(trigger)
        case QueueSource():
            return _queue(trigger)
        case Schedule():
            return {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        case UserPoolTrigger():
            return _signed_up()
        case _:
            assert_never(trigger)


def triggered(functions: tuple[Function, ...]) -> Iterator[tuple[Function, Trigger]]:
    for function in functions:
        for trigger in function.triggers:
            yield function, trigger


def _queue(source: QueueSource) -> dict[str, Any]:
    record = {
        "messageId": QUEUE_MESSAGE,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": json.dumps(JOBS[source.queue.name]),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1787992402000"},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{source.queue.name}",
        "awsRegion": "eu-central-1",
    }
    return {"Records": [record]}


def _signed_up() -> dict[str, Any]:
    return {
        "version": "1",
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_AbCdEf123",
        "userName": CALLER,
        "callerContext": {"awsSdkVersion": "aws-sdk-js-3.0.0", "clientId": "1h57kf5cpq17m0eml12EXAMPLE"},
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "request": {
            "userAttributes": {
                "sub": CALLER,
                "email_verified": "true",
                "cognito:user_status": "CONFIRMED",
                "email": "ada@example.test",
            }
        },
        "response": {},
    }


def _http(route: HttpRoute) -> dict[str, Any]:
    ids = {name: CALLER if name == "userId" else "0" * 32 for name in re.findall(r"\{(\w+)\}", route.path)}
    path = route.path.format(**ids)
    body = BODIES.get(route.key)
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"accept": "*/*", "content-type": "application/json", "host": "api.example.test"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"jwt": {"claims": _claims(), "scopes": ["aws.cognito.signin.user.admin"]}},
            "domainName": "api.example.test",
            "http": {"method": route.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route.key,
            "stage": "$default",
            "timeEpoch": 1787992402000,
        },
        **({"pathParameters": ids} if ids else {}),
        **({"body": json.dumps(body, ensure_ascii=False)} if body else {}),
        "isBase64Encoded": False,
    }


def _claims() -> dict[str, str]:
    return {
        "sub": CALLER,
        "token_use": "access",
        "username": CALLER,
        "scope": "aws.cognito.signin.user.admin",
        "cognito:groups": "[admins]",
        "exp": str(int(time.time()) + 3600),
    }


def _socket(route: SocketRoute) -> dict[str, Any]:
    context = _socket_context(route.key)
    granted = {"userId": CALLER, "tokenExpiresAt": str(int(time.time()) + 3600)}
    context["authorizer"] = {"principalId": CALLER, "integrationLatency": 41, **granted}
    if route.key == "$default":
        return {"requestContext": context, "body": '{"action":"ping"}', "isBase64Encoded": False}
    headers = {"Host": "ws.example.test", "X-Forwarded-For": "192.0.2.1"}
    many = {name: [value] for name, value in headers.items()}
    return {"headers": headers, "multiValueHeaders": many, "requestContext": context, "isBase64Encoded": False}


def _authorizer(authorizer: SocketAuthorizer) -> dict[str, Any]:
    ticket = "dGhpcyBpcyBubyB0aWNrZXQgYXQgYWxs"
    return {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/default/$connect",
        "headers": {"Connection": "upgrade", "Host": "ws.example.test", "Upgrade": "websocket"},
        "queryStringParameters": {authorizer.parameter: ticket},
        "multiValueQueryStringParameters": {authorizer.parameter: [ticket]},
        "stageVariables": {},
        "requestContext": _socket_context("$connect"),
    }


def _socket_context(route: str) -> dict[str, Any]:
    return {
        "routeKey": route,
        "eventType": SOCKET_EVENTS[route],
        "messageDirection": "IN",
        "stage": "default",
        "connectedAt": 1787992402000,
        "identity": {"sourceIp": "192.0.2.1"},
        "requestId": "BFHPhFe3IAMF95g=",
        "domainName": "ws.example.test",
        "connectionId": "BFHPhfCWIAMCKlQ=",
        "apiId": "abcdef123",
    }
