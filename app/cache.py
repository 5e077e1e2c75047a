"""Reads through a cache that is never needed: it is waited for briefly, and the table answers whatever it does not.

The cache's client blocks, so it is called in a thread. There is one, with one call in it at most: what hangs there
hinders no request, and nothing queues behind it.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from app.aws import Call
from app.log import log, metrics

FIRST_S = 0.5  # for the first read of an environment, which imports the client and connects; docs/limits.md has figures
ANSWER_S = 0.15  # for any other
PAUSE_S = 30.0  # after a failure, in which the cache is left alone

Ask: TypeAlias = Callable[..., dict[str, Any]]  # DynamoDB's get_item, blocking; whatever it raises counts as a failure


@dataclass(slots=True)
class CacheFirst:
    """A `Call` whose items come from the cache if it has them, and else from the table as of now.

    What the cache has may be as old as it keeps things. That it has nothing is not believed.
    """

    table: Call
    cache: Ask
    clock: Callable[[], float] = time.monotonic  # in seconds
    first_s: float = FIRST_S
    answer_s: float = ANSWER_S
    _thread: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "cache"))
    _asked: asyncio.Future[dict[str, Any]] | None = None  # the call in the thread
    _first: bool = True
    _pause_ends: float = float("-inf")

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        if operation == "get_item":
            found = await self._find(TableName=parameters["TableName"], Key=parameters["Key"])
            if found.get("Item"):
                return found
        return await self.table(operation, **parameters)

    async def _find(self, **parameters: Any) -> dict[str, Any]:
        """Returns the cache's answer, or an empty one if there is none in time."""
        if self._asked or self.clock() < self._pause_ends:
            return {}
        asked = self._ask(parameters)
        await asyncio.wait({asked}, timeout=self.first_s if self._first else self.answer_s)
        self._first = False
        error = asked.exception() if asked.done() else TimeoutError()
        if error is None:
            return asked.result()
        self._leave_alone(error)
        return {}

    def _ask(self, parameters: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        asked = asyncio.get_running_loop().run_in_executor(self._thread, partial(self.cache, **parameters))
        asked.add_done_callback(self._answered)
        self._asked = asked
        return asked

    def _answered(self, asked: asyncio.Future[dict[str, Any]]) -> None:
        self._asked = None
        asked.exception()  # of an answer that came too late nobody else asks

    def _leave_alone(self, error: BaseException) -> None:
        self._pause_ends = self.clock() + PAUSE_S
        log("cache away", level="WARN", error=type(error).__name__, code=getattr(error, "code", None))
        metrics(CacheAway=1)
