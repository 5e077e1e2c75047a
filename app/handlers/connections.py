"""Connections: what happens on the WebSocket."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from app.application import App
from app.errors import (
    ForbiddenError,
    NotFoundError,
    ProblemError,
    UnacceptableError,
    UnauthenticatedError,
    UnavailableError,
)
from app.handlers.actions import ACTIONS, Action
from app.models.connections import Connection
from app.models.times import epoch_s
from app.models.wire import parse
from app.sockets import Kind, SocketEvent, socket_api

Step: TypeAlias = Callable[[App, SocketEvent], Awaitable[None]]

MAX_FRAME_BYTES = 32 * 1024
MAX_SAFE_INTEGER = 2**53  # what every JSON reader keeps exactly


@socket_api
async def handle(app: App, event: SocketEvent) -> None:
    """Handles `$connect`, `$disconnect` and every frame that a client sends."""
    await _STEPS[event.kind](app, event)


async def _connect(app: App, event: SocketEvent) -> None:
    now = app.now()
    if event.token_expires_at <= epoch_s(now):
        raise UnauthenticatedError
    try:
        await app.users.get(event.user_id)  # a ticket, like a token, may outlive its person
    except NotFoundError:
        raise ForbiddenError(code="profile_required") from None
    opened = Connection.open(event.connection_id, event.user_id, event.token_expires_at, now)
    await app.connections.put(opened)
    await app.crowding.make_room(opened, event.request_id)


async def _disconnect(app: App, event: SocketEvent) -> None:
    await app.connections.delete(event.connection_id)


async def _receive(app: App, event: SocketEvent) -> None:
    """Does what a frame asks for; what is wrong with it is told in an `error` frame, and the connection stays."""
    expired = event.token_expires_at <= epoch_s(app.now())
    frame: Mapping[str, Any] = {}
    try:
        frame = _frame(event)
        if not expired:
            await _action(frame)(app, event, frame)
            return
        problem: ProblemError = UnauthenticatedError()
    except UnavailableError:
        raise  # the way to tell of it may be the one that does not answer
    except ProblemError as found:
        problem = UnauthenticatedError() if expired else found
    try:
        await app.sockets.post(event.connection_id, _error_frame(problem, event, frame))
    finally:
        if expired:
            await app.sockets.close(event.connection_id)


_STEPS: Mapping[Kind, Step] = {"connect": _connect, "disconnect": _disconnect, "message": _receive}


def _frame(event: SocketEvent) -> Mapping[str, Any]:
    value = parse(event.body.encode(errors="surrogatepass"), limit=MAX_FRAME_BYTES)
    if not isinstance(value, dict):
        raise UnacceptableError
    return value


def _action(frame: Mapping[str, Any]) -> Action:
    name = frame.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise UnacceptableError(code="unknown_action")
    return ACTIONS[name]


def _error_frame(problem: ProblemError, event: SocketEvent, frame: Mapping[str, Any]) -> dict[str, Any]:
    answer = {"type": "error", "code": problem.code, "status": problem.status, "requestId": event.request_id}
    reply_to = frame.get("id")
    safe = isinstance(reply_to, str) or (type(reply_to) is int and abs(reply_to) <= MAX_SAFE_INTEGER)
    return {**answer, "replyTo": reply_to} if safe else answer
