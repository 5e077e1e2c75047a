"""A fake of the @connections management API that misbehaves on demand, and counts exactly what it delivered.

It runs in a thread with a loop of its own, so that a client that blocks its loop does not block the peer with it.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from tests.lane.certificates import Pems
from tests.lane.conversation import Conversation, EndedError
from tests.lane.faults import OK, Fault

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
WAIT_S = 10.0  # for anything that a test waits for


class FakeConnections:
    """Answers 200 unless told otherwise by `on`. What it has counted may be read at any time, from any thread."""

    def __init__(self, pems: Pems | None = None, *, base: str = "/prod", verify: bool = True) -> None:
        """Speaks TLS with the certificate of `pems`, else plain HTTP; `verify`: checks every signature."""
        self.base, self.verify, self.port = base, verify, 0
        self.secrets: Mapping[str, str] = {ACCESS_KEY: SECRET_KEY}
        self.tls = _context(pems) if pems else None
        self.tries: Counter[str] = Counter()  # requests that were read, by connection id
        self.targets: dict[str, str] = {}  # the path of the last of them
        self.frames: dict[str, list[bytes]] = {}  # what was delivered, by connection id
        self.ended: list[str] = []  # the ids that were closed by a DELETE
        self.forged: list[str] = []  # the ids of requests whose signature did not fit
        self.counts: Counter[str] = Counter()  # accepted, open, shaking, resumed, flying: see Conversation
        self.most: Counter[str] = Counter()  # the highest that each of these ever was
        self.reset_unread: set[int] = set()  # which connections, counted from 1, are reset before anything is read
        self.reset_unshaken: set[int] = set()  # and which of them even before the handshake
        self._faults: dict[str, list[Fault]] = {}
        self._watched: list[tuple[Callable[[], bool], Future[None]]] = []
        self._conversations: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}{self.base}"

    def on(self, connection: str, *faults: Fault) -> None:
        """What is done to the posts to one connection, in turn; the last again and again."""
        self._faults[connection] = list(faults)

    def delivered(self) -> dict[str, int]:
        """How often each connection got a frame."""
        return {name: len(frames) for name, frames in self.frames.items()}

    def release(self) -> None:
        """Lets go what is held, and holds nothing from now on."""
        self._loop.call_soon_threadsafe(self.gate.set)

    def hold_handshakes(self) -> None:
        self._run(self._clear(self.handshakes))

    def allow_handshakes(self) -> None:
        self._loop.call_soon_threadsafe(self.handshakes.set)

    def stop_reading(self) -> None:
        """Reads no body any more, so that a sender's buffers fill."""
        self._run(self._clear(self.reading))

    def read_on(self) -> None:
        self._loop.call_soon_threadsafe(self.reading.set)

    def hang_up(self) -> None:
        """Closes every connection, as a peer does with idle ones; returns when that was done."""
        self._run(self._hang_up())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that can be seen here."""
        seen: Future[None] = Future()
        self._loop.call_soon_threadsafe(self._watch, condition, seen)
        await asyncio.wait_for(asyncio.wrap_future(seen), WAIT_S)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # What conversations ask and tell.

    def note(self, **changes: int) -> int:
        """Counts up or down; returns how many connections were accepted so far."""
        self.counts.update(changes)
        for name in changes:
            self.most[name] = max(self.most[name], self.counts[name])
        self._look()
        return self.counts["accepted"]

    def next_fault(self, connection: str) -> Fault:
        faults = self._faults.get(connection, [OK])
        return faults.pop(0) if len(faults) > 1 else faults[0]

    def seen(self, connection: str, target: str) -> None:
        self.tries[connection] += 1
        self.targets[connection] = target
        self._look()

    def end(self, connection: str) -> None:
        self.ended.append(connection)
        self._look()

    def deliver(self, connection: str, frame: bytes) -> None:
        self.frames.setdefault(connection, []).append(frame)
        self._look()

    # Its own loop.

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    async def _listen(self) -> None:
        self.gate, self.handshakes, self.reading = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.handshakes.set()
        self.reading.set()
        listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._converse, sock=listener)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        self.note(open=1)
        try:
            with contextlib.suppress(OSError, EOFError, EndedError):
                await Conversation(self, reader, writer).run()
        except asyncio.CancelledError:
            writer.transport.abort()  # does not wait for the other side's farewell
        finally:
            await _close(writer)
            self._conversations.discard(task)
            self.note(open=-1)

    async def _hang_up(self) -> None:
        conversations = list(self._conversations)
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)

    async def _stop(self) -> None:
        self._server.close()
        await self._hang_up()
        await self._loop.shutdown_asyncgens()

    async def _clear(self, event: asyncio.Event) -> None:
        event.clear()

    def _watch(self, condition: Callable[[], bool], seen: "Future[None]") -> None:
        self._watched.append((condition, seen))
        self._look()

    def _look(self) -> None:
        for condition, seen in [watched for watched in self._watched if watched[0]()]:
            self._watched.remove((condition, seen))
            if seen.set_running_or_notify_cancel():
                seen.set_result(None)


def _context(pems: Pems) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pems.chain, pems.key)
    return context


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 1)
    writer.transport.abort()
