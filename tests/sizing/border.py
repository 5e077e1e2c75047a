"""What stands between a function in its container and MiniStack, over TLS: passes requests on, and records them.

Nothing is answered earlier than AWS would (`latency.py`), so that requests which are made at the same time are in
flight at the same time. `@connections` are its own: every post is taken.
"""

import asyncio
import json
import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web
from botocore import xform_name

from tests.inbox.units import READS, Request, read_units, write_units
from tests.lane.certificates import Pems
from tests.sizing.latency import LATENCIES, Asked

HOST = "border"  # as containers call this machine
MOST_BYTES = 8 * 1024 * 1024
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_POSTS = {"POST": "post_to_connection", "DELETE": "delete_connection", "GET": "get_connection"}


class Trouble(Enum):
    HANGS = "hangs"
    REFUSES = "refuses"


@dataclass(frozen=True, slots=True)
class Outage:
    """From the first request for this operation on, nothing is answered any more."""

    trouble: Trouble
    operation: str


@dataclass(slots=True)
class Border:
    ministack: str
    pems: Pems
    asked: list[Asked] = field(default_factory=list)
    outage: Outage | None = None
    port: int = 0
    _out: bool = False  # the outage has begun
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _session: ClientSession | None = None
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    def begin(self, outage: Outage | None = None) -> None:
        """Forgets what was asked, and has an outage from a request on that is still to come."""
        self.asked, self.outage, self._out = [], outage, False

    def __enter__(self) -> Self:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _open(self) -> None:
        self._session = ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pems.chain, self.pems.key)
        # Containers come in by the bridge, not by the loopback.
        site = web.TCPSite(self._runner, "0.0.0.0", 0, ssl_context=context, backlog=1024)  # noqa: S104
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        assert self._session
        assert self._runner
        await self._runner.cleanup()
        await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        began, body = time.monotonic(), await request.read()
        service, operation = _called(request, body)
        await self._suffer(request, operation)
        if service == "execute-api":
            answer, units = web.Response(), (0.0, 0.0)
        else:
            answer, units = await self._passed_on(request, service, operation, body)
        await asyncio.sleep(began + LATENCIES[service].ms / 1000 - time.monotonic())
        posted = len(body) if service == "execute-api" else 0
        self.asked.append(Asked(service, operation, began, time.monotonic(), *units, posted))
        return answer

    async def _suffer(self, request: web.Request, operation: str) -> None:
        if self.outage is None:
            return
        self._out = self._out or operation == self.outage.operation
        if self._out and self.outage.trouble is Trouble.HANGS:
            await asyncio.Event().wait()
        if self._out and request.transport:
            request.transport.abort()

    async def _passed_on(
        self, request: web.Request, service: str, operation: str, body: bytes
    ) -> tuple[web.Response, tuple[float, float]]:
        if service != "dynamodb":
            status, headers, answer = await self._ask(request, body)
            return web.Response(status=status, headers=headers, body=answer), (0.0, 0.0)
        asked = json.loads(body)
        billed = json.dumps({**asked, "ReturnConsumedCapacity": "TOTAL"}).encode()
        status, headers, answer = await self._ask(request, billed)
        units = (0.0, 0.0) if status >= 400 else await self._units(request, operation, asked, json.loads(answer))
        return web.Response(status=status, headers=headers, body=answer), units

    async def _units(
        self, request: web.Request, operation: str, asked: Request, answer: Request
    ) -> tuple[float, float]:
        if operation in READS:
            return await read_units(partial(self._again, request), operation, asked, answer), 0.0
        return 0.0, write_units(answer["ConsumedCapacity"])

    async def _again(self, request: web.Request, asked: dict[str, Any]) -> Request:
        _, _, answer = await self._ask(request, json.dumps(asked).encode())
        whole: Request = json.loads(answer)
        return whole

    async def _ask(self, request: web.Request, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        assert self._session
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        url = f"{self.ministack}{request.path_qs}"
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            kind = {"Content-Type": answer.headers.get("Content-Type", "application/json")}
            return answer.status, kind, await answer.read()


def _called(request: web.Request, body: bytes) -> tuple[str, str]:
    """Returns service and operation, as the signature and the protocols of AWS tell them."""
    found = _SCOPE.search(request.headers.get("Authorization", ""))
    service = found[1] if found else ""
    if service == "execute-api":
        return service, _POSTS[request.method]
    if service == "ses":
        return service, "send_email"
    name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if not name:
        (name,) = re.findall(r"(?:^|&)Action=(\w+)", body.decode())
    return service, xform_name(name)
