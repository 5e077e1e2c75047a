"""The SNS topic `notifications`: one publish tells every subscribed channel of a message."""

from dataclasses import dataclass

import orjson

from app.aws import Call
from app.models.ids import UserId
from app.models.notifications import Notification


@dataclass(frozen=True, slots=True)
class NotificationsTopic:
    call: Call
    arn: str

    async def publish(self, notification: Notification, recipients: tuple[UserId, ...]) -> None:
        """Publishes the frame and whom it is for; no recipients stand for everyone.

        At most 16 KiB of content and 49 recipients: far below SNS's 256 KiB.
        """
        await self.call(
            "publish",
            TopicArn=self.arn,
            Message=orjson.dumps({**notification.frame(), "recipientIds": recipients}).decode(),
            MessageAttributes={
                "type": {"DataType": "String", "StringValue": notification.type},
                "priority": {"DataType": "String", "StringValue": notification.priority},
            },
        )
