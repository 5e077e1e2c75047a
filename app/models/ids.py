"""Names the kinds of identifier, and makes them."""

import hashlib
import re
import secrets
from typing import NewType

UserId = NewType("UserId", str)
MessageId = NewType("MessageId", str)
NotificationId = NewType("NotificationId", str)
ConnectionId = NewType("ConnectionId", str)
Ticket = NewType("Ticket", str)
DeviceId = NewType("DeviceId", str)
EndpointArn = NewType("EndpointArn", str)  # of a device, as SNS knows it


TICKET = re.compile(r"[A-Za-z0-9_-]{43}")
ROW = re.compile(r"[0-9a-f]{32}")  # the id of a message or of a notification


def new_message_id() -> MessageId:
    return MessageId(secrets.token_hex(16))


def new_ticket() -> Ticket:
    """Returns 256 random bits as 43 characters that need no escaping in a URL."""
    return Ticket(secrets.token_urlsafe(32))


def new_token() -> str:
    """Returns what tells whether two requests, or two states of a row, are one."""
    return secrets.token_hex(16)


def keyed_message_id(sender: UserId, key: str) -> MessageId:
    """Returns the id that a sender's `Idempotency-Key` stands for: equal for equal pairs, else different."""
    return MessageId(_digest("message", sender, key))


def notification_id(message: MessageId) -> NotificationId:
    """Returns the id of the notification that tells of a message: the same for each of its recipients."""
    return NotificationId(_digest("notification", message))


def device_id(platform: str, token: str) -> DeviceId:
    """Returns the id of the device that a push service knows by this token."""
    return DeviceId(_digest("device", platform, token))


def _digest(*parts: str) -> str:
    # A length before each part, so that no two lists of parts read the same.
    joined = b"".join(b"%d:%b" % (len(part.encode()), part.encode()) for part in parts)
    return hashlib.sha256(joined).hexdigest()[:32]
