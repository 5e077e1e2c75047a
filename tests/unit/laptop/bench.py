"""A listener under test, on a small backend."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from laptop.api import Api
from laptop.errors import LaptopError
from laptop.feed import Feed
from laptop.history import History
from laptop.listener import Listener
from laptop.patience import Patience
from tests.unit.laptop.backend import Backend, Frame


class Bench:
    """A listener on a backend, and in one sequence what it has shown and said."""

    def __init__(self, backend: Backend, session: aiohttp.ClientSession, base: str) -> None:
        self.backend, self.session, self.base = backend, session, base
        self.patience = Patience(first_s=0.001)
        self.cursor: str | None = None
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.kept: asyncio.Queue[str] = asyncio.Queue()
        self.prepared: list[Frame] = []
        self.names_found = asyncio.Event()
        self.names_found.set()

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        ticket = (await Api(self.session, self.base, "token").call("POST", "/tickets"))["ticket"]
        try:
            return await self.session.ws_connect(f"{self.base}/socket", params={"ticket": ticket})
        except aiohttp.ClientError as error:
            raise LaptopError(str(error)) from None

    async def prepare(self, frame: Frame) -> None:
        self.prepared.append(frame)
        await self.names_found.wait()

    def show(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self.lines.put_nowait(frame["messageId"])

    def say(self, text: str) -> None:
        self.lines.put_nowait(text)

    def keep(self, cursor: str) -> None:
        self.kept.put_nowait(cursor)

    @asynccontextmanager
    async def listening(self, history: History | None = None) -> AsyncIterator["asyncio.Task[None]"]:
        listener = Listener(self.connect, Feed(self.cursor, history or History()), self, self.patience)
        task = asyncio.create_task(listener.run(await self.connect()))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def next(self, count: int) -> list[str]:
        async with asyncio.timeout(5):
            return [await self.lines.get() for _ in range(count)]

    async def up_to(self, cursor: str) -> None:
        """Waits until it has caught up to this cursor."""
        async with asyncio.timeout(5):
            while await self.kept.get() != cursor:
                pass
