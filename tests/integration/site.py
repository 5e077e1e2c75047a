"""One site on moto: fresh tables, topic, queues and user pool, and a look at them behind the app's back."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import aioboto3
import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

from app.application import App
from app.aws import Clients
from app.catalogue import (
    CONNECTIONS,
    DELIVERIES_QUEUE,
    EMAIL_SENDER,
    NOTIFICATIONS_TOPIC,
    PUSH_APPLICATIONS,
    QUEUES,
    TABLES,
    USER_POOL,
    USERS,
    PushApplication,
    Queue,
    Table,
)
from app.models.connections import Connection
from app.models.ids import ConnectionId, UserId
from app.models.times import epoch_s
from app.settings import Settings
from tests.integration.rows import user

REGION = "us-east-1"
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "secret"
STAGE = "prod"
SENDER = "no-reply@example.org"


@dataclass(slots=True)
class Clock:
    """What the app takes for now; it stands still until it is moved on."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Aws:
    """The SDK's own clients: what the tests look and prepare with."""

    dynamodb: Any
    sns: Any
    sqs: Any
    cognito: Any
    management: Any

    @classmethod
    def at(cls, url: str) -> "Aws":
        session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
        names = ("dynamodb", "sns", "sqs", "cognito-idp", "apigatewaymanagementapi")
        return cls(*(session.client(name, endpoint_url=url) for name in names))

    def close(self) -> None:
        for each in fields(self):
            getattr(self, each.name).close()


@dataclass(frozen=True, slots=True)
class Site:
    aws: Aws
    url: str
    names: Mapping[str, str]  # variable of the catalogue -> what it is called here
    subscriber: str  # the queue that receives what is published
    session: aioboto3.Session  # shared by all tests, because it reads the SDK's data files

    @classmethod
    def build(cls, aws: Aws, url: str, session: aioboto3.Session, pool: str) -> "Site":
        """Makes everything anew but the user pool, which takes moto a new RSA key each time: it is emptied."""
        suffix = uuid.uuid4().hex[:12]
        names = {table.variable: f"{table.name}-{suffix}" for table in TABLES}
        for table in TABLES:
            aws.dynamodb.create_table(**create_table(table, names[table.variable]))
        topic = aws.sns.create_topic(Name=f"notifications-{suffix}")["TopicArn"]
        subscriber = aws.sqs.create_queue(QueueName=f"published-{suffix}")["QueueUrl"]
        queues = {queue.variable: _create_queue(aws, queue, suffix, topic) for queue in QUEUES}
        aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(aws, subscriber))
        for person in aws.cognito.list_users(UserPoolId=pool)["Users"]:
            aws.cognito.admin_delete_user(UserPoolId=pool, Username=person["Username"])
        called = {NOTIFICATIONS_TOPIC.variable: topic, USER_POOL.variable: pool, EMAIL_SENDER.variable: SENDER}
        applications = {each.variable: _create_application(aws, each, suffix) for each in PUSH_APPLICATIONS}
        return cls(aws, url, {**names, **queues, **called, **applications}, subscriber, session)

    @property
    def queue(self) -> str:
        """The URL of the queue `deliveries`."""
        return self.names[DELIVERIES_QUEUE.variable]

    def settings(self, management: str | None = None) -> Settings:
        endpoint = f"{management or self.url}/{STAGE}"
        return Settings.read({**self.names, "MANAGEMENT_ENDPOINT": endpoint, "POST_LANE": "sdk"})

    def app(self, clock: Clock, management: str | None = None) -> App:
        settings = self.settings(management)
        return App(settings, Clients(settings.management_endpoint, _session=self.session), clock)

    def rows(self, table: Table, index: str | None = None) -> list[dict[str, Any]]:
        """Returns all rows of a table or of one of its indexes."""
        source = {"IndexName": index} if index else {}
        items = self.aws.dynamodb.scan(TableName=self.names[table.variable], **source)["Items"]
        read = TypeDeserializer().deserialize
        return [{name: read(value) for name, value in item.items()} for item in items]

    def insert(self, table: Table, **attributes: Any) -> None:
        """Writes a row as any other program would."""
        write = TypeSerializer().serialize
        item = {name: write(value) for name, value in attributes.items()}
        self.aws.dynamodb.put_item(TableName=self.names[table.variable], Item=item)

    def settle(self, now: datetime, user_id: UserId, *connections: str) -> None:
        """Gives somebody a profile, and connections that are good for an hour."""
        self.insert(USERS, **user(user_id, now).to_item())
        for name in connections:
            opened = Connection.open(ConnectionId(name), user_id, epoch_s(now) + 3600, now)
            self.insert(CONNECTIONS, **opened.to_item())

    def connections(self) -> list[str]:
        """Returns the ids in the table Connections, in order."""
        return sorted(row["connectionId"] for row in self.rows(CONNECTIONS))

    def published(self) -> list[dict[str, Any]]:
        """Takes what the topic delivered from the queue, at most ten, as SNS wrapped it."""
        answer = self.aws.sqs.receive_message(QueueUrl=self.subscriber, MaxNumberOfMessages=10)
        return [_json(message["Body"]) for message in answer.get("Messages", ())]

    def told(self) -> list[list[str]]:
        """Takes what the topic delivered, and returns whom each message was for, in the order of their names."""
        return sorted(_json(message["Message"])["recipientIds"] for message in self.published())

    def jobs(self) -> list[tuple[str, int]]:
        """Looks at the queue `deliveries` without receiving: the part of each job, and its delay in seconds."""
        return [(str(_json(each.body).get("part")), _delay_s(each)) for each in self._messages()]

    def waiting(self) -> int:
        """Counts what is on the queue `deliveries`, whatever it is."""
        return len(self._messages())

    def let_delays_pass(self) -> int:
        """Makes every message of the queue `deliveries` receivable at once; returns the seconds that this takes."""
        longest_s = max((_delay_s(message) for message in self._messages()), default=0)
        for message in self._messages():
            message.delayed_until = message.visible_at = 0.0
        return longest_s

    def _messages(self) -> list[Any]:
        queue = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].get_queue(self.queue.rpartition("/")[2])
        return list(queue._messages)

    def person(self, email: str) -> str:
        """Signs somebody up and returns their `sub`."""
        attributes = [{"Name": "email", "Value": email}]
        pool = self.names[USER_POOL.variable]
        user = self.aws.cognito.admin_create_user(UserPoolId=pool, Username=email, UserAttributes=attributes)["User"]
        return next(str(each["Value"]) for each in user["Attributes"] if each["Name"] == "sub")

    def emails(self) -> list[str]:
        users = self.aws.cognito.list_users(UserPoolId=self.names[USER_POOL.variable])["Users"]
        return [each["Value"] for user in users for each in user["Attributes"] if each["Name"] == "email"]


