"""The post lane: one payload to many WebSocket connections at once, one outcome for each."""

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
        self, connections: AsyncIterator[ConnectionId], payload: bytes, *, direct: bool = False
    ) -> AsyncGenerator[tuple[ConnectionId, Outcome], None]:
        """Posts `payload` to each connection and yields each outcome as it comes, in any order.

        Never raises for a connection: a failure is an outcome, so one dead peer never stops the others. Whatever
        `connections` raises, it raises. Pulls from `connections` only as fast as posts finish. `direct` messages
        go before broadcasts, where a lane knows the difference.
        """
        ...
