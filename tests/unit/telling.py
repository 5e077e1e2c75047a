"""What the notifications topic tells the channels, for tests of these."""

from typing import Any

from app.models.ids import notification_id
from app.models.told import Told
from tests.unit.delivering import MESSAGE
from tests.unit.people import ADA, NOW_ISO


def told(*recipients: str, **changes: Any) -> Told:
    """Returns what is told of Ada's message to these recipients, changed as the contract spells it."""
    return Told.from_item(
        {
            "notificationId": notification_id(MESSAGE),
            "type": "message",
            "messageId": MESSAGE,
            "senderId": ADA,
            "title": "Message from Ada Lovelace",
            "content": "hello",
            "priority": "normal",
            "createdAt": NOW_ISO,
            "audience": None,
            "recipientIds": [*recipients],
            **changes,
        }
    )
