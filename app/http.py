"""The edge to API Gateway's HTTP API: its event (payload format 2.0) in, its answer out."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import orjson

from app.application import App
from app.errors import BugError, NotFoundError, ProblemError, UnauthenticatedError, UnavailableError, UnparsableError
from app.log import log, log_exception
from app.models.ids import ROW, UserId
from app.models.wire import MAX_BODY_BYTES, WireT, check, parse
from app.resources import ADMINS
from app.runtime import Context, LambdaFunction, OpenApp, at

MAX_ID_BYTES = 128
RESERVE_S = 0.5  # kept of Lambda's time-out, so that a slow dependency still gets an answer
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Caller(NamedTuple):
    """Who signed in, as API Gateway's JWT authorizer has verified it."""

    user_id: UserId
    username: str
    admin: bool
    token_expires_at: int  # epoch seconds

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Caller":
        """Reads the claims; raises UnauthenticatedError for anything but a whole access token."""
        claims = at(event, "requestContext", "authorizer", "jwt", "claims")
        if claims.get("token_use") != "access" or not claims.get("sub") or not str(claims.get("exp", "")).isdigit():
            raise UnauthenticatedError
        return cls(
            user_id=UserId(claims["sub"]),
            username=claims.get("username", claims["sub"]),
            # API Gateway writes lists as Go does: "[admins editors]".
            admin=ADMINS in claims.get("cognito:groups", "").removeprefix("[").removesuffix("]").split(" "),
            token_expires_at=int(claims["exp"]),
        )

    def may_act_for(self, user_id: UserId) -> bool:
        return self.admin or self.user_id == user_id


class Request(NamedTuple):
    route: str  # "GET /messages/{messageId}", as the catalogue has it
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]  # what comes twice is joined with commas by API Gateway
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    deadline: float  # time.monotonic() when the answer has to be there

    @classmethod
    def of(cls, event: Mapping[str, Any], deadline: float) -> "Request":
        return cls(
            route=str(event.get("routeKey", "")),
            caller=Caller.of(event),
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            headers=event.get("headers") or {},
            body=_body(event),
            deadline=deadline,
        )

    def user_id(self) -> UserId:
        """Returns the user id of the path; raises NotFoundError for what can be nobody's."""
        user_id = self.path.get("userId", "")
        if not 0 < len(user_id.encode(errors="replace")) <= MAX_ID_BYTES:
            raise NotFoundError
        return UserId(user_id)

    def row_id(self, name: str) -> str:
        """Returns the id of a message or notification from the path; raises NotFoundError for what can be none."""
        row_id = self.path.get(name, "")
        if not ROW.fullmatch(row_id):
            raise NotFoundError
        return row_id

    def json(self, model: type[WireT], *, limit: int = MAX_BODY_BYTES) -> WireT:
        """Returns the body, at most `limit` bytes; raises UnparsableError, TooLargeError or UnacceptableError."""
        return check(model, parse(self.body, limit=limit))

    def idempotency_key(self) -> str | None:
        """Returns the `Idempotency-Key`; raises UnparsableError if it is no key."""
        key = self.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            detail = "An Idempotency-Key has 1 to 255 visible ASCII characters."
            raise UnparsableError(code="invalid_idempotency_key", detail=detail)
        return key

    def etags(self, header: str) -> frozenset[str]:
        """Returns the entity tags of `if-match` or `if-none-match`, as they are written."""
        return frozenset(tag.strip() for tag in self.headers.get(header, "").split(",") if tag.strip())

    def remaining_s(self) -> float:
        return self.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_lambda(self) -> dict[str, Any]:
        headers = {"cache-control": "no-store", **self.headers}
        if self.body is None:
            return {"statusCode": self.status, "headers": headers}
        headers = {"content-type": "application/json", **headers}
        return {"statusCode": self.status, "headers": headers, "body": orjson.dumps(self.body).decode()}


HttpHandler: TypeAlias = Callable[[App, Request], Awaitable[Response]]


def http_api(handler: HttpHandler) -> LambdaFunction:
    """Makes a handler into a Lambda function that answers every event, whatever happens, with a proper response."""

    async def answer(open_app: OpenApp, event: Any, context: Context) -> dict[str, Any]:
        started = time.monotonic()
        event = event if isinstance(event, dict) else {}
        request_id = str(at(event, "requestContext").get("requestId", ""))
        deadline = started + context.get_remaining_time_in_millis() / 1000 - RESERVE_S
        response = await _answer(handler, open_app, event, deadline, request_id)
        log(
            "request",
            requestId=request_id,
            route=str(event.get("routeKey", "")),
            userId=str(at(event, "requestContext", "authorizer", "jwt", "claims").get("sub", "")),
            status=response.status,
            ms=round((time.monotonic() - started) * 1000, 1),
        )
        return response.to_lambda()

    return LambdaFunction(answer)


def http_routes(handlers: Mapping[str, HttpHandler]) -> LambdaFunction:
    """Makes several handlers, each under its route, into one Lambda function; what else is asked for is not there."""

    async def handle(app: App, request: Request) -> Response:
        if request.route not in handlers:
            raise NotFoundError
        return await handlers[request.route](app, request)

    return http_api(handle)


def etag(body: Mapping[str, Any]) -> str:
    """Returns the strong entity tag of a representation."""
    return f'"{hashlib.sha256(orjson.dumps(body)).hexdigest()[:32]}"'


async def _answer(
    handler: HttpHandler, open_app: OpenApp, event: Mapping[str, Any], deadline: float, request_id: str
) -> Response:
    try:
        request = Request.of(event, deadline)
        async with asyncio.timeout(request.remaining_s()):
            return await handler(open_app(), request)
    except ProblemError as problem:
        return _problem(problem, request_id)
    except TimeoutError as error:
        log_exception("request timed out", error, requestId=request_id)
        return _problem(UnavailableError(), request_id)
    except Exception as error:  # noqa: BLE001 - the last resort: logged with its trace, answered as a 500
        log_exception("bug", error, requestId=request_id)
        return _problem(BugError(), request_id)


def _problem(problem: ProblemError, request_id: str) -> Response:
    headers = {"content-type": "application/problem+json"}
    if problem.retry_after_s is not None:
        headers["retry-after"] = str(problem.retry_after_s)
    return Response(problem.status, problem.body(request_id), headers)


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:  # not base64, or not text
        raise UnparsableError from None
