"""Deliveries: one row that is idempotency record, outbox and report at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from app.models.ids import MessageId, UserId
from app.models.times import epoch_s, iso
from app.models.wire import Stored

KEPT = timedelta(days=30)
LEASE = timedelta(seconds=30)  # the longest an invocation of send can take
SHARDS = 10  # of the sparse index `pending`, so that a busy site does not write to one partition

State = Literal["pending", "delivered"]


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How one attempt to bring a message to everyone ended."""

    posted: int
    gone: int
    failed: int  # connections that were alive as far as we know and were not reached
    published: bool  # the topic took it
    complete: bool  # every connection was tried, and none of the failures is worth another attempt


class Delivery(Stored):
    """How far one message has come.

    `leased_until` is there while an invocation works on it; another may take over when it has passed.
    """

    message_id: MessageId
    sender_id: UserId
    audience: Literal["everyone"] | None = None
    recipient_count: int  # 0 for everyone
    request_hash: str
    state: State
    published: bool = False  # the topic took it; what is repeated does not mail twice
    posted: int = 0
    gone: int = 0
    failed: int = 0
    seen: int = 0
    created_at: str
    pending_since: str
    leased_until: str | None = None
    expires_at: int

    def to_item(self) -> dict[str, Any]:
        """Returns the row; while it is pending it carries the key of the sparse index `pending`."""
        item = self.model_dump(by_alias=True, exclude_none=True)
        if self.state == "pending":
            return {**item, "pending": str(int(self.message_id[:8], 16) % SHARDS)}
        return item

    def settled(self, result: DeliveryResult) -> "Delivery":
        done = result.published and result.complete
        counts = {"posted": result.posted, "gone": result.gone, "failed": result.failed}
        state = "delivered" if done else "pending"
        return self.model_copy(update={**counts, "state": state, "published": result.published, "leased_until": None})

    def report(self) -> dict[str, Any]:
        """Returns the delivery report of the contract."""
        return {
            "messageId": self.message_id,
            "state": self.state,
            "recipients": self.recipient_count,
            "connections": {"posted": self.posted, "gone": self.gone, "failed": self.failed},
            "seen": self.seen,
        }


def expiry(now: datetime) -> int:
    return epoch_s(now + KEPT)


def lease_end(now: datetime) -> str:
    return iso(now + LEASE)
