"""Keeps a WebSocket open, and opens it again when it breaks."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from laptop.errors import LaptopError

Frame = dict[str, Any]
Show = Callable[[Frame], Awaitable[None]]
Open = Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds."""

    ping_s: float = 240.0  # API Gateway ends a connection after 10 silent minutes
    answer_s: float = 15.0  # to a ping, before the connection counts as broken
    first_s: float = 0.5
    longest_s: float = 30.0

    def back_off_s(self, attempt: int, uniform: Callable[[float, float], float] = random.uniform) -> float:
        """The wait before this attempt: anything up to a bound that doubles, so that no crowd returns at once."""
        return uniform(0, min(self.longest_s, self.first_s * 2**attempt))


PATIENCE = Patience()


class Listener:
    """Hands every frame to `show`, and says when the connection comes and goes."""

    def __init__(self, connect: Open, show: Show, say: Callable[[str], None], patience: Patience = PATIENCE) -> None:
        self._connect, self._show, self._say, self._patience = connect, show, say, patience

    async def run(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Listens until it is cancelled, first on this socket and then on the ones that replace it."""
        while True:
            async with socket:
                await self._listen(socket)
            self._say("The connection broke; trying again")
            socket = await self._reconnect()
            self._say("Connected again")

    async def _reconnect(self) -> aiohttp.ClientWebSocketResponse:
        attempt = 0
        while True:
            await asyncio.sleep(self._patience.back_off_s(attempt))
            try:
                return await self._connect()
            except LaptopError:
                attempt += 1

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Returns when the connection has ended, or answers a ping no more."""
        pinged = False
        while True:
            try:
                message = await socket.receive(self._patience.answer_s if pinged else self._patience.ping_s)
            except TimeoutError:
                if pinged or not await _ping(socket):
                    return
                pinged = True
                continue
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            pinged = False
            if frame := decoded(message.data):
                await self._show(frame)


async def _ping(socket: aiohttp.ClientWebSocketResponse) -> bool:
    """Returns whether the ping could be sent."""
    try:
        await socket.send_json({"action": "ping"})
    except (aiohttp.ClientError, ConnectionError):
        return False
    return True


def decoded(text: str) -> Frame | None:
    """Returns a frame of ours; None for anything else, such as what API Gateway says by itself."""
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) and isinstance(frame.get("type"), str) else None
