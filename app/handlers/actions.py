"""What a client's frames ask for on the WebSocket, action by action."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from app.application import App
from app.models.queries import Ack, Ping, Read, Sync
from app.models.wire import check
from app.sockets import SocketEvent

Action: TypeAlias = Callable[[App, SocketEvent, Mapping[str, Any]], Awaitable[None]]


async def _ping(app: App, event: SocketEvent, frame: Mapping[str, Any]) -> None:
    check(Ping, frame)
    await app.sockets.post(event.connection_id, {"type": "pong"})


async def _sync(app: App, event: SocketEvent, frame: Mapping[str, Any]) -> None:
    """Answers with a page of what came after the client's cursor."""
    page = await app.catching_up.page(event.user_id, check(Sync, frame).after)
    await app.sockets.post(event.connection_id, page)


async def _ack(app: App, event: SocketEvent, frame: Mapping[str, Any]) -> None:
    """Notes that this device has notifications; ids that are not this person's are passed over."""
    await app.marking.acknowledge(event.user_id, check(Ack, frame).ids)


async def _read(app: App, event: SocketEvent, frame: Mapping[str, Any]) -> None:
    """Marks notifications as read, and tells the person's other connections."""
    changed = await app.marking.notifications_read(event.user_id, check(Read, frame).ids)
    await app.echo.read(event.user_id, changed, but=event.connection_id)


ACTIONS: Mapping[str, Action] = {"ping": _ping, "sync": _sync, "ack": _ack, "read": _read}
