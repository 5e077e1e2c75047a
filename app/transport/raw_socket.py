"""Non-blocking sockets, with or without TLS, that wait by the loop's readiness calls."""

import asyncio
import ssl
from typing import Literal, Protocol, TypeAlias

WANTS = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)
RECEIVE = 65_536  # bytes; TLS hands out one record of 16 KiB at a time

Direction: TypeAlias = Literal["read", "write"]


class RawSocket(Protocol):
    """What is used of socket.socket and ssl.SSLSocket once they are connected."""

    def fileno(self) -> int: ...
    def send(self, data: bytes, /) -> int: ...
    def recv(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


async def ready(raw: RawSocket, wanted: Direction) -> None:
    """Returns when the socket can be read from, or written to."""
    loop, fd = asyncio.get_running_loop(), raw.fileno()
    add, remove = (loop.add_reader, loop.remove_reader) if wanted == "read" else (loop.add_writer, loop.remove_writer)
    woken: asyncio.Future[None] = loop.create_future()
    add(fd, _wake, woken)
    try:
        await woken
    finally:
        remove(fd)


async def send_all(raw: RawSocket, data: bytes) -> None:
    """Sends all of it; raises OSError, after which the peer may have seen a part."""
    while data:
        try:
            data = data[raw.send(data) :]
        except WANTS as wanted:
            await ready(raw, "read" if isinstance(wanted, ssl.SSLWantReadError) else "write")


async def receive(raw: RawSocket) -> bytes:
    """Returns what comes next, or nothing once the peer has closed; raises OSError."""
    while True:
        try:
            return raw.recv(RECEIVE)
        except WANTS as wanted:
            await ready(raw, "write" if isinstance(wanted, ssl.SSLWantWriteError) else "read")


def is_alive(raw: RawSocket) -> bool:
    """Says whether an idle connection can take a request: what can be read there is the peer's farewell.

    A ticket of TLS, which may come at any time, is taken in passing.
    """
    try:
        raw.recv(1)
    except WANTS:
        return True
    except OSError:
        pass
    return False


def _wake(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)
