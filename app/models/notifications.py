"""Notifications: the row that tells a person of a message, and the frame that tells a browser."""

from typing import Any, Literal
from zlib import crc32

from app.models.ids import MessageId, NotificationId, UserId
from app.models.messages import Priority
from app.models.wire import Stored

Kind = Literal["message", "announcement"]


class Notification(Stored):
    """A notification as one recipient has it."""

    notification_id: NotificationId
    user_id: UserId
    type: Kind
    message_id: MessageId
    sender_id: UserId
    title: str
    content: str
    priority: Priority
    read: bool
    seen_at: str | None = None  # when a device of theirs first acknowledged it
    created_at: str

    def to_item(self) -> dict[str, Any]:
        """Returns the row; while it is unread it carries the key of the sparse index `unread`.

        What is for everyone stays in that index for good: who has read it is said by rows of the readers' own.
        """
        item = self.model_dump(by_alias=True, exclude_none=True)
        return item if self.read else {**item, "unread": self.user_id}

    def frame(self) -> dict[str, Any]:
        """Returns what the WebSocket sends: equal for all recipients, so it is encoded once."""
        return self.model_dump(by_alias=True, exclude={"user_id", "read", "seen_at"})

    def shown(self) -> dict[str, Any]:
        """Returns what lists and `sync` show."""
        return {**self.frame(), "read": self.read}


SEEN_SHARDS = 10  # of an announcement, so that all of its readers do not write to one partition of the index


def seen_key(message_id: MessageId, kind: Kind, user_id: UserId) -> str:
    """Returns the partition of the index `seen` that counts one reader's acknowledgement."""
    return message_id if kind == "message" else f"{message_id}-{crc32(user_id.encode()) % SEEN_SHARDS}"


def seen_keys(message_id: MessageId, kind: Kind) -> tuple[str, ...]:
    if kind == "message":
        return (message_id,)
    return tuple(f"{message_id}-{shard}" for shard in range(SEEN_SHARDS))
