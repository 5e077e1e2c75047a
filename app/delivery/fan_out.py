"""One payload on its way to many connections: what is in flight, what is tried again, and what came out."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Protocol

from app.delivery.governor import Governor
from app.delivery.lane import Outcome
from app.delivery.signing import FRESH_S, Signer
from app.errors import UnavailableError
from app.log import log
from app.models.ids import ConnectionId
from app.transport.credentials import CredentialSource

TRIES = 3  # of one post, not counting those that were throttled
SOON_S = 0.1  # the first pause between two tries; doubled each time, and only a random part of it is waited for
PAUSE_MOST_S = 1.0
MOST = 900  # posts on their way, slow ones and all; Lambda allows 1,024 file descriptors
GOVERNED_S = 0.005  # the least that is waited for the governor: then some posts may go, not one
# A 403 is about the role, the stage or the signature, so it is for somebody to mend and not an answer to keep.
FINAL = {410: Outcome.GONE, 400: Outcome.REFUSED, 413: Outcome.REFUSED, 403: Outcome.FAILED}


class Carrier(Protocol):
    """What carries posts to the connections: the pool."""

    def submit(self, post: "Post", request: bytes, now: float, *, first: bool = False) -> None: ...
    def resubmit(self, post: "Post") -> None: ...


class Terms(NamedTuple):
    """How a fan-out may go about it."""

    window: int  # posts that are on their way and not slow, and outcomes that nobody has taken yet
    post_s: float  # for all tries of one post, from its first, unless it is throttled
    throttled_s: float  # how long a post that was answered with 429 is tried again
    ends_at: float  # in the loop's time: every post is over by then, and no other is begun
    direct: bool  # goes before broadcasts


class Post:
    """One connection's share in a fan-out."""

    __slots__ = (
        "_fan_out",
        "begun_at",
        "bereft",
        "connection",
        "gives_up_at",
        "is_slow",
        "otherwise",
        "throttles",
        "tries",
    )

    def __init__(self, fan_out: "FanOut", connection: ConnectionId, begun_at: float, gives_up_at: float) -> None:
        self._fan_out, self.connection = fan_out, connection
        self.begun_at, self.gives_up_at = begun_at, gives_up_at
        self.tries = self.throttles = 0
        self.bereft = False  # its last try lost the connection
        self.is_slow = False  # it no longer counts against the window
        self.otherwise = Outcome.FAILED  # what it comes to if no further try succeeds

    def request(self) -> bytes:
        return self._fan_out.signer.request(self.connection)

    def answered(self, status: int, error: str) -> None:
        if status == 200:
            self._fan_out.settle(self, Outcome.POSTED)
        else:
            self._fan_out.judge(self, status, error)

    def missed(self, *, written: bool) -> None:
        self._fan_out.missed(self, written=written)

    def slowed(self) -> None:
        self._fan_out.slowed(self)

    def belongs_to(self, fan_out: object) -> bool:
        return self._fan_out is fan_out


