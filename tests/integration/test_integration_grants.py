"""What the functions ask of AWS is what the catalogue grants them; moto itself grants everything."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from app.application import App
from app.catalogue import (
    DELIVERIES,
    EMAIL_SENDER,
    NOTIFICATIONS_TOPIC,
    PUSH_APPLICATIONS,
    PUSH_ENDPOINTS,
    SOCKETS,
    USER_POOL,
    Grant,
    Resource,
)
from tests.integration.events import Client, named
from tests.integration.faults import COUNT, FaultServer, Seen, forwarded
from tests.integration.mailbox import Mailbox, told
from tests.integration.phones import Phones
from tests.integration.rows import ALICE, BOB, crowd
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED, DENIED_POST, cancelled, rest_error
from tests.integration.worker import Worker

PEOPLE = crowd(50)
SMALL = {"recipientIds": PEOPLE[:3], "content": "hi"}
LARGE = {"recipientIds": PEOPLE, "content": "hi"}
EVERYONE = {"audience": "everyone", "content": "hi"}
KEY = {"idempotency-key": "k"}
_ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "SendEmail": (EMAIL_SENDER.variable, "ses:SendEmail"),
    "AdminDeleteUser": (USER_POOL.variable, "cognito-idp:AdminDeleteUser"),
}
_POSTS: Mapping[str, str] = {"PostToConnection": "POST", "DeleteConnection": "DELETE"}
_OF_QUEUES: Mapping[str, str] = {
    "SendMessage": "sqs:SendMessage",
    "SendMessageBatch": "sqs:SendMessage",
    "ChangeMessageVisibility": "sqs:ChangeMessageVisibility",
}


def granted(function: str) -> set[tuple[str, str]]:
    return {use for grant in named(function).grants for use in _allowed(grant)}


def _allowed(grant: Grant) -> Iterator[tuple[str, str]]:
    on = _name(grant.on)
    for action in grant.actions:
        if action == "dynamodb:Query":
            yield from ((f"{on}/{index}", action) for index in grant.indexes or ("",))
        else:
            yield on, action


def _name(on: Resource) -> str:
    return str(getattr(on, "variable", type(on).__name__))


@pytest.fixture
def admin(fragile: App, site: Site, clock: Clock) -> Client:
    """Alice, who may announce; of fifty people two are connected, and one of them too long."""
    site.settle(clock(), ALICE)
    for name in PEOPLE:
        site.settle(clock(), name)
    site.settle(clock(), PEOPLE[0], "c1=")
    clock.advance(minutes=59)
    site.settle(clock(), PEOPLE[1], "c2=")
    clock.advance(minutes=1)
    return Client(fragile, clock, "alice", admin=True)


async def test_sending_asks_for_no_more_than_it_is_granted(
    admin: Client, faults: FaultServer, site: Site, clock: Clock
) -> None:
    for fault in (rest_error(None, 410), DENIED_POST):
        faults.script("PostToConnection", fault)
        await admin.http("SendMessage", SMALL)
        site.settle(clock(), PEOPLE[1], "c2=")
    for body in (LARGE, EVERYONE, EVERYONE):
        await admin.http("SendMessage", body, headers=KEY)
    assert asked(faults, site) == granted("SendMessage")


async def test_delivering_asks_for_no_more_than_it_is_granted(
    admin: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    faults.script("PostToConnection", DENIED_POST)
    for body in (SMALL, LARGE, EVERYONE):
        await admin.http("SendMessage", body)
    site.settle(clock() - timedelta(hours=2), PEOPLE[2], "ended=")
    faults.seen.clear()
    await worker.round()  # writes the rows of the large one, and misses every post
    faults.script("PostToConnection", rest_error(None, 410))
    faults.script("UpdateItem", DENIED)
    await worker.round()  # fails, so that the jobs come again
    faults.heal()
    await worker.drain()
    assert asked(faults, site) == granted("Deliver")


async def test_sweeping_asks_for_no_more_than_it_is_granted(
    admin: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    faults.script("UpdateItem", DENIED)
    await admin.http("SendMessage", SMALL)
    faults.heal()
    faults.seen.clear()
    clock.advance(seconds=31)
    await worker.sweep()
    assert asked(faults, site) == granted("Sweep")


@pytest.fixture
def phones(fragile: App, site: Site, clock: Clock) -> Phones:
    for person in (ALICE, BOB):
        site.settle(clock(), person)
    return Phones(fragile, site, clock)


async def test_registering_asks_for_no_more_than_it_is_granted(phones: Phones, faults: FaultServer, site: Site) -> None:
    _, old = await phones.register(BOB)
    await phones.register(BOB, phones.token[::-1], platform="apns", replaces=old["deviceId"])
    await phones.ask(BOB, "GET /devices")
    assert asked(faults, site) == granted("HandleDevices")


async def test_pushing_asks_for_no_more_than_it_is_granted(
    phones: Phones, faults: FaultServer, site: Site, moto: str
) -> None:
    await phones.register(BOB)
    await phones.register(BOB, phones.token[::-1], platform="apns")
    faults.seen.clear()
    for body in (told(BOB), told(BOB), told(audience="everyone")):
        assert await phones.push(body)
    for application in PUSH_APPLICATIONS:  # while a disabled device is removed, somebody registers it again
        phones.disable(application.variable)
        faults.script("TransactWriteItems", cancelled("ConditionalCheckFailed", "None"), forwarded(moto))
        assert await phones.push(told(BOB, messageId=application.name))
    phones.disable()
    assert await phones.push(told(BOB, messageId="m3"))
    faults.script("BatchGetItem", DENIED)
    assert not await phones.push(told(BOB))
    assert asked(faults, site) == granted("Push")


async def test_mailing_asks_for_no_more_than_it_is_granted(
    fragile: App, site: Site, clock: Clock, faults: FaultServer
) -> None:
    mailbox = Mailbox.empty(fragile, site)
    site.settle(clock(), BOB)
    for body in (told(BOB), told(BOB), told(audience="everyone")):
        assert await mailbox.receive(body)
    faults.script("SendEmail", rest_error("SendingPausedException", 400))
    assert not await mailbox.receive(told(BOB, messageId="m2"))
    assert asked(faults, site) == granted("SendMail")


async def test_erasing_asks_for_no_more_than_it_is_granted(
    admin: Client, phones: Phones, faults: FaultServer, site: Site, moto: str
) -> None:
    await phones.register(ALICE)
    await phones.register(ALICE, phones.token[::-1], platform="apns")
    for body in (SMALL, LARGE, EVERYONE):
        await admin.http("SendMessage", body)
    faults.seen.clear()
    conflict = cancelled("ConditionalCheckFailed", "None")
    faults.script("TransactWriteItems", conflict, conflict, forwarded(moto))  # her devices are registered again
    for who in (PEOPLE[1], ALICE):
        await admin.http("DeleteUser", path=who)
    assert asked(faults, site) == granted("DeleteUser")


def asked(faults: FaultServer, site: Site) -> set[tuple[str, str]]:
    """Returns each action that was tried, and on what."""
    return {use for seen in faults.seen for use in _uses(seen, site)}


def _uses(seen: Seen, site: Site) -> Iterator[tuple[str, str]]:
    if seen.operation in _ELSEWHERE:
        yield _ELSEWHERE[seen.operation]
    elif seen.operation in _POSTS:
        yield SOCKETS.variable, _POSTS[seen.operation]
    elif seen.operation in _OF_QUEUES:
        yield _called(site, json.loads(seen.body)["QueueUrl"]), _OF_QUEUES[seen.operation]
    elif "Action=" in (form := seen.body.decode()):
        yield _of_sns(site, parse_qs(form)), f"sns:{seen.operation}"
    elif seen.operation == COUNT:
        yield DELIVERIES.variable, "dynamodb:UpdateItem"
    else:
        yield from _of_tables(seen.operation, json.loads(seen.body), site)


def _of_sns(site: Site, form: Mapping[str, list[str]]) -> str:
    if "TopicArn" in form:
        return NOTIFICATIONS_TOPIC.variable
    return (
        _called(site, form["PlatformApplicationArn"][0]) if "PlatformApplicationArn" in form else _name(PUSH_ENDPOINTS)
    )


def _of_tables(operation: str, body: Mapping[str, Any], site: Site) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":
        actions = [action for item in body["TransactItems"] for action in item.items()]
        yield from ((_called(site, action["TableName"]), f"dynamodb:{kind}Item") for kind, action in actions)
    elif "RequestItems" in body:
        yield from ((_called(site, name), f"dynamodb:{operation}") for name in body["RequestItems"])
    elif operation == "Query":
        yield f"{_called(site, body['TableName'])}/{body.get('IndexName', '')}", "dynamodb:Query"
    else:
        yield _called(site, body["TableName"]), f"dynamodb:{operation}"


def _called(site: Site, name: str) -> str:
    """Returns the variable by which a function learns of the table, queue or application of this name."""
    return next(variable for variable, value in site.names.items() if value == name)
