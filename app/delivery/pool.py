"""The connections of one lane: kept from one invocation to the next, opened as posts wait for them.

A post takes any idle connection; one that has just lost its connection gets a new one, so that a row of dead ones, or
a peer that hangs up after each answer, does not use up its tries.
"""

import asyncio
import select
from collections import deque
from typing import Protocol, TypeAlias

from app.delivery.fan_out import MOST
from app.delivery.post_socket import PostSocket
from app.log import log_exception
from app.transport.dialing import Dialer, DialError

HANDSHAKES = 16  # at a time: each costs the loop about 1 ms, and those that are ready serve the rest meanwhile
QUIET_S = 1.0  # a connection that was idle for longer is looked at before it is used
SLOW_S = 0.1  # after that a post holds but its connection, and another may be opened for the posts behind it
IDLE_S = 50.0  # then it is closed: API Gateway's side ends idle connections after about a minute


class Post(Protocol):
    """What the pool has to know about a post, and whom it tells how it went."""

    gives_up_at: float  # in the loop's time

    def request(self) -> bytes: ...
    def answered(self, status: int, error: str) -> None: ...
    def missed(self, *, written: bool) -> None: ...
    def slowed(self) -> None: ...
    def belongs_to(self, fan_out: object) -> bool: ...


Socket: TypeAlias = PostSocket[Post]


