"""Events as API Gateway sends them, and a look at the answers."""

import json
from dataclasses import dataclass
from typing import Any

from app.application import App
from app.runtime import LambdaFunction
from tests.unit.people import ADA, NOW_S

REQUEST_ID = "JKJaXmPLvHcESHA="


@dataclass(frozen=True)
class Remaining:
    """A Lambda context that has this long left."""

    ms: int = 10_000
    aws_request_id: str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"

    def get_remaining_time_in_millis(self) -> int:
        return self.ms


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        code: str = self.body["code"]
        return code

    @property
    def faults(self) -> list[tuple[str, str]]:
        return [(fault["pointer"], fault["code"]) for fault in self.body.get("errors", ())]


def claims(user_id: str = ADA, *, admin: bool = False, **more: str) -> dict[str, str]:
    groups = {"cognito:groups": "[admins]"} if admin else {}
    return {"sub": user_id, "token_use": "access", "username": user_id, "exp": str(NOW_S + 3600), **groups, **more}


def http_event(body: Any = None, *, caller: dict[str, str] | None = None, **parts: Any) -> dict[str, Any]:
    """Returns a request of payload format 2.0; absent members are left out, as API Gateway does.

    `body` is sent as it is when it is a string, else as JSON; `path`, `query` and `headers` are mappings.
    """
    given = {
        "pathParameters": parts.get("path"),
        "queryStringParameters": parts.get("query"),
        "headers": parts.get("headers"),
    }
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": parts.get("route", "ANY /somewhere"),
        "requestContext": {
            "requestId": REQUEST_ID,
            "authorizer": {"jwt": {"claims": claims() if caller is None else caller, "scopes": None}},
        },
        "isBase64Encoded": False,
        **({} if body is None else {"body": text}),
        **{name: value for name, value in given.items() if value},
    }


async def ask(function: LambdaFunction, app: App, event: Any, ms: int = 10_000) -> Answer:
    """Runs a Lambda function behind the HTTP API with this app."""
    answer = await function.answer(lambda: app, event, Remaining(ms))
    return Answer(answer["statusCode"], answer["headers"], answer.get("body", ""))


def socket_event(
    route: str,
    body: str | None = None,
    *,
    expires_at: int = NOW_S + 3600,
    user_id: str = ADA,
    connection: str = "BFHPhfCWIAMCKlQ=",
) -> dict[str, Any]:
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}.get(route, "MESSAGE"),
            "connectionId": connection,
            "requestId": REQUEST_ID,
            "authorizer": {"principalId": user_id, "userId": user_id, "tokenExpiresAt": str(expires_at)},
        },
        "isBase64Encoded": False,
        **({} if body is None else {"body": body}),
    }


async def knock(function: LambdaFunction, app: App, event: Any) -> int:
    """Runs a Lambda function behind the WebSocket API with this app; returns its status."""
    status: int = (await function.answer(lambda: app, event, Remaining()))["statusCode"]
    return status


def lines(out: str) -> list[dict[str, Any]]:
    """Returns the lines of a log; one that is not JSON fails the test."""
    return [json.loads(line) for line in out.splitlines()]
