"""The terminal client keeps listening."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from laptop.errors import LaptopError
from laptop.listener import Listener, Patience, decoded


def longest(_lowest: float, highest: float) -> float:
    return highest


def test_the_wait_doubles_up_to_a_bound() -> None:
    assert [Patience().back_off_s(attempt, longest) for attempt in (0, 1, 2, 20)] == [0.5, 1.0, 2.0, 30.0]


def test_the_wait_may_be_anything_down_to_nothing() -> None:
    assert Patience().back_off_s(5, lambda lowest, _highest: lowest) == 0


@pytest.mark.parametrize("text", ["", "no json", "[]", '"text"', "{}", '{"type": 1}', '{"message": "Forbidden"}'])
def test_what_is_no_frame_of_ours_is_passed_over(text: str) -> None:
    assert decoded(text) is None


def test_a_frame_is_decoded() -> None:
    assert decoded('{"type": "pong"}') == {"type": "pong"}


class Server:
    """Sends each new connection a frame with its number; the first ones break, pings may go unanswered."""

    def __init__(self, breaks: int = 0, answers: bool = True) -> None:
        self.breaks, self.answers = breaks, answers
        self.opened = 0
        self.pings: list[Any] = []

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.opened += 1
        await socket.send_json({"type": "message", "number": self.opened})
        if self.opened <= self.breaks:
            await socket.close()
            return socket
        async for message in socket:
            self.pings.append(message.json())
            if self.answers:
                await socket.send_json({"type": "pong"})
        return socket


class Bench:
    """A listener on a server, and what it has shown and said."""

    def __init__(self, server: Server, session: aiohttp.ClientSession, url: str) -> None:
        self.server, self.session, self.url = server, session, url
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: list[str] = []
        self.refusals = 0
        self.patience = Patience(first_s=0.001)

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        if self.refusals:
            self.refusals -= 1
            raise LaptopError("not now")
        return await self.session.ws_connect(self.url)

    async def start(self) -> "asyncio.Task[None]":
        listener = Listener(self.connect, self.frames.put, self.said.append, self.patience)
        return asyncio.create_task(listener.run(await self.connect()))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server, app = Server(), web.Application()
    app.router.add_get("/", server.connect)
    async with TestServer(app) as running, aiohttp.ClientSession() as session:
        yield Bench(server, session, str(running.make_url("/")))


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_broken_connection_is_replaced(bench: Bench) -> None:
    bench.server.breaks = 1
    task = await bench.start()
    assert [(await bench.frames.get())["number"] for _ in range(2)] == [1, 2]
    await stop(task)
    assert bench.said == ["The connection broke; trying again", "Connected again"]


async def test_it_goes_on_trying_while_nothing_answers(bench: Bench) -> None:
    bench.server.breaks = 1
    task = await bench.start()
    bench.refusals = 3
    assert [(await bench.frames.get())["number"] for _ in range(2)] == [1, 2]
    await stop(task)
    assert bench.refusals == 0


async def test_a_silent_connection_is_kept_open_by_pings(bench: Bench) -> None:
    bench.patience = Patience(ping_s=0.02, first_s=0.001)
    task = await bench.start()
    frames = [await bench.frames.get() for _ in range(3)]
    await stop(task)
    assert [frame["type"] for frame in frames] == ["message", "pong", "pong"]
    assert bench.server.pings[:2] == [{"action": "ping"}] * 2
    assert bench.server.opened == 1


async def test_a_connection_that_answers_no_ping_is_replaced(bench: Bench) -> None:
    bench.patience = Patience(ping_s=0.01, answer_s=0.02, first_s=0.001)
    bench.server.answers = False
    task = await bench.start()
    assert [(await bench.frames.get())["number"] for _ in range(2)] == [1, 2]
    await stop(task)
