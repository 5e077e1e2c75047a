"""The post lane: one payload to many WebSocket connections at once, one outcome for each."""

import math
from collections.abc import AsyncGenerator, AsyncIterator
from enum import Enum
from typing import Protocol

from app.models.ids import ConnectionId


class Outcome(Enum):
    POSTED = "posted"
    GONE = "gone"  # the connection has ended, or is still being opened
    THROTTLED = "throttled"
    REFUSED = "refused"  # AWS will never take it
    FAILED = "failed"  # not reached
    UNKNOWN = "unknown"  # sent, but without an answer; posting again is safe, because clients drop known ids


class PostLane(Protocol):
    """What every lane does, whatever it is made of."""

    def post(
        self,
        connections: AsyncIterator[ConnectionId],
        payload: bytes,
        *,
        direct: bool = False,
        budget_s: float = math.inf,
    ) -> AsyncGenerator[tuple[ConnectionId, Outcome], None]:
        """Posts `payload` to each connection and yields each outcome as it comes, in any order.

        Never raises for a connection: a failure is an outcome, so one dead peer never stops the others. Whatever
        `connections` raises, it raises. Pulls from `connections` only as fast as posts finish. `direct` messages
        go before broadcasts, where a lane knows the difference.

        After `budget_s` seconds nothing more is pulled and nothing is tried again, and what is still in flight gets
        its outcome at once: UNKNOWN if it may have been sent, else that of its last try or FAILED. So every id that
        was pulled has an outcome, and an id without one was not posted to.
        """
        ...
