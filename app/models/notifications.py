"""Notifications: the row that tells a person of a message, and the frame that tells a browser."""

from typing import Any, Literal

from app.catalogue import EVERYONE
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
    created_at: str

    def to_item(self) -> dict[str, Any]:
        """Returns the row; while it is unread it carries the key of the sparse index `unread`."""
        item = self.model_dump(by_alias=True)
        counted = not self.read and self.user_id != EVERYONE
        return {**item, "unread": self.user_id} if counted else item

    def frame(self) -> dict[str, Any]:
        """Returns what the WebSocket sends: equal for all recipients, so it is encoded once."""
        return self.model_dump(by_alias=True, exclude={"user_id", "read"})