class Pool:
    """Never more than `size` connections that answer in time, of which each has one post on its way or none.

    A connection whose post is slow does not count, so that those that hang do not take the others' places; with them
    there are never more than `most`.
    """

    def __init__(self, dialer: Dialer, size: int, answer_s: float, slow_s: float = SLOW_S, most: int = MOST) -> None:
        """`answer_s`: how long an answer is waited for, in seconds; `slow_s`: after how long it is slow."""
        self._dialer, self._size, self._most = dialer, size, most
        self._answer_s, self._slow_s = answer_s, slow_s
        self._sockets: set[Socket] = set()
        self._slow: set[Socket] = set()  # they have a post that has been on its way for long
        self._idle: list[Socket] = []
        self._waiting: deque[Post] = deque()  # for any connection
        self._bereft: deque[Post] = deque()  # for a new one
        self._dials: set[asyncio.Task[None]] = set()
        self._failing = False

    def submit(self, post: Post, request: bytes, now: float, *, first: bool = False) -> None:
        """Posts as soon as there is a connection; `first`: before the others that wait."""
        while self._idle:
            socket = self._idle.pop()
            if now - socket.since > QUIET_S and socket.seems_closed():
                self._drop(socket)
                continue
            socket.begin(post, request, now)
            return
        self._waiting.appendleft(post) if first else self._waiting.append(post)
        self._dial_more()

    def resubmit(self, post: Post) -> None:
        """Posts on a new connection, because the last one was lost."""
        self._bereft.append(post)
        self._dial_more()

    def answered(self, socket: Socket, post: Post, status: int, error: str) -> None:
        if socket in self._slow:
            self._rejoin(socket)
        if self._waiting or self._bereft or socket.raw is None:
            self._use_next(socket)
        else:
            self._idle.append(socket)
        post.answered(status, error)

    def lost(self, socket: Socket, post: Post | None, written: bool) -> None:
        self._drop(socket)
        if post is not None:
            post.missed(written=written)
            self._dial_more()

    def discard_dead(self, now: float) -> None:
        """Closes the idle connections that the peer has closed, or will have soon."""
        poll, by_fd = select.poll(), {}
        for socket in self._idle:
            if socket.raw is not None:
                by_fd[socket.raw.fileno()] = socket
                poll.register(socket.raw.fileno(), select.POLLIN)
        for fd, _ in poll.poll(0):
            by_fd[fd].look()  # which tells `lost`, unless it was but a TLS ticket
        for socket in [socket for socket in self._idle if now - socket.since > IDLE_S]:
            self._drop(socket)

    def sweep(self, now: float) -> None:
        """Ends what has waited too long, be it for an answer or for a connection."""
        # If it was this process that had no time: the loop hands out what has come in before it calls its timers.
        for socket in [socket for socket in self._sockets if self._is_late(socket, now)]:
            socket.give_up()
        for socket in [socket for socket in self._sockets - self._slow if self._is_slow(socket, now)]:
            self._set_aside(socket)
        for queue in (self._waiting, self._bereft):
            for post in [post for post in queue if now >= post.gives_up_at]:
                queue.remove(post)
                post.missed(written=False)
        self._dial_more()

    def abandon(self, fan_out: object) -> None:
        """Forgets the posts of a fan-out that nobody waits for any more."""
        for queue in (self._waiting, self._bereft):
            for post in [post for post in queue if post.belongs_to(fan_out)]:
                queue.remove(post)
        for socket in [socket for socket in self._sockets if socket.post and socket.post.belongs_to(fan_out)]:
            self._drop(socket)  # its answer would come to nobody

    async def rest(self) -> None:
        """Stops opening connections; those that are open stay."""
        self._learn()
        dials = list(self._dials)
        for dial in dials:
            dial.cancel()
        await asyncio.gather(*dials, return_exceptions=True)

    async def close(self) -> None:
        await self.rest()
        for socket in list(self._sockets):
            self._drop(socket)

    def _is_late(self, socket: Socket, now: float) -> bool:
        post = socket.post
        return post is not None and (now - socket.since > self._answer_s or now >= post.gives_up_at)

    def _is_slow(self, socket: Socket, now: float) -> bool:
        return socket.post is not None and now - socket.since > self._slow_s

    def _set_aside(self, socket: Socket) -> None:
        self._slow.add(socket)
        if socket.post is not None:
            socket.post.slowed()

    def _rejoin(self, socket: Socket) -> None:
        self._slow.discard(socket)
        if self._count() > self._size:
            socket.close()  # another has taken its place

    def _use_next(self, socket: Socket, *, new: bool = False) -> None:
        """Gives a connection that is known to live to the post that waits longest."""
        if socket.raw is None or (len(self._bereft) > len(self._dials) and self._is_full() and not new):
            self._drop(socket)  # in the second case to make place for a new one
            self._dial_more()
            return
        queue = self._bereft if new and self._bereft else self._waiting
        if queue:
            post = queue.popleft()
            socket.begin(post, post.request(), asyncio.get_running_loop().time())
        else:
            self._idle.append(socket)

    def _drop(self, socket: Socket) -> None:
        socket.close()
        self._sockets.discard(socket)
        self._slow.discard(socket)
        if socket in self._idle:
            self._idle.remove(socket)

    def _is_full(self) -> bool:
        return self._count() >= self._size or self._count() + len(self._slow) >= self._most

    def _count(self) -> int:
        return len(self._sockets) - len(self._slow) + len(self._dials)

    def _dial_more(self) -> None:
        wanted = min(len(self._waiting) + len(self._bereft), HANDSHAKES)
        while len(self._dials) < wanted:
            if self._is_full():
                if not self._idle:
                    return  # one that answers will serve them, or make place
                self._drop(self._idle[0])
            dial = asyncio.get_running_loop().create_task(self._dial())
            self._dials.add(dial)
            dial.add_done_callback(self._dialed)

    async def _dial(self) -> None:
        self._learn()
        try:
            raw = await self._dialer.dial()
        except DialError as error:
            self._note_failure(error)
            return
        self._failing = False
        socket = PostSocket[Post](asyncio.get_running_loop(), raw, self)
        self._sockets.add(socket)
        self._use_next(socket, new=True)

    def _note_failure(self, error: DialError) -> None:
        if not self._failing:  # once, until it works again
            self._failing = True
            log_exception("management endpoint not reached", error.__cause__ or error)
        if queue := self._bereft or self._waiting:
            queue.popleft().missed(written=False)

    def _learn(self) -> None:
        for socket in self._sockets:
            self._dialer.learn(socket.raw)
            return  # any will do

    def _dialed(self, dial: "asyncio.Task[None]") -> None:
        self._dials.discard(dial)
        if not dial.cancelled():
            dial.result()  # a bug of ours goes to the loop's handler
            self._dial_more()
