"""A socket that does what the script says, and a loop that only notes what it is asked to watch."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from app.delivery.post_socket import PostSocket

Step = int | bytes | Exception  # what `send` takes or raises, and what `recv` gives or raises


@dataclass
class ScriptedSocket:
    """Once a script has ended, `send` takes everything, and `recv` has nothing to give."""

    sends: list[Step] = field(default_factory=list)
    receives: list[Step] = field(default_factory=list)
    written: bytes = b""
    closed: bool = False

    def fileno(self) -> int:
        return 7

    def send(self, data: bytes | memoryview, /) -> int:
        step = self.sends.pop(0) if self.sends else len(data)
        if isinstance(step, Exception):
            raise step
        assert isinstance(step, int)
        self.written += data[:step]
        return min(step, len(data))

    def recv(self, size: int, /) -> bytes:
        step = self.receives.pop(0) if self.receives else BlockingIOError()
        if isinstance(step, Exception):
            raise step
        assert isinstance(step, bytes)
        assert len(step) <= size
        return step

    def close(self) -> None:
        self.closed = True


@dataclass
class NotingLoop:
    reader: Callable[[], None] | None = None
    writer: Callable[[], None] | None = None

    def time(self) -> float:
        return 1.0

    def add_reader(self, _: int, callback: Callable[[], None]) -> None:
        self.reader = callback

    def add_writer(self, _: int, callback: Callable[[], None]) -> None:
        self.writer = callback

    def remove_reader(self, _: int) -> None:
        self.reader = None

    def remove_writer(self, _: int) -> None:
        self.writer = None

    def readable(self) -> None:
        assert self.reader is not None
        self.reader()

    def writable(self) -> None:
        assert self.writer is not None
        self.writer()


@dataclass
class Scene:
    """A PostSocket on both, and what it told its owner."""

    raw: ScriptedSocket = field(default_factory=ScriptedSocket)
    loop: NotingLoop = field(default_factory=NotingLoop)
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = PostSocket[str](cast(asyncio.AbstractEventLoop, self.loop), self.raw, self)

    def answered(self, socket: PostSocket[str], post: str, status: int, error: str) -> None:
        assert socket is self.socket
        assert socket.post is None
        self.told.append((post, status, error))

    def lost(self, socket: PostSocket[str], post: str | None, written: bool) -> None:
        assert socket.raw is None
        self.told.append((post, "written" if written else "unwritten"))
