"""A small backend for the terminal client: an inbox that is pushed, asked for, and lost in every way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Frame = dict[str, Any]


def message(number: int, **changes: Any) -> Frame:
    """The message with this number; the higher, the later."""
    return {
        "type": "message",
        "notificationId": f"n{number}",
        "messageId": f"m{number}",
        "senderId": "id-of-alice",
        "content": f"hello {number}",
        "priority": "normal",
        "createdAt": f"2026-11-22T12:00:{number:02d}.000Z",
        **changes,
    }


class Backend:
    """What it was asked is in `tickets`, `synced` and `told`; the other attributes say how it fails."""

    def __init__(self) -> None:
        self.inbox: list[Frame] = []
        self.page_size = 100
        self.refusals: list[int] = []  # statuses of the next requests for a ticket
        self.unanswered = 0  # syncs
        self.breaks = 0  # connections, instead of an answer to a sync
        self.tickets: list[str] = []
        self.synced: list[str | None] = []
        self.told: list[Frame] = []
        self.sockets: list[web.WebSocketResponse] = []
        self._changed = asyncio.Condition()

    async def post(self, *frames: Frame, push: bool = True) -> None:
        """Puts messages into the inbox, and onto the connection unless they miss it."""
        self.inbox += frames
        if push:
            await self.push(*frames)

    async def push(self, *frames: Frame) -> None:
        for frame in frames:
            with contextlib.suppress(ConnectionError):  # it may just have ended
                await self.sockets[-1].send_json(frame)

    async def hang_up(self) -> None:
        await self.sockets[-1].close()

    async def until(self, syncs: int) -> None:
        """Waits until it was asked so often."""
        await self._until(lambda: len(self.synced) >= syncs)

    async def until_told(self, frames: int) -> None:
        """Waits until it was told so often what was read."""
        await self._until(lambda: len(self.told) >= frames)

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(reached)

    async def ticket(self, _request: web.Request) -> web.Response:
        if self.refusals:
            return web.json_response({"message": "Refused"}, status=self.refusals.pop(0))
        self.tickets.append(f"ticket-{len(self.tickets)}")
        return web.json_response({"ticket": self.tickets[-1]}, status=201)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        if request.query["ticket"] != self.tickets[-1]:
            raise web.HTTPForbidden
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for text in socket:
            await self._receive(socket, text.json())
            async with self._changed:
                self._changed.notify_all()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, frame: Frame) -> None:
        if frame["action"] != "sync":
            self.told.append(frame)
            return
        self.synced.append(frame["after"])
        if self.breaks:
            self.breaks -= 1
            await socket.close()
        elif self.unanswered:
            self.unanswered -= 1
        else:
            await socket.send_json(self._answer(frame["after"]))

    def _answer(self, after: str | None) -> Frame:
        if after is None or after.isdigit():
            return self.page(int(after or 0))
        return {"type": "error", "code": "invalid_cursor", "status": 400, "requestId": "r"}

    def page(self, start: int) -> Frame:
        items = self.inbox[start : start + self.page_size]
        end = start + len(items)
        shown = [{"read": False, **each} for each in items]
        return {"type": "page", "items": shown, "cursor": str(end), "more": end < len(self.inbox), "unread": 0}


@asynccontextmanager
async def serving(backend: Backend) -> AsyncIterator[str]:
    """Gives the address at which it listens."""
    app = web.Application()
    app.router.add_post("/tickets", backend.ticket)
    app.router.add_get("/socket", backend.connect)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
