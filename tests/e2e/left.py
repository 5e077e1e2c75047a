"""What others have left in the tables: people whom the user pool does not know, and what has died or ended."""

import time
import uuid
from datetime import UTC, datetime, timedelta

from tests.e2e.aws import Aws, Row, wait_until
from tests.e2e.client import Person
from tests.e2e.people import MARK

DELIVERED_S = 60.0  # a worker may have to start, beside others, on a busy machine
AGO = timedelta(seconds=40)  # longer than anybody is at work on what is pending


def guests(aws: Aws, count: int) -> list[str]:
    """Gives so many people a profile, whom the user pool knows nothing of."""
    ids = [f"guest-{uuid.uuid4()}" for _ in range(count)]
    for user_id in ids:
        profile = {"firstName": "Guest", "lastName": MARK, "settings": {}, "email": f"{user_id}@example.org"}
        aws.put("Users", userId=user_id, createdAt=_iso(), updatedAt=_iso(), **profile)
    return ids


def remember(aws: Aws, person: Person, connection: str, age: timedelta, left_s: int = 3600) -> None:
    """Writes a connection that API Gateway knows nothing of."""
    ends = int(time.time()) + left_s
    aws.put("Connections", connectionId=connection, userId=person.user_id, timestamp=_iso(age), expiresAt=ends)


async def delivered(aws: Aws, message_id: str, timeout_s: float = DELIVERED_S) -> Row:
    """Waits for the end of a delivery and returns its row."""
    look = {"messageId": message_id, "state": "delivered"}
    [row] = await wait_until(lambda: aws.rows("Deliveries", **look), "it is delivered", timeout_s)
    return row


def leave_pending(aws: Aws, sender: Person, recipient: Person, ago: timedelta = AGO) -> str:
    """Writes what a sender's function leaves that dies once it has accepted a message; returns its id."""
    message_id, since = uuid.uuid4().hex, _iso(ago)
    shared: dict[str, object] = {
        "userId": recipient.user_id,
        "senderId": sender.user_id,
        "messageId": message_id,
        "createdAt": since,
    }
    shared |= {"title": "t", "content": "c", "priority": "normal", "read": False}
    aws.put("Messages", **shared, updatedAt=since)
    aws.put("Notifications", **shared, notificationId=uuid.uuid4().hex, type="message", unread=recipient.user_id)
    aws.put(
        "Deliveries",
        messageId=message_id,
        senderId=sender.user_id,
        recipientCount=1,
        requestHash="0" * 64,
        state="pending",
        parts={"0-49"},
        pending=f"pending-{int(message_id[:8], 16) % 10}",
        pendingSince=since,
        createdAt=since,
        expiresAt=int((datetime.now(UTC) + timedelta(days=30)).timestamp()),
        **dict.fromkeys(("posted", "gone", "failed", "seen"), 0),
    )
    return message_id


def _iso(ago: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")
