"""What a delivery has to bring to whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from app.models.ids import MessageId, UserId
from app.models.messages import Message, Priority, SendMessage
from app.models.times import iso
from app.models.users import User
from app.models.wire import Stored
from app.resources import EVERYONE

INLINE_RECIPIENTS = 49  # two rows each and the delivery fit into the 100 items of one transaction
PART_RECIPIENTS = 50  # two rows each fill a transaction of their own
PART_KB = 250  # rows of one message share a partition, which takes 1,000 KB a second, and a transaction writes twice
SEGMENTS = 4  # of all connections, so that as many workers scan and post at a time

_BY_DEFAULT: Mapping[Literal["everyone"] | None, str] = {None: "Message from", "everyone": "Announcement by"}
_NOBODY = "a former member"


def nameless(title: str) -> str:
    """Returns a title without the name that is in it if it was made for want of another."""
    return next((f"{start} {_NOBODY}" for start in _BY_DEFAULT.values() if title.startswith(f"{start} ")), title)


class Work(Stored):
    """A message, and whom it is for.

    It is divided into parts that are worked off on their own. A part's name says which it is: "50-100" are named
    recipients, at most 50 and fewer of a long message; "0/4" is the first of four segments of all connections. Up to
    49 recipients are one part, which the invocation that accepts it works off.
    """

    message_id: MessageId
    sender_id: UserId
    audience: Literal["everyone"] | None = None
    recipient_ids: list[UserId]  # empty for everyone
    title: str
    content: str
    priority: Priority
    created_at: str

    @classmethod
    def of(cls, message_id: MessageId, sender: User, body: SendMessage, now: datetime) -> "Work":
        return cls(
            message_id=message_id,
            sender_id=sender.user_id,
            audience=body.audience,
            recipient_ids=list(body.recipients()),
            title=body.title or f"{_BY_DEFAULT[body.audience]} {sender.first_name} {sender.last_name}",
            content=body.content,
            priority=body.priority,
            created_at=iso(now),
        )

    @classmethod
    def from_rows(cls, rows: Sequence[Message], audience: Literal["everyone"] | None) -> "Work":
        """Reads it back from the rows of a message whose rows are all written; at least one."""
        first = rows[0]
        return cls(
            message_id=first.message_id,
            sender_id=first.sender_id,
            audience=audience,
            recipient_ids=[] if audience else [row.user_id for row in rows],
            title=first.title,
            content=first.content,
            priority=first.priority,
            created_at=first.created_at,
        )

    def to_map(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)

    @property
    def large(self) -> bool:
        """Whether its rows are too many for the transaction that accepts it, so that each part writes its own."""
        return len(self.recipient_ids) > INLINE_RECIPIENTS

    @property
    def inline(self) -> bool:
        """Whether the invocation that accepts it also delivers it."""
        return not self.large and self.audience is None

    @property
    def parts(self) -> tuple[str, ...]:
        if self.audience:
            return tuple(f"{number}/{SEGMENTS}" for number in range(SEGMENTS))
        if not self.large:
            return (f"0-{INLINE_RECIPIENTS}",)
        kb = len(self.content.encode()) // 1024 + 1
        size = min(PART_RECIPIENTS, PART_KB // kb)
        return tuple(f"{start}-{start + size}" for start in range(0, len(self.recipient_ids), size))

    def recipients(self, part: str) -> list[UserId]:
        """Returns whom a part is for; nobody for a segment."""
        if self.audience:
            return []
        start, end = part.split("-")
        return self.recipient_ids[int(start) : int(end)]

    def owners(self) -> list[UserId]:
        """Returns whose rows are written when it is accepted: nobody's if it is large, one reserved id for everyone."""
        if self.audience:
            return [UserId(EVERYONE)]
        return [] if self.large else self.recipient_ids
