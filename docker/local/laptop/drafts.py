"""Sends what was typed in its order, as often as it takes, and each line once."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from laptop.api import NoAnswerError, RefusedError
from laptop.errors import LaptopError, SignedOutError
from laptop.patience import PATIENCE, Patience

TRIES = 12  # of what is answered with a fault: two minutes and more
# 404: another stack was started, and is found when the WebSocket opens again; 409: the attempt before is still at work.
_PASSING = {404, 409, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Draft:
    """A line that was typed, and the key by which the API knows it again."""

    text: str
    to: str | None  # by name, as ids are new when the stack was started again; None for everyone
    key: str = field(default_factory=lambda: str(uuid.uuid4()))


Post = Callable[[Draft], Awaitable[str]]


class Drafts:
    """Takes lines at any time; `post` sends one and returns what to say about it."""

    def __init__(self, post: Post, say: Callable[[str], None], patience: Patience = PATIENCE) -> None:
        self._post, self._say, self._patience = post, say, patience
        self._queue: asyncio.Queue[Draft] = asyncio.Queue()
        self.unsent: list[Draft] = []

    def put(self, draft: Draft) -> None:
        self.unsent.append(draft)
        self._queue.put_nowait(draft)

    async def run(self) -> None:
        """Sends until it is cancelled; raises SignedOutError."""
        while True:
            draft = await self._queue.get()
            await self._send(draft)
            self.unsent.remove(draft)
            self._queue.task_done()

    async def drain(self) -> None:
        """Waits until everything is sent, or the patience ends."""
        try:
            async with asyncio.timeout(self._patience.farewell_s):
                await self._queue.join()
        except TimeoutError:
            return

    async def _send(self, draft: Draft) -> None:
        attempt = 0
        while (failure := await self._try(draft)) and _passes(failure, attempt):
            if attempt == 0:
                self._say("  (not sent yet, trying again)")
            await asyncio.sleep(self._patience.back_off_s(attempt))
            attempt += 1
        if failure:
            self._say(str(failure))

    async def _try(self, draft: Draft) -> LaptopError | None:
        try:
            self._say(await self._post(draft))
        except SignedOutError:
            raise
        except LaptopError as error:
            return error
        return None


def _passes(failure: LaptopError, attempt: int) -> bool:
    if isinstance(failure, RefusedError):
        return failure.status in _PASSING and attempt + 1 < TRIES
    return isinstance(failure, NoAnswerError)
