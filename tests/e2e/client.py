"""Clients of the stack as a browser would be one: HTTP and WebSocket, for one person each.

Whatever they get is held against the description of the API.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from laptop.endpoints import Endpoints
from tests.description import conformity

FRAME_S = 20.0  # a frame or the end of a connection; a function's cold start takes its time on a busy machine
_CLOSES = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
_CLOSE_S = aiohttp.ClientWSTimeout(ws_close=2.0)
Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # any case finds them
    content: bytes

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.content)
        return value

    def problem(self) -> dict[str, Any]:
        """Returns the problem that this answer is, without what differs from request to request."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        problem = self.json()
        assert problem["status"] == self.status
        assert problem.pop("requestId")
        return problem


@dataclass(frozen=True, slots=True)
class Socket:
    """One WebSocket of one person."""

    socket: aiohttp.ClientWebSocketResponse

    async def send(self, frame: object) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def frame(self) -> Frame:
        """Returns the next frame."""
        frame: Frame = json.loads(await self.text())
        conformity.sockets().check(frame)
        return frame

    async def text(self) -> str:
        message = await self.socket.receive(FRAME_S)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return str(message.data)

    async def quiet(self) -> bool:
        """Tells whether no frame is on its way: whatever was posted before comes before the pong."""
        await self.send({"action": "ping"})
        return await self.frame() == {"type": "pong"}

    async def ended(self) -> bool:
        """Waits until the other side has ended the connection; frames before that are dropped."""
        async with asyncio.timeout(FRAME_S):
            while (message := await self.socket.receive()).type not in _CLOSES:
                assert message.type is aiohttp.WSMsgType.TEXT, message
        return True

    async def dropped(self) -> bool:
        """Waits until the other side has ended the connection, and tells whether no frame came before."""
        return (await self.socket.receive(FRAME_S)).type in _CLOSES

    async def close(self) -> None:
        await self.socket.close()

    def break_off(self) -> None:
        """Ends the connection below WebSocket, as a lost network would."""
        connection = self.socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()


@dataclass(frozen=True, slots=True)
class Site:
    """The stack's addresses and what was opened there."""

    endpoints: Endpoints
    http: aiohttp.ClientSession
    exits: AsyncExitStack
    secrets: set[str]  # tokens and tickets that were given out in this test run

    async def call(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **body: Any
    ) -> Answer:
        """Makes one request; `body` is aiohttp's `json` or `data`, and bytes go without a content type."""
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        skipped = {"Content-Type"} if "data" in body else set()
        url = self.endpoints.http + path
        async with self.http.request(method, url, headers=sent, skip_auto_headers=skipped, **body) as answer:
            given = Answer(answer.status, answer.headers, await answer.read())
        conformity.http().check(method, path, given.status, given.headers, given.content)
        return given

    async def open(self, **query: str) -> Socket:
        """Opens a WebSocket; raises aiohttp.WSServerHandshakeError when it is refused."""
        address = self.endpoints.websocket
        opened = await self.http.ws_connect(address, params=query, timeout=_CLOSE_S, max_msg_size=1 << 20)
        self.exits.push_async_callback(opened.close)
        return Socket(opened)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    site: Site
    user_id: str
    email: str
    token: str = field(repr=False)

    async def call(self, method: str, path: str, **request: Any) -> Answer:
        return await self.site.call(method, path, token=self.token, **request)

    async def send(self, *recipients: "Person | str", key: str | None = None, **body: Any) -> Answer:
        """Sends a message to these people, or what `body` says."""
        ids = [each if isinstance(each, str) else each.user_id for each in recipients]
        content = {"content": "hello", **({"recipientIds": ids} if ids else {}), **body}
        return await self.call("POST", "/messages", json=content, headers={"Idempotency-Key": key} if key else None)

    async def ticket(self) -> str:
        answer = await self.call("POST", "/tickets")
        assert answer.status == 201, answer
        ticket = str(answer.json()["ticket"])
        self.site.secrets.add(ticket)
        return ticket

    async def connect(self) -> Socket:
        return await self.site.open(ticket=await self.ticket())
