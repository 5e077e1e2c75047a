"""One connection of the fake @connections server: reads requests, and answers them or fails to."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.lane.faults import DROP, GARBAGE, HANG, RESET, Fault, Reply
from tests.lane.signatures import is_signed

if TYPE_CHECKING:
    from tests.lane.fake_connections import FakeConnections

_WITH_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: nothing is sent on, the peer gets a reset


class EndedError(Exception):
    """There is nothing more to say on this connection."""


@dataclass(slots=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def connection(self) -> str:
        return unquote(self.target.rpartition("/")[2])


@dataclass(slots=True)
class Conversation:
    server: "FakeConnections"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def run(self) -> None:
        """Serves requests until either side has had enough; raises OSError, EOFError or EndedError."""
        number = self.server.note(accepted=1)
        if number in self.server.reset_unshaken:
            self._reset()
        await self._secure()
        if number in self.server.reset_unread:
            self._reset()
        while True:
            await self._serve()

    async def _secure(self) -> None:
        if self.server.tls is None:
            return
        self.server.note(shaking=1)
        try:
            await self.server.handshakes.wait()
            await self.writer.start_tls(self.server.tls)
            self.server.note(resumed=int(self.writer.get_extra_info("ssl_object").session_reused))
        finally:
            self.server.note(shaking=-1)

    async def _serve(self) -> None:
        request = await self._read_head()
        if request.method == "DELETE":
            self.server.end(request.connection)
            self.writer.write(Reply(204).wire())
            return
        self.server.note(flying=1)
        try:
            fault = self.server.next_fault(request.connection)
            if not (isinstance(fault, Reply) and fault.unread):
                await self._read_body(request)
            await self._do(fault, request)
        finally:
            self.server.note(flying=-1)

    async def _read_head(self) -> Request:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        method, target, version = first.split(" ")
        assert method in ("POST", "DELETE"), first
        assert version == "HTTP/1.1", first
        headers = dict(line.split(": ", 1) for line in lines)
        return Request(method, target, {name.lower(): value for name, value in headers.items()})

    async def _read_body(self, request: Request) -> None:
        await self.server.reading.wait()
        request.body = await self.reader.readexactly(int(request.headers["content-length"]))

    async def _do(self, fault: Fault, request: Request) -> None:
        name = request.connection
        self.server.seen(name, request.target)
        if isinstance(fault, Reply):
            if self.server.verify and not fault.unread and not self._is_signed(request):
                self.server.forged.append(name)
                fault = Reply(403, error="InvalidSignatureException")
            await self._answer(fault, request)
        elif fault is HANG:
            await self.reader.read()  # until the other side gives up
            raise EndedError
        elif fault is DROP:
            self.server.deliver(name, request.body)
            raise EndedError
        elif fault is GARBAGE:
            self.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        elif fault is RESET:
            self._reset()

    async def _answer(self, reply: Reply, request: Request) -> None:
        if reply.held:
            await self.server.gate.wait()
        if reply.status == 200:
            self.server.deliver(request.connection, request.body)
        for piece in reply.split():
            await asyncio.sleep(reply.pause_s)
            self.writer.write(piece)
            await self.writer.drain()
        if reply.last:
            raise EndedError

    def _reset(self) -> None:
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _WITH_RESET)
        self.writer.transport.abort()
        raise EndedError

    def _is_signed(self, request: Request) -> bool:
        url = f"{self.server.scheme}://{request.headers['host']}{request.target}"
        return is_signed(url, request.headers, request.body, self.server.secrets)
