"""Push: who gets one, who does not, and what becomes of it when SNS takes none."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laptop import pushes
from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Person, Site
from tests.e2e.mailbox import mailed
from tests.e2e.people import introduce
from tests.e2e.phones import PUSHED_S, devices, endpoint, new_token, pushed, receive, register, told, wait_for_pushes
from tests.e2e.rights import taken_away

NASTY = 'one <b>"two"</b>\nthree \\ four 🙂'


async def test_every_phone_of_a_person_shows_a_message(alice: Person, bob: Person, aws: Aws) -> None:
    phones = {endpoint(aws, bob, await register(bob, platform)) for platform in ("fcm", "apns")}

    sent = (await alice.send(bob, title="Lunch?", content=NASTY)).json()

    found = await wait_for_pushes(aws, sent["messageId"], 2)
    assert {push["endpoint"] for push in found} == phones
    assert {(push["title"], push["body"]) for push in found} == {("Lunch?", NASTY)}
    assert {(push["data"]["senderId"], push["data"]["createdAt"]) for push in found} == {
        (alice.user_id, sent["createdAt"])
    }


async def test_a_message_that_the_queue_brings_again_is_pushed_once(alice: Person, bob: Person, aws: Aws) -> None:
    await register(bob)
    message = told(alice, bob)

    ends = await asyncio.gather(*(asyncio.to_thread(receive, aws, message) for _ in range(3)))

    assert any(ends)
    assert receive(aws, message, receives=2)
    assert len(pushed(aws, message["messageId"])) == 1


async def test_a_phone_shows_nothing_more_of_who_had_it_before(alice: Person, bob: Person, aws: Aws) -> None:
    token = new_token()
    await register(bob, token=token)
    phone = endpoint(aws, alice, await register(alice, token=token))
    to_both = told(bob, alice, bob)

    assert receive(aws, told(alice, bob))
    assert receive(aws, to_both)

    assert [push["data"]["messageId"] for push in _to(aws, phone)] == [to_both["messageId"]]


async def test_only_what_is_critical_is_pushed_in_quiet_hours(site: Site, alice: Person, aws: Aws) -> None:
    now = datetime.now(UTC)
    start, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 1))
    hours = {"quietHours": {"start": start, "end": end, "timeZone": "UTC"}}
    sleeper = await introduce(site, aws, "Cleo", settings=hours)
    phone = endpoint(aws, sleeper, await register(sleeper))

    for title, priority in (("not now", "normal"), ("fire", "critical")):
        assert receive(aws, told(alice, sleeper, title=title, priority=priority))

    assert [push["title"] for push in _to(aws, phone)] == ["fire"]


async def test_whoever_wants_no_pushes_gets_none(site: Site, alice: Person, aws: Aws) -> None:
    silent = await introduce(site, aws, "Dora", settings={"channels": {"push": False}})
    phone = endpoint(aws, silent, await register(silent))

    assert receive(aws, told(alice, silent, priority="critical"))

    assert _to(aws, phone) == []


async def test_an_announcement_is_pushed_to_everyone(ada: Person, bob: Person, aws: Aws) -> None:
    phone = endpoint(aws, bob, await register(bob))

    message = (await ada.send(audience="everyone", title="Maintenance")).json()["messageId"]

    await wait_until(lambda: _to(aws, phone), "it is pushed", PUSHED_S)
    assert [(push["title"], push["data"]["messageId"]) for push in _to(aws, phone)] == [("Maintenance", message)]


async def test_a_phone_that_sns_no_longer_knows_is_forgotten(alice: Person, bob: Person, aws: Aws) -> None:
    aws.sns.delete_endpoint(EndpointArn=endpoint(aws, bob, await register(bob)))

    assert receive(aws, told(alice, bob))

    assert await devices(bob) == []


@pytest.fixture
def no_right_to_push(aws: Aws) -> Iterator[None]:
    """The function may publish to no phone, and its queue has no patience."""
    queue, dead = (aws.endpoints.queues[name] for name in ("push", "push-dead"))
    before = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    impatient = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    with taken_away(aws, "Push", "sns:Publish"):
        aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": impatient})
        yield
        aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


@pytest.mark.usefixtures("no_right_to_push")
async def test_when_sns_takes_no_push_all_else_goes_on_and_the_push_ends_with_the_dead_letters(
    alice: Person, bob: Person, ada: Person, aws: Aws
) -> None:
    await register(bob)
    socket = await ada.connect()

    message = (await alice.send(bob, ada)).json()["messageId"]

    assert (await socket.frame())["messageId"] == message
    assert [row["userId"] for row in aws.rows("Messages", messageId=message, userId=bob.user_id)] == [bob.user_id]
    await mailed(aws, bob)
    await wait_until(lambda: message in _dead(aws), "it is with the dead letters", PUSHED_S)
    assert pushed(aws, message) == []
    assert len(await devices(bob)) == 1


def _dead(aws: Aws) -> list[str]:
    """Returns the messages whose pushes ended with the dead letters."""
    queue = aws.endpoints.queues["push-dead"]
    found = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [json.loads(message["Body"])["messageId"] for message in found.get("Messages", ())]


def _to(aws: Aws, phone: str) -> list[dict[str, Any]]:
    return [push for push in pushes.pushes(aws.endpoints) if push["endpoint"] == phone]
