"""The mailboxes behind moto's SES, and the function that mails, with what the queue brings it."""

import json
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from app.application import App
from app.catalogue import EMAIL_QUEUE
from tests.integration.events import Context, load, named
from tests.integration.site import REGION, SENDER, Site


@dataclass(frozen=True, slots=True)
class Mailbox:
    app: App
    site: Site

    @classmethod
    def empty(cls, app: App, site: Site) -> "Mailbox":
        """Makes the sender known to SES, and forgets what earlier tests have sent."""
        ses = ses_backends[DEFAULT_ACCOUNT_ID][REGION]
        ses.verify_email_identity(SENDER)
        ses.sent_messages.clear()
        return cls(app, site)

    def queued(self) -> list[str]:
        """Takes what the topic told from the queue of mail."""
        queue = self.site.names[EMAIL_QUEUE.variable]
        answer = self.site.aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [str(message["Body"]) for message in answer.get("Messages", ())]

    async def receive(self, body: str, receives: int = 1) -> bool:
        """Hands a message of the queue to the function; returns whether it was done with it."""
        attributes = {"ApproximateReceiveCount": str(receives)}
        record = {"messageId": "q1", "receiptHandle": "r1", "body": body, "attributes": attributes}
        answer = await load(named("SendMail")).answer(lambda: self.app, {"Records": [record]}, Context(30))
        return bool(answer == {"batchItemFailures": []})

    def sent(self) -> list[tuple[str, str]]:
        """Returns to whom mails went, and with which subject."""
        mails: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        return sorted((to, mail.subject) for mail in mails for to in mail.destinations["ToAddresses"])


def told(*recipients: str, **changes: Any) -> str:
    """Returns what the queue brings of Alice's message to these people."""
    body = {
        "notificationId": "n",
        "type": "message",
        "messageId": "m",
        "senderId": "alice",
        "title": "Hi",
        "content": "hi",
        "priority": "normal",
        "createdAt": "2026-11-22T12:00:00.000Z",
        "audience": None,
        "recipientIds": recipients,
    }
    return json.dumps({**body, **changes})
