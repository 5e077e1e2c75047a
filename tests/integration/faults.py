"""A stand-in for AWS that fails on demand, for one operation and one attempt; what is not scripted goes on to moto."""

import asyncio
import socket
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qs, unquote

import aiohttp
from aiohttp import web

from tests.integration.wire import posted

Behaviour: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

COUNT = "CountSend"  # the UpdateItem by which a send is counted goes by a name of its own: it comes before all others
_RATE = b"#rate#"

_OF_ONE_HOP = {"connection", "content-length", "date", "host", "server", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One attempt, as it came in."""

    operation: str
    method: str
    url: str  # as on the wire, with nothing decoded
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class FaultServer:
    """Answers `operation` ("GetItem", "SendEmail", "PostToConnection") as scripted; the last behaviour stays."""

    upstream: str | None = None
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    _scripts: dict[str, list[Behaviour]] = field(default_factory=lambda: defaultdict(list))

    def script(self, operation: str, *behaviours: Behaviour) -> None:
        self._scripts[operation] = list(behaviours)

    def heal(self) -> None:
        """Forgets the scripts; what was seen stays."""
        self._scripts.clear()

    def attempts(self, operation: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.operation == operation]

    def posted(self) -> list[str]:
        """Returns the connection of each attempt at a post, in order."""
        return [unquote(seen.url.rpartition("/")[2]) for seen in self.attempts("PostToConnection")]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name = _operation(request, body)
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.seen.append(Seen(name, request.method, f"{self.url}{request.raw_path}", headers, body))
        script = self._scripts[name]
        if script:
            return await (script.pop(0) if len(script) > 1 else script[0])(request)
        if "connections/" in request.path or self.upstream is None:
            return await posted()(request)
        return await forwarded(self.upstream)(request)


@asynccontextmanager
async def fault_server(upstream: str | None = None) -> AsyncIterator[FaultServer]:
    server = FaultServer(upstream)
    app = web.Application(client_max_size=2**22)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.01)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def forwarded(upstream: str) -> Behaviour:
    async def behave(request: web.Request) -> web.StreamResponse:
        url = f"{upstream}{request.raw_path}"
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _OF_ONE_HOP}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, url, data=await request.read(), headers=headers) as answer,
        ):
            back = {key: value for key, value in answer.headers.items() if key.lower() not in _OF_ONE_HOP}
            return web.Response(status=answer.status, body=await answer.read(), headers=back)

    return behave


def lost(then: Behaviour) -> Behaviour:
    """Does what was asked and drops the answer."""

    async def behave(request: web.Request) -> web.StreamResponse:
        await then(request)
        return await reset()(request)

    return behave


def hang() -> Behaviour:
    async def behave(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    return behave


def slow(seconds: float, then: Behaviour) -> Behaviour:
    async def behave(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await then(request)

    return behave


def reset() -> Behaviour:
    async def behave(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        linger = struct.pack("ii", 1, 0)  # close with RST
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        return web.Response()

    return behave


def cut(whole: bytes) -> Behaviour:
    """Promises all of an answer and ends after half of it."""

    async def behave(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(whole))})
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    return behave


def _operation(request: web.Request, body: bytes) -> str:
    if target := request.headers.get("X-Amz-Target"):
        return COUNT if _RATE in body else target.rpartition(".")[2]
    if "connections/" in request.path:
        return {"POST": "PostToConnection", "DELETE": "DeleteConnection"}.get(request.method, request.method)
    if request.path.endswith("/outbound-emails"):
        return "SendEmail"
    return parse_qs(body.decode()).get("Action", [""])[0]
