"""What goes by way of the queue: large messages, announcements, and what somebody left undone."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Person
from tests.e2e.left import DELIVERED_S, delivered, guests, leave_pending
from tests.e2e.people import MARK

CLOCK_S = 90.0
GARBAGE = "no job"


async def test_a_message_to_60_people_is_accepted_at_once(alice: Person, bob: Person, aws: Aws) -> None:
    answer = await alice.send(bob, *guests(aws, 59))

    report = answer.json()["delivery"]
    assert (answer.status, report["state"], report["recipients"]) == (202, "delivering", 60)
    await delivered(aws, answer.json()["messageId"])


async def test_a_message_to_60_people_lies_in_each_inbox_once(alice: Person, bob: Person, aws: Aws) -> None:
    ids = [bob.user_id, *guests(aws, 59)]

    message = (await alice.send(*ids)).json()["messageId"]
    await delivered(aws, message)

    for table in ("Messages", "Notifications"):
        assert sorted(row["userId"] for row in aws.rows(table, messageId=message)) == sorted(ids)


async def test_a_message_to_60_people_reaches_those_connected_once(
    alice: Person, bob: Person, ada: Person, aws: Aws
) -> None:
    first, last = await bob.connect(), await ada.connect()

    message = (await alice.send(bob, *guests(aws, 58), ada)).json()["messageId"]

    assert [(await socket.frame())["messageId"] for socket in (first, last)] == [message] * 2
    row = await delivered(aws, message)
    assert (row["posted"], row["gone"], row["failed"], "parts" in row, "pending" in row) == (2, 0, 0, False, False)
    assert await first.quiet()
    assert await last.quiet()


async def test_a_message_to_60_people_has_one_answer_for_one_key(alice: Person, aws: Aws) -> None:
    ids, key = guests(aws, 60), f"e2e-{uuid.uuid4()}"
    first = await alice.send(*ids, key=key)
    await delivered(aws, first.json()["messageId"])

    second = await alice.send(*ids, key=key)

    assert (second.status, second.json()["delivery"]["state"]) == (202, "delivered")
    assert second.json()["messageId"] == first.json()["messageId"]
    assert len(aws.rows("Messages", senderId=alice.user_id)) == 60


async def test_an_announcement_reaches_every_connection(ada: Person, alice: Person, bob: Person, aws: Aws) -> None:
    sockets = [await person.connect() for person in (ada, alice, bob, bob)]

    answer = await ada.send(audience="everyone", content=MARK)
    frames = [await socket.frame() for socket in sockets]

    message = answer.json()["messageId"]
    assert (answer.status, answer.json()["delivery"]["state"]) == (202, "delivering")
    assert {(frame["type"], frame["messageId"]) for frame in frames} == {("announcement", message)}
    assert (await delivered(aws, message))["posted"] >= 4


async def test_an_announcement_is_one_row_however_many_people_there_are(ada: Person, aws: Aws) -> None:
    sent = (await ada.send(audience="everyone")).json()
    await delivered(aws, sent["messageId"])

    [message] = aws.rows("Messages", messageId=sent["messageId"])
    [notification] = aws.rows("Notifications", messageId=sent["messageId"])
    assert (message["userId"], notification["userId"], notification["unread"]) == ("*", "*", "*")


async def test_the_sweeper_has_delivered_what_a_dead_sender_left(alice: Person, bob: Person, aws: Aws) -> None:
    socket = await bob.connect()
    message = leave_pending(aws, alice, bob)

    aws.invoke("Sweep", {})

    assert (await socket.frame())["messageId"] == message
    assert (await delivered(aws, message))["posted"] == 1


async def test_the_sweeper_leaves_alone_what_is_still_at_work(alice: Person, bob: Person, aws: Aws) -> None:
    message = leave_pending(aws, alice, bob, ago=timedelta(seconds=-CLOCK_S))

    aws.invoke("Sweep", {})

    assert [row["state"] for row in aws.rows("Deliveries", messageId=message)] == ["pending"]


def test_the_clock_calls_the_sweeper_every_minute(aws: Aws) -> None:
    arn = aws.function("Sweep")["FunctionArn"]
    rules = aws.events.list_rules()["Rules"]
    called = {rule["Name"]: aws.events.list_targets_by_rule(Rule=rule["Name"])["Targets"] for rule in rules}
    [rule] = [rule for rule in rules if [target["Arn"] for target in called[rule["Name"]]] == [arn]]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")


@pytest.fixture
def impatient(aws: Aws) -> Iterator[str]:
    """The queue, as one that puts a message with the dead letters after one receive; returns where those are."""
    url = aws.endpoints.queues["deliveries"]
    kept = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    assert json.loads(kept)["maxReceiveCount"] in (5, "5")
    once = json.dumps({**json.loads(kept), "maxReceiveCount": 1})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": once})
    yield aws.endpoints.queues["deliveries-dead"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": kept})


async def test_a_job_that_is_none_ends_with_the_dead_letters_and_stops_no_other(
    alice: Person, aws: Aws, impatient: str
) -> None:
    aws.sqs.send_message(QueueUrl=aws.endpoints.queues["deliveries"], MessageBody=GARBAGE)
    message = (await alice.send(*guests(aws, 60))).json()["messageId"]

    await delivered(aws, message)
    [dead] = await wait_until(lambda: received(aws, impatient), "it is with the dead letters", DELIVERED_S)

    assert dead["Body"] == GARBAGE


def received(aws: Aws, queue: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return messages