class FanOut:
    """Posts of one payload. Everything runs in callbacks of the loop, but `pull`, which is a task of its own."""

    def __init__(self, carrier: Carrier, governor: Governor, signer: Signer, terms: Terms) -> None:
        self.signer = signer
        self._carrier, self._governor, self._terms = carrier, governor, terms
        self._loop = asyncio.get_running_loop()
        self._in_flight = 0
        self._slow = 0  # of these, which do not count against the window
        self._limit = terms.window  # of what is in flight, slow or not, and of outcomes
        self._later: list[tuple[float, Post]] = []  # when to try again
        self._results: list[tuple[ConnectionId, Outcome]] = []
        self._has_logged = False
        self._news: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    async def pull(
        self, connections: AsyncIterator[ConnectionId], credentials: CredentialSource, clock: Callable[[], float]
    ) -> None:
        """Begins a post for each connection, as fast as window and governor allow; `clock` as in Signer.

        Once it is cancelled, nothing that it has pulled is without an outcome.
        """
        renew_at = clock() + FRESH_S
        async for connection in connections:
            try:
                while wait_s := self._governor.take(direct=self._terms.direct):  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(max(wait_s, GOVERNED_S))
                if clock() >= renew_at:
                    renew_at = clock() + FRESH_S
                    await self._renew(credentials)
            except asyncio.CancelledError:
                self._results.append((connection, Outcome.FAILED))  # its turn never came
                raise
            self._begin(connection)
            while self._is_full():
                self._room = self._loop.create_future()
                await self._room

    def take_results(self) -> list[tuple[ConnectionId, Outcome]]:
        """Returns the outcomes since the last call, and makes room for as many posts."""
        results, self._results = self._results, []
        if results:
            self._make_room()
        return results

    async def news(self) -> None:
        """Waits until there are outcomes, or `tell` is called."""
        self._news = self._loop.create_future()
        await self._news

    def tell(self, *_: object) -> None:
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)

    @property
    def landed(self) -> bool:
        """Nothing is on its way."""
        return not self._in_flight

    def settle(self, post: Post, outcome: Outcome) -> None:
        """Notes the outcome of a post that is over."""
        self._in_flight -= 1
        if post.is_slow:
            self._count_slow(-1)
        self._results.append((post.connection, outcome))
        if self._news is not None:
            self.tell()
        if self._room is not None:
            self._make_room()

    def judge(self, post: Post, status: int, error: str) -> None:
        """Decides what an answer other than 200 comes to."""
        post.bereft = False
        if status == 429:
            self._throttled(post)
        elif status >= 500:
            post.tries += 1
            self._again(post, Outcome.FAILED, self._pause_s(post.tries))
        else:
            if status == 403:
                self._log_refusal(error)
            self.settle(post, Outcome.POSTED if 200 <= status < 300 else FINAL.get(status, Outcome.UNKNOWN))

    def missed(self, post: Post, *, written: bool) -> None:
        """Decides about a post without an answer; if it was `written`, the connection may have got it."""
        post.tries += 1
        post.bereft = True
        # A connection that died between two posts is nobody's fault: the first new try waits for nothing.
        pause_s = 0.0 if post.tries == 1 else self._pause_s(post.tries)
        self._again(post, Outcome.UNKNOWN if written else Outcome.FAILED, pause_s)

    def slowed(self, post: Post) -> None:
        """Lets another post go in the place of one that keeps its connection waiting."""
        if not post.is_slow:
            post.is_slow = True
            self._count_slow(1)
            self._make_room()

    def tick(self, now: float) -> None:
        """Tries again what is due."""
        due = [post for at, post in self._later if at <= now]
        self._later = [(at, post) for at, post in self._later if at > now]
        for post in due:
            self._resubmit(post, now)

    def _begin(self, connection: ConnectionId) -> None:
        now = self._loop.time()
        post = Post(self, connection, now, min(now + self._terms.post_s, self._terms.ends_at))
        self._in_flight += 1
        try:
            request = self.signer.request(connection)
        except ValueError:
            self.settle(post, Outcome.REFUSED)
        else:
            self._carrier.submit(post, request, now, first=self._terms.direct)

    def _throttled(self, post: Post) -> None:
        post.throttles += 1
        if post.throttles == 1:  # one client that does not read is answered with 429 too, again and again
            self._governor.throttled()
        post.gives_up_at = min(post.begun_at + self._terms.throttled_s, self._terms.ends_at)
        self._again(post, Outcome.THROTTLED, SOON_S / 2 + self._pause_s(post.throttles))

    def _again(self, post: Post, otherwise: Outcome, pause_s: float) -> None:
        if post.otherwise is not Outcome.UNKNOWN:  # once sent it may have arrived, whatever comes after
            post.otherwise = otherwise
        now = self._loop.time()
        if post.tries >= TRIES or now + pause_s >= post.gives_up_at:
            self.settle(post, post.otherwise)
        elif pause_s:
            self._later.append((now + pause_s, post))
        else:
            self._resubmit(post, now)

    def _resubmit(self, post: Post, now: float) -> None:
        if now >= post.gives_up_at:
            self.settle(post, post.otherwise)
        elif self._governor.take(direct=self._terms.direct):
            self._later.append((now, post))
        elif post.bereft:
            self._carrier.resubmit(post)
        else:
            self._carrier.submit(post, post.request(), now, first=True)

    def _pause_s(self, tries: int) -> float:
        most_s = min(PAUSE_MOST_S, SOON_S * 2 ** (tries - 1))
        return random.uniform(0.0, most_s)  # noqa: S311 - no secret

    def _is_full(self) -> bool:
        return self._in_flight + len(self._results) >= self._limit

    def _count_slow(self, change: int) -> None:
        self._slow += change
        self._limit = min(self._terms.window + self._slow, MOST)

    def _make_room(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def _log_refusal(self, error: str) -> None:
        if not self._has_logged:  # once for all connections
            self._has_logged = True
            log("posts refused", level="ERROR", error=error)

    async def _renew(self, credentials: CredentialSource) -> None:
        try:
            self.signer.use(await credentials())
        except UnavailableError:
            log("credentials not renewed", level="WARN")  # the old ones may still do; AWS will say so if not
