"""The SNS topic, by which the other channels are told of every message."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.aws import Aws
from tests.e2e.client import Person

POLL_S = 20  # SQS's longest; an announcement is published by a worker, which may have to start


@pytest.fixture
def queue(aws: Aws) -> Iterator[str]:
    """A queue that gets what is published on the topic `notifications`, as SNS wraps it."""
    url = aws.sqs.create_queue(QueueName=f"e2e-{uuid.uuid4().hex}")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = aws.endpoints.topics["notifications"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _open_to_sns(arn)})
    subscription = aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield url
    aws.sns.unsubscribe(SubscriptionArn=subscription)
    aws.sqs.delete_queue(QueueUrl=url)


def _open_to_sns(queue: str) -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Resource": queue}]})


def _published(aws: Aws, queue: str) -> list[dict[str, Any]]:
    answer = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=POLL_S)
    return [json.loads(message["Body"]) for message in answer.get("Messages", ())]


async def test_an_accepted_message_is_published_once_for_all_its_recipients(
    alice: Person, bob: Person, aws: Aws, queue: str
) -> None:
    socket = await bob.connect()

    await alice.send(bob, alice, priority="critical")

    [published] = _published(aws, queue)
    recipients = {"audience": None, "recipientIds": [bob.user_id, alice.user_id]}
    assert json.loads(published["Message"]) == {**await socket.frame(), **recipients}


async def test_what_is_published_can_be_filtered_by_type_and_priority(
    alice: Person, bob: Person, aws: Aws, queue: str
) -> None:
    await alice.send(bob, priority="critical")

    [published] = _published(aws, queue)
    attributes = {name: each["Value"] for name, each in published["MessageAttributes"].items()}
    assert attributes == {"type": "message", "priority": "critical"}


async def test_an_announcement_is_published_for_nobody_in_particular(ada: Person, aws: Aws, queue: str) -> None:
    await ada.send(audience="everyone")

    [published] = _published(aws, queue)
    message = json.loads(published["Message"])
    assert (message["type"], message["audience"], message["recipientIds"]) == ("announcement", "everyone", [])


async def test_a_refused_message_is_not_published(alice: Person, bob: Person, aws: Aws, queue: str) -> None:
    await alice.send(bob, "nobody")
    accepted = (await alice.send(bob)).json()["messageId"]

    assert [json.loads(each["Message"])["messageId"] for each in _published(aws, queue)] == [accepted]