def create_table(table: Table, name: str) -> dict[str, Any]:
    """Returns the parameters of `create_table` for a table of the catalogue."""
    keys = [table.partition, table.sort, *(key for each in table.indexes for key in (each.partition, each.sort))]
    indexes = [
        {
            "IndexName": index.name,
            "KeySchema": _schema(index.partition, index.sort),
            "Projection": {"ProjectionType": index.projection},
        }
        for index in table.indexes
    ]
    return {
        "TableName": name,
        "KeySchema": _schema(table.partition, table.sort),
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": "N" if key in table.numbers else "S"}
            for key in dict.fromkeys(keys)
            if key
        ],
        "BillingMode": "PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }


def _schema(partition: str, sort: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys


def _create_queue(aws: Aws, queue: Queue, suffix: str, topic: str) -> str:
    """Creates a queue and has it hear the topic if it does; it delays nothing, because nobody waits here."""
    url = str(aws.sqs.create_queue(QueueName=f"{queue.name}-{suffix}")["QueueUrl"])
    if queue.topic:
        raw = {"RawMessageDelivery": "true"}
        aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(aws, url), Attributes=raw)
    return url


def _create_application(aws: Aws, application: PushApplication, suffix: str) -> str:
    kind = {"fcm": "GCM", "apns": "APNS"}[application.name]
    attributes = {"PlatformPrincipal": "none", "PlatformCredential": "none"}
    made = aws.sns.create_platform_application(Name=f"phones-{suffix}", Platform=kind, Attributes=attributes)
    return str(made["PlatformApplicationArn"])


def _arn(aws: Aws, queue: str) -> str:
    attributes = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def _delay_s(message: Any) -> int:
    delay_ms: float = message.delayed_until - message.sent_timestamp
    return max(0, round(delay_ms / 1000))


def _json(text: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)
    return value
