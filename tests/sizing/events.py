"""Events as AWS sends them, of people and things that are there."""

import json
import time
from typing import Any, TypeAlias

from tests.sizing.town import HOUR_S

Event: TypeAlias = dict[str, Any]


def http(route: str, caller: str, body: Any = None, *, username: str = "", admin: bool = False, **parts: Any) -> Event:
    """Returns a request of somebody who is signed in; `parts` are `path` and `query`."""
    claims = {
        "sub": caller,
        "username": username or caller,
        "token_use": "access",
        "exp": str(int(time.time()) + HOUR_S),
        **({"cognito:groups": "[admins]"} if admin else {}),
    }
    return {
        "version": "2.0",
        "routeKey": route,
        "headers": {"accept": "*/*", "content-type": "application/json", "host": "api.example.test"},
        "requestContext": {"requestId": "JKJaXmPLvHcESHA=", "authorizer": {"jwt": {"claims": claims}}},
        **({"pathParameters": parts["path"]} if "path" in parts else {}),
        **({"queryStringParameters": parts["query"]} if "query" in parts else {}),
        **({"body": json.dumps(body)} if body else {}),
        "isBase64Encoded": False,
    }


def socket(route: str, caller: str, connection: str, frame: Any = None) -> Event:
    kind = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}.get(route, "MESSAGE")
    expires = str(int(time.time()) + HOUR_S)
    context = {
        "routeKey": route,
        "eventType": kind,
        "connectionId": connection,
        "requestId": "BFHPhFe3IAMF95g=",
        "authorizer": {"principalId": caller, "userId": caller, "tokenExpiresAt": expires},
    }
    return {"requestContext": context, "isBase64Encoded": False, **({"body": json.dumps(frame)} if frame else {})}


def queued(body: str) -> Event:
    record = {"messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3S"}
    return {"Records": [{**record, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}]}
