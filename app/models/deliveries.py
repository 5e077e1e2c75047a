"""Deliveries: one row that is idempotency record, outbox and report at once, and how far its parts have come."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from pydantic import Field

from app.models.ids import ConnectionId, MessageId, UserId
from app.models.notifications import Kind
from app.models.times import epoch_s, from_iso, iso
from app.models.wire import Stored
from app.models.work import INLINE_RECIPIENTS, Work
from app.resources import EVERYONE

KEPT = timedelta(days=30)
IN_PROGRESS = timedelta(seconds=30)  # the longest that an invocation of send takes
QUEUED = timedelta(minutes=15)  # if none of its parts gets on for so long, they are put on the queue again
GIVEN_UP = timedelta(hours=6)
SHARDS = 10  # of the sparse index `pending`, so that a busy site does not write to one partition

State = Literal["pending", "delivering", "delivered", "failed"]
PATIENCE: Mapping[State, timedelta] = {"pending": IN_PROGRESS, "delivering": QUEUED}  # of the sweeper

# Where a delivery may go from each state; every write of a state is conditional on this table.
TRANSITIONS: Mapping[State, tuple[State, ...]] = {
    "pending": ("delivering", "delivered", "failed"),  # accepted; the invocation that did so is at work, or has died
    "delivering": ("delivering", "delivered", "failed"),  # the jobs of its open parts are on the queue
    "delivered": (),  # every part is closed
    "failed": ("delivering", "delivered"),  # too old; a repeat takes it up again, and dead letters may finish it
}


def sources(state: State) -> tuple[State, ...]:
    """Returns the states from which a delivery may come into this one."""
    return tuple(source for source, targets in TRANSITIONS.items() if state in targets)


class Tally(Stored):
    """How many connections had which end."""

    posted: int = 0
    gone: int = 0
    failed: int = 0  # alive as far as we know, and not reached

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(posted=self.posted + other.posted, gone=self.gone + other.gone, failed=self.failed + other.failed)


class Job(Stored):
    """What stands in the queue: a part to go on with. How far it has come is in its Progress."""

    message_id: MessageId
    part: str


class Progress(Stored):
    """How far a part has come: what a crash leaves behind, and where the next job goes on.

    `version` counts the writes, so that of two runs of one part only one gets ahead; `run` says which wrote.
    """

    message_id: MessageId
    part: str
    run: str = ""
    version: int = 0
    published: bool = False  # the topic has been told
    read: bool = False  # all connections were read
    cursor: ConnectionId | None = None  # the connection after which a segment goes on
    tally: Tally = Tally()
    missed: list[ConnectionId] = Field(default_factory=list)  # read, and worth another attempt
    attempt: int = 0  # how often the missed ones were tried again
    not_before: str | None = None  # when they are to be tried again

    @property
    def job(self) -> Job:
        return Job(message_id=self.message_id, part=self.part)

    @property
    def done(self) -> bool:
        return self.published and self.read and not self.missed

    def early_s(self, now: datetime) -> int:
        """Returns how many seconds too early it is to go on; 0 if it is not."""
        if self.not_before is None:
            return 0
        return max(0, math.ceil((from_iso(self.not_before) - now).total_seconds()))

    def to_item(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)


class Delivery(Stored):
    """How far one message has come; `parts` are those that are still open."""

    message_id: MessageId
    sender_id: UserId
    audience: Literal["everyone"] | None = None
    recipient_count: int  # 0 for everyone
    first_recipient: UserId = UserId(EVERYONE)  # whose row says what was sent; "*" for everyone
    request_hash: str
    state: State
    parts: frozenset[str]
    posted: int = 0
    gone: int = 0
    failed: int = 0
    created_at: str
    pending_since: str  # when it was accepted, or last seen getting on
    taken_up_at: str | None = None  # when it was, after it had been given up
    expires_at: int

    @classmethod
    def accepted(cls, work: Work, request_hash: str, now: datetime) -> "Delivery":
        return cls(
            message_id=work.message_id,
            sender_id=work.sender_id,
            audience=work.audience,
            recipient_count=len(work.recipient_ids),
            first_recipient=UserId(EVERYONE) if work.audience else work.recipient_ids[0],
            request_hash=request_hash,
            state="pending",
            parts=frozenset(work.parts),
            created_at=work.created_at,
            pending_since=iso(now),
            expires_at=epoch_s(now + KEPT),
        )

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        return super().from_item({**item, "parts": frozenset(item.get("parts", ()))})

    def to_item(self) -> dict[str, Any]:
        """Returns the row of a new delivery; until it is done it carries the key of the sparse index `pending`."""
        item = self.model_dump(by_alias=True, exclude_none=True)
        return {**item, "parts": set(self.parts), "pending": shard(self.message_id, self.state)}

    @property
    def kind(self) -> Kind:
        return "announcement" if self.audience else "message"

    @property
    def large(self) -> bool:
        """See Work.large."""
        return self.recipient_count > INLINE_RECIPIENTS

    @property
    def inline(self) -> bool:
        """See Work.inline."""
        return not self.large and self.audience is None

    def in_progress_s(self, now: datetime) -> int:
        """Returns for how many seconds yet the invocation that accepted it may be at work; 0 if it is not."""
        if self.state != "pending":
            return 0
        left = from_iso(self.pending_since) + IN_PROGRESS - now
        return max(0, math.ceil(left.total_seconds()))

    def is_due(self, now: datetime) -> bool:
        """Whether it is open and nobody seems to be at work on it."""
        return self.state in PATIENCE and from_iso(self.pending_since) + PATIENCE[self.state] <= now

    def is_too_old(self, now: datetime) -> bool:
        return from_iso(self.taken_up_at or self.created_at) + GIVEN_UP <= now

    def counting(self, tally: Tally) -> "Delivery":
        """Returns the delivery with what a part that is not closed yet has reached so far."""
        counts = Tally(posted=self.posted, gone=self.gone, failed=self.failed) + tally
        return self.model_copy(update=counts.model_dump())

    def report(self, seen: int = 0) -> dict[str, Any]:
        """Returns the delivery report of the contract; `seen` is how many recipients have seen it on a device."""
        return {
            "messageId": self.message_id,
            "state": self.state,
            "recipients": self.recipient_count,
            "connections": {"posted": self.posted, "gone": self.gone, "failed": self.failed},
            "seen": seen,
        }


def shard(message_id: MessageId, state: State) -> str:
    """Returns the partition of the index `pending` that an open delivery is in."""
    return f"{state}-{int(message_id[:8], 16) % SHARDS}"


def shards(state: State) -> tuple[str, ...]:
    return tuple(f"{state}-{number}" for number in range(SHARDS))
