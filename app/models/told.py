"""What the notifications topic tells of a message, as the queues of the channels receive it."""

from typing import Literal

from app.models.ids import MessageId, NotificationId, UserId
from app.models.messages import Priority
from app.models.notifications import Kind
from app.models.wire import Stored


class Told(Stored):
    """One message and whom to tell of it: the recipients named, or else, of an announcement, everyone.

    Everyone who comes after the user id `after`, where there is one (see app/outreach/everyone.py).
    """

    notification_id: NotificationId
    type: Kind
    message_id: MessageId
    sender_id: UserId
    title: str
    content: str
    priority: Priority
    created_at: str
    audience: Literal["everyone"] | None
    recipient_ids: list[UserId]
    after: UserId | None = None

    @property
    def to_everyone(self) -> bool:
        return self.audience == "everyone" and not self.recipient_ids

    def to_body(self) -> str:
        return self.model_dump_json(by_alias=True)

    @classmethod
    def from_body(cls, body: str) -> "Told":
        return cls.model_validate_json(body, by_alias=True, by_name=False)
