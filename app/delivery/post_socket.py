"""One keep-alive connection to the management API: a non-blocking socket, driven by the loop's readiness calls.

No asyncio transport: TLS inside the loop is what makes every asyncio client dear (performance.md). One `send` writes
a request, one `recv` takes the usual answer. All else - short writes, TLS that wants to read before it writes, answers
in pieces - takes the longer way round, and is told to the owner in the same words.
"""

import asyncio
import select
import ssl
from typing import Generic, Protocol, TypeVar

from app.transport.answer import Answer, MalformedError, is_plain_ok
from app.transport.raw_socket import WANTS, RawSocket

RECEIVE = 4096  # bytes; an answer of API Gateway has some hundred
TLS_RECORD = 16_384  # bytes of plain text that one TLS record holds at most (RFC 8446, 5.1)

PostT = TypeVar("PostT")


class Owner(Protocol[PostT]):
    """Who is told how a post ended. By then the socket is idle, or closed."""

    def answered(self, socket: "PostSocket[PostT]", post: PostT, status: int, error: str) -> None: ...

    def lost(self, socket: "PostSocket[PostT]", post: PostT | None, written: bool) -> None:
        """The connection ended; `written`: the peer may have seen the request of `post`."""


class PostSocket(Generic[PostT]):
    """Either idle (`post` is None) or with one request on its way, and closed for good by its first fault."""

    __slots__ = (
        "_answer",
        "_fd",
        "_loop",
        "_owner",
        "_raw",
        "_recv",
        "_rest",
        "_send",
        "_written",
        "post",
        "raw",
        "since",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, raw: RawSocket, owner: Owner[PostT]) -> None:
        self.post: PostT | None = None
        self.raw: RawSocket | None = raw  # None once closed
        self.since = loop.time()  # when the last request was begun
        self._loop, self._owner = loop, owner
        self._fd = raw.fileno()
        # The same for TLS, with a call less.
        self._send, self._recv = (raw.write, raw.read) if isinstance(raw, ssl.SSLSocket) else (raw.send, raw.recv)
        self._rest = b""  # of the request
        self._written = False
        self._answer: Answer | None = None
        # For good: registering for each answer would cost more than the answer. Idle and readable means closed.
        loop.add_reader(self._fd, self._readable)

    def begin(self, post: PostT, request: bytes, now: float) -> None:
        """Sends; the outcome comes by way of the owner, perhaps before this returns."""
        self.post, self.since = post, now
        try:
            sent = self._send(request)
        except WANTS as wanted:
            self._rest, self._written = request, True  # TLS may have taken some of it
            self._send_when(wanted)
            return
        except OSError:
            # One record fails as a whole; of several the first may have reached the peer.
            self._fail(written=len(request) > TLS_RECORD)
            return
        self._written = True
        if sent < len(request):
            self._rest = request[sent:]
            self._loop.add_writer(self._fd, self._writable)

    def seems_closed(self) -> bool:
        """Says whether something waits to be read, which on an idle socket is the peer's farewell."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Ends the connection without a word to the owner."""
        raw, self.raw, self.post = self.raw, None, None
        if raw is not None:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            raw.close()

    def look(self) -> None:
        """Takes what has come in, if anything: for when there was no time to be told by the loop."""
        self._readable()

    def give_up(self) -> None:
        """Ends the connection, and tells the owner what that means for the post."""
        self._fail(self._written)

    def _readable(self) -> None:
        try:
            data = self._recv(RECEIVE)
        except WANTS as wanted:
            self._receive_when(wanted)
            return
        except OSError:
            self._fail(self._written)
            return
        post = self.post
        if post is not None and self._answer is None and not self._rest and is_plain_ok(data):
            self.post, self._written = None, False
            self._owner.answered(self, post, 200, "")
        elif post is not None:
            self._read_on(post, data)
        else:
            self._fail(written=False)  # the peer closed, or says what nobody asked for

    def _read_on(self, post: PostT, data: bytes) -> None:
        """Reads until the answer is complete or nothing is left, not even decrypted in the TLS layer."""
        answer = self._answer = self._answer or Answer()
        try:
            while True:
                answer.feed(data) if data else answer.end()
                if answer.done:
                    break
                data = self._recv(RECEIVE)
        except WANTS as wanted:
            self._receive_when(wanted)
        except (OSError, MalformedError):
            self._fail(self._written)
        else:
            self._finish(post, answer)

    def _finish(self, post: PostT, answer: Answer) -> None:
        reusable = answer.reusable and not self._rest  # else the rest of this request would begin the next
        self._answer, self._written, self.post = None, False, None
        if not reusable:
            self.close()
        self._owner.answered(self, post, answer.status, answer.error)

    def _fail(self, written: bool) -> None:
        post = self.post
        if self.raw is not None:
            self.close()
            self._owner.lost(self, post, written)

    def _writable(self) -> None:
        self._loop.remove_writer(self._fd)
        if self._rest:
            self._send_rest()
        if self.raw is not None:
            self._readable()  # TLS may have wanted to write before it could read

    def _send_rest(self) -> None:
        try:
            sent = self._send(self._rest)
        except WANTS as wanted:
            self._send_when(wanted)
        except OSError:
            self._fail(written=True)
        else:
            self._rest = self._rest[sent:]
            if self._rest:
                self._loop.add_writer(self._fd, self._writable)

    def _send_when(self, wanted: OSError) -> None:
        if not isinstance(wanted, ssl.SSLWantReadError):  # else `_readable` sends on
            self._loop.add_writer(self._fd, self._writable)

    def _receive_when(self, wanted: OSError) -> None:
        if isinstance(wanted, ssl.SSLWantWriteError):
            self._loop.add_writer(self._fd, self._writable)
        elif self._rest:
            self._send_rest()  # TLS may have wanted to read before it could write
