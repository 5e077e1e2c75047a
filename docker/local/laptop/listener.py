"""Keeps a WebSocket open, catches up on what was missed, and opens it again when it breaks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, repeat
from typing import Protocol, TypeAlias

import aiohttp

from laptop.errors import LaptopError, SignedOutError
from laptop.feed import Feed, Step
from laptop.frames import Frame, decoded
from laptop.patience import PATIENCE, Patience
from laptop.tasks import until_one_ends

Socket: TypeAlias = aiohttp.ClientWebSocketResponse
Open: TypeAlias = Callable[[], Awaitable[Socket]]


class Reader(Protocol):
    """Where it all is shown."""

    async def prepare(self, frame: Frame) -> None:
        """Finds out what is needed to show this frame."""

    def show(self, frames: Sequence[Frame]) -> None: ...

    def say(self, text: str) -> None: ...

    def keep(self, cursor: str) -> None:
        """Remembers how far it was shown."""


class Listener:
    """Shows what arrives once and in order, and tells the server that it was."""

    def __init__(self, connect: Open, feed: Feed, reader: Reader, patience: Patience = PATIENCE) -> None:
        self._connect, self._feed, self._reader, self._patience = connect, feed, reader, patience
        self._answered = asyncio.Event()
        self._attempt = 0
        self._lost = False

    async def run(self, socket: Socket) -> None:
        """Listens until it is cancelled, on this socket and then on those that replace it; raises SignedOutError."""
        while True:
            async with socket:
                await until_one_ends(self._ask(socket), self._read(socket))
            if not self._lost:
                self._reader.say("connection lost, trying again")
            self._lost = True
            socket = await self._reconnect()

    async def _reconnect(self) -> Socket:
        while True:
            await asyncio.sleep(self._patience.back_off_s(self._attempt))
            self._attempt += 1
            try:
                return await self._connect()
            except SignedOutError:
                raise
            except LaptopError:
                continue

    async def _ask(self, socket: Socket) -> None:
        """Catches up at once, again when no index lags any more, and then regularly; ends when no answer comes."""
        for pause_s in chain((self._patience.settled_s,), repeat(self._patience.sync_s)):
            await _send(socket, self._feed.ask())
            while self._feed.asking:
                if not await self._answer():
                    return
            await asyncio.sleep(pause_s)

    async def _answer(self) -> bool:
        """Returns whether the next page came in time."""
        self._answered.clear()
        try:
            async with asyncio.timeout(self._patience.answer_s):
                return await self._answered.wait()
        except TimeoutError:
            return False

    async def _read(self, socket: Socket) -> None:
        """Shows what comes until the connection has ended."""
        while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            if frame := decoded(message.data):
                await self._reader.prepare(frame)
                await self._follow(socket, self._feed.take(frame))

    async def _follow(self, socket: Socket, step: Step) -> None:
        if step.caught_up is not None:
            self._say_back(len(step.show))
        self._reader.show(step.show)
        if step.caught_up is not None:
            self._reader.keep(step.caught_up)
        if step.caught_up is not None or step.send:
            self._answered.set()
        if step.send:
            await _send(socket, step.send)
        await self._mark(socket)

    def _say_back(self, missed: int) -> None:
        if self._lost:
            self._reader.say(f"back; {missed or 'nothing'} missed")
        self._lost, self._attempt = False, 0

    async def _mark(self, socket: Socket) -> None:
        """Tells that what was shown has arrived, and that it was read."""
        for ids in self._feed.unmarked():
            frames = [{"action": action, "notificationIds": ids} for action in ("ack", "read")]
            if all([await _send(socket, frame) for frame in frames]):
                self._feed.marked(ids)


async def _send(socket: Socket, frame: Frame) -> bool:
    """Returns whether it could be sent; if not, whoever reads from the socket finds its end."""
    try:
        await socket.send_json(frame)
    except (aiohttp.ClientError, ConnectionError):
        return False
    return True
