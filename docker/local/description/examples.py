"""Examples: one small story, so that ids and times in it agree."""

from typing import Any

from app.errors import Fault

NOON = "2026-11-22T12:00:00.000Z"
REQUEST_ID = "Rkj1mhVlFiAEPzA="
_ALICE = "a3c4d5e6-1111-4222-8333-444455556666"
_BOB = "b3c4d5e6-1111-4222-8333-444455556666"
_MESSAGE = "0f8fad5bd9cb469fa16570867728950e"
_NOTIFICATION = "7c9e6679742540de944be07fc1f90ae7"
_PAST = "QmFja3dhcmRz-Zm9yd2FyZHM"

FLAW = Fault("/recipientIds/0", "unknown_recipient", "There is no such recipient.")

SETTINGS: dict[str, Any] = {
    "channels": {"realtime": True, "push": True, "email": False},
    "quietHours": {"start": "22:00", "end": "07:00", "timeZone": "Europe/Berlin"},
}
CREATE_USER = {"firstName": "Alice", "lastName": "Archer"}
INVITE = {"email": "bob@example.org", "firstName": "Bob", "lastName": "Baker"}
USER = {
    "userId": _ALICE,
    "email": "alice@example.org",
    **CREATE_USER,
    "settings": SETTINGS,
    "createdAt": NOON,
    "updatedAt": NOON,
}

SEND = {"recipientIds": [_BOB], "title": "Gate 3", "content": "The crane comes at two.", "priority": "critical"}
ANNOUNCE = {"audience": "everyone", "content": "The site closes at six today."}
PENDING: dict[str, Any] = {
    "messageId": _MESSAGE,
    "state": "delivering",
    "recipients": 0,
    "connections": {"posted": 0, "gone": 0, "failed": 0},
    "seen": 0,
}
DELIVERED = PENDING | {
    "state": "delivered",
    "recipients": 1,
    "connections": {"posted": 2, "gone": 0, "failed": 0},
    "seen": 1,
}
ACCEPTED = {"messageId": _MESSAGE, "createdAt": NOON, "delivery": DELIVERED | {"seen": 0}}
ACCEPTED_FOR_ALL = {"messageId": _MESSAGE, "createdAt": NOON, "delivery": PENDING}
RECEIVED = {
    "messageId": _MESSAGE,
    "senderId": _ALICE,
    "title": "Gate 3",
    "content": "The crane comes at two.",
    "priority": "critical",
    "read": False,
    "createdAt": NOON,
    "updatedAt": NOON,
    "audience": None,
}
RECEIVED_PAGE = {"items": [RECEIVED], "cursor": _PAST}
FRAME = {
    "type": "message",
    "notificationId": _NOTIFICATION,
    "messageId": _MESSAGE,
    "senderId": _ALICE,
    "title": "Gate 3",
    "content": "The crane comes at two.",
    "priority": "critical",
    "createdAt": NOON,
}
ANNOUNCEMENT = FRAME | {"type": "announcement", "title": "Announcement by Ada Admin", "content": ANNOUNCE["content"]}
NOTIFICATION_PAGE = {"items": [FRAME | {"read": False}], "cursor": None, "unread": 1}
TICKET = {"ticket": "Zk3JH0qv4m9XoT5cUe1yWb8RsLp2Da7NgFi6MhKx0Qw", "expiresAt": "2026-11-22T12:00:30.000Z"}
REGISTER = {"platform": "fcm", "token": "fMEP0vJqS6:APA91bHqX"}
DEVICE = {"deviceId": "9b2c7d1e4f3a4b5c8d6e7f8091a2b3c4", "platform": "fcm", "createdAt": NOON, "updatedAt": NOON}

PING = {"action": "ping", "id": 1}
SYNC = {"action": "sync", "after": None, "id": 2}
ACK = {"action": "ack", "notificationIds": [_NOTIFICATION]}
READ = {"action": "read", "notificationIds": [_NOTIFICATION]}
PONG = {"type": "pong"}
PAGE = {"type": "page", "items": [FRAME | {"read": False}], "cursor": _PAST, "more": False, "unread": 1}
READ_ELSEWHERE = {"type": "read", "notificationIds": [_NOTIFICATION]}
ERROR = {"type": "error", "code": "unknown_action", "status": 422, "requestId": REQUEST_ID, "replyTo": 3}
