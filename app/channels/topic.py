"""The SNS topic `notifications`: one publish tells every subscribed channel of a message."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import orjson

from app.aws import Call
from app.models.ids import UserId
from app.models.notifications import Notification


class NotificationsTopic(NamedTuple):
    call: Call
    arn: str

    async def publish(
        self, notification: Notification, audience: Literal["everyone"] | None, recipients: Sequence[UserId]
    ) -> None:
        """Publishes the frame, and whom it is for: the audience if there is one, else these recipients.

        At most 16 KiB of content and 50 recipients: far below SNS's 256 KiB.
        """
        told = {**notification.frame(), "audience": audience, "recipientIds": recipients}
        await self.call(
            "publish",
            TopicArn=self.arn,
            Message=orjson.dumps(told).decode(),
            MessageAttributes={
                "type": {"DataType": "String", "StringValue": notification.type},
                "priority": {"DataType": "String", "StringValue": notification.priority},
            },
        )
