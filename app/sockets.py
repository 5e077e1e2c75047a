"""The edge to API Gateway's WebSocket API: its events in, its answers out."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from app.application import App
from app.errors import BugError, ProblemError, UnauthenticatedError
from app.log import log, log_exception
from app.models.ids import ConnectionId, Ticket, UserId
from app.runtime import Context, LambdaFunction, OpenApp, at

Kind: TypeAlias = Literal["connect", "disconnect", "message"]
_KINDS: Mapping[str, Kind] = {"CONNECT": "connect", "DISCONNECT": "disconnect", "MESSAGE": "message"}


class SocketEvent(NamedTuple):
    """One event of one connection."""

    kind: Kind
    connection_id: ConnectionId
    request_id: str
    user_id: UserId  # these two are what the authorizer returned at $connect
    token_expires_at: int  # epoch seconds
    body: str

    @classmethod
    def of(cls, event: Any) -> "SocketEvent":
        """Reads an event; raises UnauthenticatedError if it did not pass our authorizer."""
        context, authorizer = at(event, "requestContext"), at(event, "requestContext", "authorizer")
        if context.get("eventType") == "DISCONNECT":  # needs nobody's leave
            authorizer = {"userId": "", "tokenExpiresAt": 0, **authorizer}
        try:
            return cls(
                kind=_KINDS[context["eventType"]],  # not the route: a client's frame can name any route as its action
                connection_id=ConnectionId(context["connectionId"]),
                request_id=context["requestId"],
                user_id=UserId(authorizer["userId"]),
                token_expires_at=int(authorizer["tokenExpiresAt"]),  # API Gateway makes every value a string
                body=str(at(event).get("body") or ""),
            )
        except (KeyError, TypeError, ValueError):
            raise UnauthenticatedError from None


SocketHandler: TypeAlias = Callable[[App, SocketEvent], Awaitable[None]]
Authorizer: TypeAlias = Callable[[App, Ticket], Awaitable[dict[str, str | int] | None]]


def socket_api(handler: SocketHandler) -> LambdaFunction:
    """Makes a handler into a Lambda function; a failure is a status, which refuses the handshake of a $connect."""

    async def answer(open_app: OpenApp, event: Any, context: Context) -> dict[str, int]:  # noqa: ARG001 - the alias has it
        started = time.monotonic()
        status = await _status(handler, open_app, event)
        known = at(event, "requestContext")
        log(
            "socket",
            requestId=str(known.get("requestId", "")),
            route=str(known.get("routeKey", "")),
            connectionId=str(known.get("connectionId", "")),
            userId=str(at(known, "authorizer").get("userId", "")),
            status=status,
            ms=round((time.monotonic() - started) * 1000, 1),
        )
        return {"statusCode": status}

    return LambdaFunction(answer)


def socket_authorizer(authorizer: Authorizer, parameter: str) -> LambdaFunction:
    """Makes a Lambda authorizer: allowed with what `authorizer` returns, denied when it returns None or fails."""

    async def answer(open_app: OpenApp, event: Any, context: Context) -> dict[str, Any]:  # noqa: ARG001 - the alias has it
        ticket = at(event, "queryStringParameters").get(parameter)
        try:
            granted = await authorizer(open_app(), Ticket(ticket)) if isinstance(ticket, str) and ticket else None
        except Exception as error:  # noqa: BLE001 - fails closed; the client comes back with a new ticket
            log_exception("authorizer failed", error)
            granted = None
        known = at(event, "requestContext")
        log(
            "authorize",
            requestId=str(known.get("requestId", "")),
            connectionId=str(known.get("connectionId", "")),
            userId=str(granted["userId"]) if granted else "",
            allowed=granted is not None,
        )
        return _policy(at(event).get("methodArn", "*"), granted)

    return LambdaFunction(answer)


async def _status(handler: SocketHandler, open_app: OpenApp, event: Any) -> int:
    request_id = str(at(event, "requestContext").get("requestId", ""))
    try:
        await handler(open_app(), SocketEvent.of(event))
    except ProblemError as problem:
        return problem.status
    except Exception as error:  # noqa: BLE001 - the last resort: logged with its trace, answered as a 500
        log_exception("bug", error, requestId=request_id)
        return BugError.status
    return 200


def _policy(arn: str, granted: dict[str, str | int] | None) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": "Deny" if granted is None else "Allow", "Resource": arn}
    return {
        "principalId": str(granted["userId"]) if granted else "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": granted or {},
    }
