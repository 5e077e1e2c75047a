"""Mail: who gets one, who does not, and what becomes of it when SES takes none."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from laptop import mails
from tests.e2e.aws import Aws, Row, wait_until
from tests.e2e.client import Person, Site
from tests.e2e.mailbox import MAILED_S, mailed, mails_to, receive, send, unknown_sender
from tests.e2e.people import introduce

NASTY = "one <b>two</b>\nthree & four"


def _quiet_now() -> Row:
    now = datetime.now(UTC)
    start, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 1))
    return {"settings": {"quietHours": {"start": start, "end": end, "timeZone": "UTC"}}}


@pytest.fixture
async def sleeper(site: Site, aws: Aws) -> Person:
    """Somebody whose hours are quiet now."""
    return await introduce(site, aws, "Cleo", **_quiet_now())


async def test_whoever_is_not_connected_gets_one_mail(alice: Person, bob: Person, aws: Aws) -> None:
    await send(alice, bob, title="Lunch?", content=NASTY)

    mail = await mailed(aws, bob)
    assert (mail.sender, mail.to, mail.subject) == (mails.SENDER, bob.email, "Message: Lunch?")
    assert f"\n{NASTY}\n" in mail.text
    assert "one &lt;b&gt;two&lt;/b&gt;<br>three &amp; four" in mail.html


async def test_a_message_that_the_queue_brings_again_is_mailed_once(alice: Person, bob: Person, aws: Aws) -> None:
    told = await send(alice, bob)

    ends = await asyncio.gather(*(asyncio.to_thread(receive, aws, told) for _ in range(3)))

    assert any(ends)
    assert receive(aws, told)
    assert len(mails_to(aws, bob)) == 1


async def test_whoever_is_connected_gets_no_mail(alice: Person, bob: Person, aws: Aws) -> None:
    socket = await bob.connect()

    told = await send(alice, bob, alice)

    assert (await socket.frame())["messageId"] == told["messageId"]
    assert receive(aws, told)
    assert (mails_to(aws, bob), len(mails_to(aws, alice))) == ([], 1)


async def test_only_what_is_critical_is_mailed_in_quiet_hours(alice: Person, sleeper: Person, aws: Aws) -> None:
    assert receive(aws, await send(alice, sleeper, title="not now"))
    assert receive(aws, await send(alice, sleeper, title="fire", priority="critical"))

    assert [mail.subject for mail in mails_to(aws, sleeper)] == ["Message: fire"]


async def test_whoever_wants_no_mail_gets_none(site: Site, alice: Person, aws: Aws) -> None:
    silent = await introduce(site, aws, "Dora", settings={"channels": {"email": False}})

    assert receive(aws, await send(alice, silent, priority="critical"))

    assert mails_to(aws, silent) == []


async def test_whoever_comes_by_an_announcement_gets_one_mail(ada: Person, bob: Person, aws: Aws) -> None:
    await ada.send(audience="everyone", title="Maintenance")

    assert (await mailed(aws, bob)).subject == "Announcement: Maintenance"


@pytest.fixture
def no_sender(aws: Aws) -> Iterator[None]:
    """SES knows the sender no more, and the queue has no patience."""
    queue, dead = (aws.endpoints.queues[name] for name in ("email", "email-dead"))
    before = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy", "DelaySeconds"])
    arn = aws.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    with unknown_sender(aws):
        aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy, "DelaySeconds": "0"})
        yield
        aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=before["Attributes"])


def _dead(aws: Aws, seen: set[str]) -> set[str]:
    """Adds the messages whose mails are with the dead letters; there may be many, of what others told everyone."""
    found = aws.sqs.receive_message(
        QueueUrl=aws.endpoints.queues["email-dead"], MaxNumberOfMessages=10, VisibilityTimeout=30
    )
    seen |= {json.loads(message["Body"])["messageId"] for message in found.get("Messages", ())}
    return seen


@pytest.mark.usefixtures("no_sender")
async def test_when_ses_takes_no_mail_all_else_goes_on_and_the_mail_ends_with_the_dead_letters(
    alice: Person, bob: Person, ada: Person, aws: Aws
) -> None:
    socket = await ada.connect()

    message = (await send(alice, bob, ada))["messageId"]

    assert (await socket.frame())["messageId"] == message
    assert [row["userId"] for row in aws.rows("Messages", messageId=message, userId=bob.user_id)] == [bob.user_id]
    seen: set[str] = set()
    await wait_until(lambda: message in _dead(aws, seen), "it is with the dead letters", MAILED_S)
    assert mails_to(aws, bob) == []
