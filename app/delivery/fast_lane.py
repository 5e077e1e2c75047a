"""The post lane that is made for speed: own signatures, own sockets, HTTP/1.1 without pipelining.

    FanOut       one call of `post`: window, tries, outcomes       Signer      the requests
    Pool         which connection carries which post               Governor    how many a second
    PostSocket   one connection                                    Dialer      opens them

A post costs a signature, one `send`, one `recv` and a few calls between them; no task, no future and no timer is its
own. `performance.md` has what was measured against what.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.delivery.budget import within
from app.delivery.fan_out import MOST, FanOut, Terms
from app.delivery.governor import Governor
from app.delivery.lane import Outcome
from app.delivery.pool import SLOW_S, Pool
from app.delivery.signing import Signer
from app.models.ids import ConnectionId
from app.transport.credentials import CredentialSource
from app.transport.dialing import Dialer, Lookup, system_lookup
from app.transport.endpoint import Endpoint

WINDOW = 128  # 10,000 posts a second at 10 ms need 100 connections
POST_S = 1.8  # a post has 2 s in all: the rest is for a tick, and for what had to wait behind those that hang
THROTTLED_S = 6.0  # how long a post is tried again after 429
TICK_S = 0.05  # between two looks for what takes too long and what is to be tried again


@dataclass(slots=True)
class FastLane:
    """See PostLane. Its connections outlive a call of `post`, and are closed by `close`."""

    endpoint: Endpoint
    region: str
    credentials: CredentialSource
    governor: Governor
    window: int = WINDOW  # posts in flight, 1 to 900
    post_s: float = POST_S  # for all tries of one post, from its first, unless it is throttled
    throttled_s: float = THROTTLED_S
    roots: Path | None = None  # PEM file of the certificates to trust; the system's if None
    lookup: Lookup = system_lookup
    clock: Callable[[], float] = time.time
    slow_s: float = SLOW_S  # after it a post no longer counts as in flight; with such posts there are 900 at most
    _pool: Pool = field(init=False)
    _running: list[FanOut] = field(init=False, default_factory=list)
    _timer: asyncio.TimerHandle | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not 1 <= self.window <= MOST:
            raise ValueError(f"a window of 1 to {MOST}")
        self._pool = Pool(Dialer(self.endpoint, self.roots, self.lookup), self.window, self.post_s, self.slow_s)

    async def post(
        self,
        connections: AsyncIterator[ConnectionId],
        payload: bytes,
        *,
        direct: bool = False,
        budget_s: float = math.inf,
    ) -> AsyncGenerator[tuple[ConnectionId, Outcome], None]:
        """See PostLane; it may be called again before another call has ended.

        `direct` posts may use what the governor holds back from broadcasts. `budget_s` is kept within TICK_S.
        Raises UnavailableError without credentials. Closes `connections` if that has `aclose`.
        """
        signer = Signer(self.endpoint, self.region, await self.credentials(), payload, self.clock)
        ends_at = asyncio.get_running_loop().time() + budget_s
        terms = Terms(self.window, self.post_s, self.throttled_s, ends_at, direct)
        fan_out = FanOut(self._pool, self.governor, signer, terms)
        self._start(fan_out)
        puller = asyncio.create_task(within(ends_at, lambda: fan_out.pull(connections, self.credentials, self.clock)))
        puller.add_done_callback(fan_out.tell)
        try:
            while True:
                results = fan_out.take_results()
                for result in results:
                    yield result
                if results:
                    continue  # some may have come meanwhile
                if puller.done() and (fan_out.landed or puller.exception()):
                    break
                await fan_out.news()
            puller.result()
        finally:
            await self._end(fan_out, puller, connections)

    async def close(self) -> None:
        """Closes all connections; a later post opens new ones."""
        await self._pool.close()

    def _start(self, fan_out: FanOut) -> None:
        loop = asyncio.get_running_loop()
        self._pool.discard_dead(loop.time())  # nobody looked while the environment was frozen
        self._running.append(fan_out)
        if self._timer is None:
            self._timer = loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(TICK_S, self._tick)
        now = loop.time()
        self._pool.sweep(now)
        for fan_out in self._running:
            fan_out.tick(now)

    async def _end(
        self, fan_out: FanOut, puller: "asyncio.Task[None]", connections: AsyncIterator[ConnectionId]
    ) -> None:
        puller.cancel()
        await asyncio.gather(puller, return_exceptions=True)
        self._pool.abandon(fan_out)
        self._running.remove(fan_out)
        if not self._running:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            await self._pool.rest()
        if isinstance(connections, AsyncGenerator):
            await connections.aclose()
