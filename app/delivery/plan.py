"""Decides, without any I/O, what a message writes and what it sends."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from app.catalogue import EVERYONE
from app.models.deliveries import Delivery, expiry, lease_end
from app.models.ids import MessageId, UserId, notification_id
from app.models.messages import Message, SendMessage
from app.models.notifications import Notification
from app.models.times import iso
from app.models.users import User

MAX_FRAME_BYTES = 32 * 1024  # API Gateway meters, and may cut, what is larger


@dataclass(frozen=True, slots=True)
class Plan:
    """What one message comes to."""

    delivery: Delivery
    messages: tuple[Message, ...]
    notifications: tuple[Notification, ...]
    recipients: tuple[UserId, ...]  # empty for everyone
    live: tuple[UserId, ...]  # those of the recipients who want to be told in real time

    @property
    def frame(self) -> bytes:
        """The payload of every post; the same for all, so that it is encoded and signed once.

        A message that does not fit into a frame becomes a pointer: the same without the content.
        """
        frame = self.notifications[0].frame()
        payload = orjson.dumps(frame)
        return payload if len(payload) <= MAX_FRAME_BYTES else orjson.dumps({**frame, "content": None})


def plan(message_id: MessageId, sender: User, body: SendMessage, people: dict[UserId, User], now: datetime) -> Plan:
    """Plans a new message; `people` holds every recipient."""
    recipients = body.recipients()
    delivery = Delivery(
        message_id=message_id,
        sender_id=sender.user_id,
        audience=body.audience,
        recipient_count=len(recipients),
        request_hash=body.digest(),
        state="pending",
        created_at=iso(now),
        pending_since=iso(now),
        leased_until=lease_end(now),
        expires_at=expiry(now),
    )
    return replan(delivery, sender, body, people)


def replan(delivery: Delivery, sender: User, body: SendMessage, people: dict[UserId, User]) -> Plan:
    """Plans the rest of a message that was accepted earlier."""
    recipients = body.recipients()
    owners = recipients or (UserId(EVERYONE),)
    notifications = tuple(_notification(delivery, owner, sender, body) for owner in owners)
    return Plan(
        delivery=delivery,
        messages=tuple(_message(notification) for notification in notifications),
        notifications=notifications,
        recipients=recipients,
        live=tuple(name for name in recipients if name in people and people[name].settings.channels.realtime),
    )


def _notification(delivery: Delivery, owner: UserId, sender: User, body: SendMessage) -> Notification:
    name = f"{sender.first_name} {sender.last_name}"
    return Notification(
        notification_id=notification_id(delivery.message_id),
        user_id=owner,
        type="announcement" if body.audience else "message",
        message_id=delivery.message_id,
        sender_id=sender.user_id,
        title=body.title or (f"Announcement by {name}" if body.audience else f"Message from {name}"),
        content=body.content,
        priority=body.priority,
        read=False,
        created_at=delivery.created_at,
    )


def _message(notification: Notification) -> Message:
    return Message(
        message_id=notification.message_id,
        user_id=notification.user_id,
        sender_id=notification.sender_id,
        title=notification.title,
        content=notification.content,
        priority=notification.priority,
        read=False,
        created_at=notification.created_at,
        updated_at=notification.created_at,
    )
