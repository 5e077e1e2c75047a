"""What the functions ask of AWS is what the catalogue grants them; moto itself grants everything."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from app.catalogue import DELIVERIES_QUEUE, NOTIFICATIONS_TOPIC, SOCKETS, TABLES, Grant, Resource
from app.runtime import App
from tests.integration.events import Client, named
from tests.integration.faults import FaultServer, Seen
from tests.integration.rows import ALICE, crowd
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED, DENIED_POST, rest_error
from tests.integration.worker import Worker

PEOPLE = crowd(50)
SMALL = {"recipientIds": PEOPLE[:3], "content": "hi"}
LARGE = {"recipientIds": PEOPLE, "content": "hi"}
EVERYONE = {"audience": "everyone", "content": "hi"}
KEY = {"idempotency-key": "k"}
_ELSEWHERE: Mapping[str, tuple[Resource, str]] = {
    "Publish": (NOTIFICATIONS_TOPIC, "sns:Publish"),
    "SendMessage": (DELIVERIES_QUEUE, "sqs:SendMessage"),
    "SendMessageBatch": (DELIVERIES_QUEUE, "sqs:SendMessage"),
    "ChangeMessageVisibility": (DELIVERIES_QUEUE, "sqs:ChangeMessageVisibility"),
    "PostToConnection": (SOCKETS, "POST"),
    "DeleteConnection": (SOCKETS, "DELETE"),
}


def granted(function: str) -> set[tuple[str, str]]:
    return {use for grant in named(function).grants for use in _allowed(grant)}


def _allowed(grant: Grant) -> Iterator[tuple[str, str]]:
    on = grant.on.variable
    for action in grant.actions:
        if action == "dynamodb:Query":
            yield from ((f"{on}/{index}", action) for index in grant.indexes or ("",))
        else:
            yield on, action


GRANTED_TO_DELIVER = granted("Deliver")


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


def asked(faults: FaultServer, site: Site) -> set[tuple[str, str]]:
    """Returns each action that was tried, and on what."""
    return {use for seen in faults.seen for use in _uses(seen, site)}


def _uses(seen: Seen, site: Site) -> Iterator[tuple[str, str]]:
    if seen.operation in _ELSEWHERE:
        on, action = _ELSEWHERE[seen.operation]
        yield on.variable, action
        return
    body, variables = json.loads(seen.body), {site.names[table.variable]: table.variable for table in TABLES}
    if seen.operation == "TransactWriteItems":
        yield from ((variables[put["Put"]["TableName"]], "dynamodb:PutItem") for put in body["TransactItems"])
    elif "RequestItems" in body:
        yield from ((variables[name], f"dynamodb:{seen.operation}") for name in body["RequestItems"])
    elif seen.operation == "Query":
        yield f"{variables[body['TableName']]}/{body.get('IndexName', '')}", "dynamodb:Query"
    else:
        yield variables[body["TableName"]], f"dynamodb:{seen.operation}"
