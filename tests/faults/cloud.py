"""MiniStack for these tests, and the tables, queues and topic of one history."""

import json
import os
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from app.catalogue import (
    CONNECTIONS,
    DELIVERIES,
    DELIVERIES_QUEUE,
    DEVICES,
    FUNCTIONS,
    MESSAGES,
    NOTIFICATIONS,
    NOTIFICATIONS_TOPIC,
    QUEUES,
    TICKETS,
    USERS,
    Table,
)
from laptop import ministack, packages
from laptop.engines import ProcessEngine
from laptop.places import Places, here
from laptop.progress import stopwatch
from tests.integration.site import create_table
from tests.lane.fake_connections import ACCESS_KEY, SECRET_KEY

WRITTEN = (MESSAGES, NOTIFICATIONS, CONNECTIONS, DELIVERIES)
BATCH = 25
HIDDEN_S = 6 * next(function.timeout_s for function in FUNCTIONS if function.name == "Deliver")


@contextmanager
def running(scratch: Path) -> Iterator[str]:
    """Runs a MiniStack of its own that keeps nothing; yields its URL."""
    packages.install_ministack(here(), stopwatch())
    places, port = Places(here().root, scratch), _free_port()
    environment = ministack.environment(places, ProcessEngine(()), port)
    environment |= {"AUTH": "false", "MINISTACK_REGION": "us-east-1"}
    places.scratch.mkdir(parents=True)
    with places.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own environment's interpreter
            [places.ministack / "bin/python", "-m", "ministack"],
            cwd=places.scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        ministack.wait(process, places, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def environment(url: str, roots: Path) -> dict[str, str]:
    """What a function has in its environment besides its settings.

    `roots` is a file with one certificate: without it the SDK reads all of the system's for each of its clients.
    """
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_CA_BUNDLE": str(roots),
    }


@dataclass(frozen=True, slots=True)
class Aws:
    """The SDK's own clients."""

    dynamodb: Any
    sqs: Any
    sns: Any

    @classmethod
    def at(cls, url: str) -> "Aws":
        session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name="us-east-1")
        return cls(*(session.client(name, endpoint_url=url) for name in ("dynamodb", "sqs", "sns")))

    def close(self) -> None:
        for client in (self.dynamodb, self.sqs, self.sns):
            client.close()


@dataclass(frozen=True, slots=True)
class Job:
    """A message that was received from the queue of deliveries."""

    part: str
    receipt: str
    record: Mapping[str, Any]  # as Lambda gives it to the function


@dataclass(frozen=True, slots=True)
class Cloud:
    aws: Aws
    names: Mapping[str, str]  # table of the catalogue -> its name here
    topic: str
    queue: str
    dead: str
    published: str  # the queue that gets what is published

    @classmethod
    def build(cls, aws: Aws, users: str) -> "Cloud":
        """Makes everything anew but the table of users, which nobody here writes."""
        suffix = uuid.uuid4().hex[:12]
        names = {table.name: f"{table.name}-{suffix}" for table in WRITTEN} | {USERS.name: users}
        for table in WRITTEN:
            aws.dynamodb.create_table(**create_table(table, names[table.name]))
        topic = aws.sns.create_topic(Name=f"notifications-{suffix}")["TopicArn"]
        dead, published = (_queue(aws, f"{name}-{suffix}") for name in ("dead", "published"))
        redrive = {"deadLetterTargetArn": _arn(aws, dead), "maxReceiveCount": DELIVERIES_QUEUE.max_receives}
        jobs = _queue(aws, f"deliveries-{suffix}", RedrivePolicy=json.dumps(redrive))
        aws.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=_arn(aws, published), Attributes={"RawMessageDelivery": "true"}
        )
        return cls(aws, names, topic, jobs, dead, published)

    def settings(self, management: str) -> dict[str, str]:
        tables = {table.variable: self.names[table.name] for table in (*WRITTEN, USERS)}
        unused = dict.fromkeys((*(each.variable for each in (DEVICES, TICKETS, *QUEUES)), "USER_POOL_ID"), "none")
        ways = {NOTIFICATIONS_TOPIC.variable: self.topic, DELIVERIES_QUEUE.variable: self.queue}
        return {**tables, **unused, **ways, "MANAGEMENT_ENDPOINT": management}

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes rows as any other program would."""
        insert(self.aws, self.names[table.name], rows)

    def rows(self, table: Table, index: str | None = None) -> tuple[Mapping[str, Any], ...]:
        source = {"IndexName": index} if index else {}
        items = self.aws.dynamodb.scan(TableName=self.names[table.name], **source)["Items"]
        read = TypeDeserializer().deserialize
        return tuple({name: read(value) for name, value in item.items()} for item in items)

    def mark_read(self, message_id: str, notification_id: str, owner: str) -> bool:
        """Does what reading a message does to its rows; False if there are none."""
        try:
            self._update(MESSAGES, {"messageId": message_id, "userId": owner}, "SET #read = :true")
        except ClientError:
            return False
        change = "SET #read = :true REMOVE unread"
        self._update(NOTIFICATIONS, {"notificationId": notification_id, "userId": owner}, change)
        return True

    def receive(self) -> list[Job]:
        """Receives some jobs, as Lambda does."""
        answer = self.aws.sqs.receive_message(
            QueueUrl=self.queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return sorted((_job(message) for message in answer.get("Messages", ())), key=lambda job: job.part)

    def put_back(self, job: Job) -> None:
        """Has a job come again, as SQS does when the visibility timeout is over."""
        with suppress(ClientError):  # it was acknowledged
            self.aws.sqs.change_message_visibility(QueueUrl=self.queue, ReceiptHandle=job.receipt, VisibilityTimeout=0)

    def lose_jobs(self) -> None:
        """Takes all jobs from the queue; nobody has done them."""
        for job in self.receive():
            self.aws.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=job.receipt)

    def told(self) -> tuple[tuple[str, ...], ...]:
        """Takes what SNS has delivered, and returns the recipients of each message."""
        messages: list[dict[str, Any]] = []
        while some := self.aws.sqs.receive_message(QueueUrl=self.published, MaxNumberOfMessages=10).get("Messages"):
            messages += some
        return tuple(tuple(json.loads(message["Body"])["recipientIds"]) for message in messages)

    def count(self, queue: str) -> int:
        """How many messages are on a queue, received or not."""
        kinds = ("", "NotVisible", "Delayed")
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        attributes = self.aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _update(self, table: Table, key: Mapping[str, str], change: str) -> None:
        self.aws.dynamodb.update_item(
            TableName=self.names[table.name],
            Key={name: {"S": value} for name, value in key.items()},
            ConditionExpression="attribute_exists(userId)",
            UpdateExpression=change,
            ExpressionAttributeNames={"#read": "read"},
            ExpressionAttributeValues={":true": {"BOOL": True}},
        )


def insert(aws: Aws, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    write = TypeSerializer().serialize
    puts = [{"PutRequest": {"Item": {name: write(value) for name, value in row.items()}}} for row in rows]
    for start in range(0, len(puts), BATCH):
        aws.dynamodb.batch_write_item(RequestItems={table: puts[start : start + BATCH]})


def _queue(aws: Aws, name: str, **attributes: str) -> str:
    return str(aws.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def _arn(aws: Aws, queue: str) -> str:
    attributes = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def _job(message: Mapping[str, Any]) -> Job:
    receipt = message["ReceiptHandle"]
    record = {"messageId": message["MessageId"], "receiptHandle": receipt, "body": message["Body"]}
    part = str(json.loads(message["Body"])["part"])
    return Job(part, receipt, {**record, "attributes": message["Attributes"]})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
