"""What Lambda hands to the functions, and what it calls them by."""

import importlib
import json
from dataclasses import dataclass
from typing import Any

from app.application import App
from app.catalogue import ADMINS, FUNCTIONS, Function
from app.models.times import epoch_s
from app.runtime import LambdaFunction
from tests.integration.site import Clock


@dataclass(frozen=True, slots=True)
class Context:
    remaining_s: float = 10.0
    aws_request_id: str = "invocation"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_s * 1000)


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the functions of an app as one signed-in person."""

    app: App
    clock: Clock
    sub: str
    admin: bool = False

    async def http(
        self,
        function: str,
        body: Any = None,
        *,
        path: str | None = None,
        headers: dict[str, str] | None = None,
        remaining_s: float | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Returns status, parsed body and headers."""
        declared = named(function)
        event = {
            "version": "2.0",
            "routeKey": "route",
            "headers": headers or {},
            "pathParameters": {"userId": path} if path is not None else None,
            "requestContext": {"requestId": "request-1", "authorizer": {"jwt": {"claims": self._claims()}}},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        context = Context(remaining_s or declared.timeout_s)
        answer = await load(declared).answer(lambda: self.app, event, context)
        parsed = json.loads(answer["body"]) if "body" in answer else None
        return answer["statusCode"], parsed, answer["headers"]

    async def socket(self, route: str, connection: str, authorizer: dict[str, Any], body: str | None = None) -> int:
        known = {"connectionId": connection, "requestId": "request-1", "routeKey": route}
        known["eventType"] = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}.get(route, "MESSAGE")
        event = {
            "requestContext": {**known, "authorizer": {key: str(value) for key, value in authorizer.items()}},
            **({"body": body} if body is not None else {}),
        }
        answer = await load(named("HandleConnection")).answer(lambda: self.app, event, Context())
        return int(answer["statusCode"])

    async def authorize(self, ticket: str) -> dict[str, Any]:
        event = {
            "methodArn": "arn:aws:execute-api:us-east-1:1:api/prod/$connect",
            "queryStringParameters": {"ticket": ticket},
            "requestContext": {"connectionId": "c1"},
        }
        answer: dict[str, Any] = await load(named("AuthorizeConnection")).answer(lambda: self.app, event, Context())
        return answer

    def _claims(self) -> dict[str, str]:
        expires = str(epoch_s(self.clock()) + 3600)
        claims = {"sub": self.sub, "username": self.sub, "token_use": "access", "exp": expires}
        return {**claims, "cognito:groups": f"[{ADMINS}]"} if self.admin else claims


def named(name: str) -> Function:
    return next(function for function in FUNCTIONS if function.name == name)


def load(function: Function) -> LambdaFunction:
    module, _, attribute = function.handler.rpartition(".")
    loaded: LambdaFunction = getattr(importlib.import_module(module), attribute)
    return loaded
