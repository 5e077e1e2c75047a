"""What was mailed on the stack, and the function that mails, handed what the queue would bring it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from laptop import mails
from laptop.mails import Mail
from laptop.stack import Clients
from tests.e2e.aws import Aws, Row, wait_until
from tests.e2e.client import Person

MAILED_S = 120.0  # ten seconds of delay, what others told everyone, and a function that may have to start


def mails_to(aws: Aws, person: Person) -> list[Mail]:
    return [mail for mail in mails.sent(aws.endpoints) if mail.to == person.email]


async def mailed(aws: Aws, person: Person) -> Mail:
    """Waits for the one mail that somebody gets."""
    [mail] = await wait_until(lambda: mails_to(aws, person), "it is mailed", MAILED_S)
    return mail


async def send(sender: Person, *recipients: Person, **body: str) -> Row:
    """Sends a message and returns what the topic tells of it."""
    content = {"title": "Hi", "content": "hello", "priority": "normal", **body}
    answer = await sender.send(*recipients, **content)
    assert answer.status == 201, answer
    accepted = answer.json()
    ids = {"messageId": accepted["messageId"], "notificationId": uuid.uuid4().hex, "senderId": sender.user_id}
    to = {"audience": None, "recipientIds": [each.user_id for each in recipients]}
    return {**ids, **content, **to, "type": "message", "createdAt": accepted["createdAt"]}


def receive(aws: Aws, told: Row) -> bool:
    """Hands it to the function as the queue does; returns whether the function was done with it."""
    return aws.bring("SendMail", told)


@contextmanager
def unknown_sender(aws: Aws) -> Iterator[None]:
    """SES knows the sender of our mails no more, and takes none."""
    ses = Clients(aws.endpoints.aws).client("sesv2")
    ses.delete_email_identity(EmailIdentity=mails.SENDER)
    try:
        yield
    finally:
        ses.create_email_identity(EmailIdentity=mails.SENDER)
