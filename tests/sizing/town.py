"""People on MiniStack who do what is measured: everything that an event needs to have real work behind it."""

import asyncio
import json
import os
import uuid
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aioboto3
import boto3

from app.application import App
from app.aws import Clients
from app.catalogue import CONNECTIONS, TICKETS, USERS, Table
from app.models.connections import Connection, TicketGrant
from app.models.devices import RegisterDevice
from app.models.ids import ConnectionId, MessageId, NotificationId, UserId, new_message_id, new_ticket, notification_id
from app.models.messages import SendMessage
from app.models.times import epoch_s, iso, utc_now
from app.models.users import User
from app.models.work import Work
from app.stores.dynamo import Item
from tests.faults import cloud
from tests.integration.rows import user
from tests.integration.site import ACCESS_KEY, REGION, SECRET_KEY, SENDER, Aws, Site

CONTENT = "Shall we meet at the station at half past seven, or is that too early for you? " * 3  # 237 bytes
HOUR_S = 3600
BATCH = 24  # messages in one transaction: two rows each
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class Town:
    site: Site
    app: App  # in this process, to prepare what is to be found
    loop: asyncio.AbstractEventLoop

    def run(self, doing: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(doing)

    def people(self, count: int, *, connected: bool = False) -> list[UserId]:
        """Returns so many people who never were before, each with a profile."""
        names = [UserId(str(uuid.uuid4())) for _ in range(count)]
        since = utc_now() - timedelta(days=100)
        self._insert(USERS, [user(name, since).to_item() for name in names])
        if connected:
            rows = [self._connection(name).to_item() for name in names]
            self._insert(CONNECTIONS, rows)
        return names

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        aws = self.site.aws
        cloud.insert(cloud.Aws(aws.dynamodb, aws.sqs, aws.sns), self.site.names[table.variable], rows)

    def person(self, *, connected: bool = False) -> UserId:
        (name,) = self.people(1, connected=connected)
        return name

    def _connection(self, owner: UserId) -> Connection:
        now = utc_now()
        return Connection.open(self.connection_id(), owner, epoch_s(now) + HOUR_S, now - timedelta(minutes=1))

    def connection_id(self) -> ConnectionId:
        return ConnectionId(f"{uuid.uuid4().hex[:15]}=")

    def connect(self, owner: UserId) -> ConnectionId:
        row = self._connection(owner)
        self._insert(CONNECTIONS, [row.to_item()])
        return row.connection_id

    def ticket(self, owner: UserId) -> str:
        now = utc_now()
        grant = TicketGrant.issue(new_ticket(), owner, epoch_s(now) + HOUR_S, now)
        self._insert(TICKETS, [grant.to_item()])
        return grant.ticket

    def device(self, owner: UserId) -> None:
        """Registers a phone as its owner would."""
        self.run(self.app.registry.register(owner, RegisterDevice(platform="fcm", token=self.token())))

    def token(self) -> str:
        return f"cT5pJ9:APA91b{uuid.uuid4().hex * 4}"

    def account(self) -> tuple[str, str]:
        """Signs somebody up; returns their `sub` and e-mail address."""
        email = f"person-{uuid.uuid4().hex}@example.org"
        return self.site.person(email), email

    def inbox(self, owner: UserId, count: int) -> list[MessageId]:
        """Writes so many messages to somebody, one a minute until now, and tells nobody."""
        sender, now = self.run(self.app.users.get(self.person())), utc_now()
        works = [self._work(sender, now - timedelta(minutes=age), owner) for age in range(count)]
        for start in range(0, count, BATCH):
            rows = [row for work in works[start : start + BATCH] for row in self._rows(work)]
            self.run(self.app.messages.table.write(rows))
        return [work.message_id for work in works]

    def notified(self, owner: UserId) -> NotificationId:
        """Writes one message to somebody; returns the notification that tells of it."""
        (message,) = self.inbox(owner, 1)
        return notification_id(message)

    def _work(self, sender: User, moment: datetime, *recipients: UserId) -> Work:
        names: list[str] = [*recipients]
        return Work.of(new_message_id(), sender, SendMessage(recipient_ids=names, content=CONTENT), moment)

    def _rows(self, work: Work) -> list[Item]:
        return self.app.inbox.puts(work, work.owners())

    def sent(self, sender: UserId, recipients: Sequence[UserId]) -> MessageId:
        """Sends a message by the app itself; without recipients it is for everyone."""
        names: list[str] = [*recipients]
        to: dict[str, Any] = {"recipient_ids": names} if names else {"audience": "everyone"}
        delivery = self.run(self.app.dispatch.send(sender, SendMessage(content=CONTENT, **to), None, 60))
        return delivery.message_id

    def jobs(self) -> list[dict[str, Any]]:
        """Takes all jobs from the queue of deliveries, as Lambda hands them over."""
        found: list[dict[str, Any]] = []
        while some := self._received():
            found += some
        return found

    def _received(self) -> list[dict[str, Any]]:
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": HOUR_S, "AttributeNames": ["All"]}
        messages = self.site.aws.sqs.receive_message(QueueUrl=self.site.queue, **asked).get("Messages", ())
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            for message in messages
        ]

    def told(self, recipients: Sequence[UserId]) -> str:
        """Returns what the topic would tell of a message that nobody has; without recipients it is for everyone."""
        message = new_message_id()
        return json.dumps(
            {
                "notificationId": notification_id(message),
                "type": "message" if recipients else "announcement",
                "messageId": message,
                "senderId": "c4b8e4a8-0031-70b5-0d19-2d0b5f6f1a11",
                "title": "Message from Ada Lovelace",
                "content": CONTENT,
                "priority": "normal",
                "createdAt": iso(utc_now()),
                "audience": None if recipients else "everyone",
                "recipientIds": [*recipients],
            }
        )


@dataclass(frozen=True, slots=True)
class Country:
    """A MiniStack, and what all towns on it share."""

    url: str
    aws: Aws
    pool: str

    @contextmanager
    def town(self) -> Iterator[Town]:
        """Founds a town where nothing has happened yet."""
        session = aioboto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
        site, loop = Site.build(self.aws, self.url, session, self.pool), asyncio.new_event_loop()
        settings = site.settings()
        app = App(settings, Clients(settings.management_endpoint, _session=session))
        try:
            yield Town(site, app, loop)
        finally:
            loop.run_until_complete(app.close())
            loop.close()


@contextmanager
def country(scratch: Path) -> Iterator[Country]:
    """Starts MiniStack, which keeps nothing."""
    with cloud.running(scratch / "ministack") as url:
        os.environ["AWS_ENDPOINT_URL"] = url
        aws = Aws.at(url)
        pool = str(aws.cognito.create_user_pool(PoolName="people")["UserPool"]["Id"])
        _introduce_sender(url)
        yield Country(url, aws, pool)
        aws.close()


def _introduce_sender(url: str) -> None:
    ses = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION).client("sesv2", endpoint_url=url)
    ses.create_email_identity(EmailIdentity=SENDER)
    ses.close()
