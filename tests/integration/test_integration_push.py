"""Pushes on an SNS that is not ours: from the topic to the phone, once, and what becomes of phones that are gone."""

from collections.abc import Mapping

import pytest
import pytest_asyncio

from app.application import App
from app.catalogue import DEVICES, PUSH_QUEUE
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer, forwarded, lost
from tests.integration.phones import Phones
from tests.integration.rows import ALICE, BOB
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED, DENIED_PUBLISH, query_error

# What fails -> how.
FAULTS: Mapping[str, Mapping[str, Behaviour]] = {
    "publishing": {"Publish": DENIED_PUBLISH},
    "the credentials of the push service": {"Publish": query_error("PlatformApplicationDisabled", 400)},
    "the message": {"Publish": query_error("InvalidParameter", 400, "Invalid parameter: Message too long")},
    "reading profiles": {"BatchGetItem": DENIED},
    "reading devices": {"Query": DENIED},
    "taking a claim": {"PutItem": DENIED},
}


@pytest_asyncio.fixture
async def phones(fragile: App, site: Site, clock: Clock) -> Phones:
    """Alice and Bob, who has a phone of each kind."""
    for person in (ALICE, BOB):
        site.settle(clock(), person)
    phones = Phones(fragile, site, clock)
    await phones.register(BOB)
    await phones.register(BOB, phones.token[::-1], platform="apns")
    return phones


@pytest_asyncio.fixture
async def told(phones: Phones, clock: Clock) -> str:
    """Alice has sent Bob a message, and this is what the queue of pushes got of it."""
    body = {"recipientIds": [BOB], "content": "hello", "title": "Hi"}
    assert (await Client(phones.app, clock, ALICE).http("SendMessage", body))[0] == 201
    queue = phones.site.names[PUSH_QUEUE.variable]
    [message] = phones.site.aws.sqs.receive_message(QueueUrl=queue)["Messages"]
    return str(message["Body"])


def bodies(phones: Phones) -> list[str]:
    """Returns what Bob's phones have shown."""
    of_fcm = [each["fcmV1Message"]["message"]["notification"]["body"] for each in phones.shown()]
    return [*of_fcm, *(each["aps"]["alert"]["body"] for each in phones.shown("APNS_APPLICATION"))]


async def test_a_message_is_shown_by_every_phone_once(phones: Phones, told: str) -> None:
    assert await phones.push(told)
    assert await phones.push(told, receives=2)
    assert bodies(phones) == ["hello", "hello"]


async def test_a_phone_that_is_disabled_is_forgotten_and_the_other_is_told(
    phones: Phones, told: str, site: Site
) -> None:
    phones.disable()
    assert await phones.push(told)
    assert phones.endpoints() == {}
    assert [row["platform"] for row in site.rows(DEVICES) if "device" not in row] == ["apns"]
    assert bodies(phones) == ["hello"]


async def test_a_phone_whose_endpoint_is_gone_is_forgotten(phones: Phones, told: str, site: Site) -> None:
    for arn in phones.endpoints():
        site.aws.sns.delete_endpoint(EndpointArn=arn)
    assert await phones.push(told)
    assert len(site.rows(DEVICES)) == 2  # both of the other one


@pytest.mark.parametrize("what", FAULTS)
async def test_whatever_fails_the_message_comes_again_and_is_shown_once(
    what: str, phones: Phones, told: str, faults: FaultServer
) -> None:
    for operation, fault in FAULTS[what].items():
        faults.script(operation, fault)
    assert not await phones.push(told)
    assert bodies(phones) == []
    faults.heal()
    assert await phones.push(told, receives=2)
    assert bodies(phones) == ["hello", "hello"]


async def test_a_phone_that_cannot_be_reached_does_not_stop_the_other(
    phones: Phones, told: str, faults: FaultServer, moto: str
) -> None:
    faults.script("Publish", DENIED_PUBLISH, forwarded(moto))
    assert not await phones.push(told)
    assert bodies(phones) == ["hello"]
    assert await phones.push(told, receives=2)
    assert bodies(phones) == ["hello", "hello"]


async def test_a_publish_whose_answer_was_lost_is_repeated(
    phones: Phones, told: str, faults: FaultServer, moto: str
) -> None:
    faults.script("Publish", lost(forwarded(moto)), forwarded(moto))
    assert await phones.push(told)
    assert len(bodies(phones)) == 3  # of which a phone shows two as one
