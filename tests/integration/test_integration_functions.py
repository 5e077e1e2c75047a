"""Every function answers on a site where everything works, and leaves in the tables what it should."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.application import App
from app.catalogue import CONNECTIONS, DELIVERIES, FUNCTIONS, MESSAGES, NOTIFICATIONS, TICKETS, USERS
from app.models.times import epoch_s
from app.runtime import LambdaFunction
from tests.integration.events import Client, load
from tests.integration.faults import COUNT, FaultServer
from tests.integration.site import Clock, Site

ANN = {"firstName": "Ann", "lastName": "Lee"}
SETTINGS = {"channels": {"realtime": True, "push": True, "email": True}}
FIXED: Mapping[str, set[str]] = {
    "Users": {"userId", "email", "firstName", "lastName", "settings", "createdAt", "updatedAt"},
    "Messages": {"messageId", "userId", "senderId", "content", "read", "createdAt", "updatedAt"},
    "Notifications": {"notificationId", "userId", "type", "title", "content", "read", "createdAt"},
    "Connections": {"connectionId", "userId", "timestamp"},
}


@pytest.fixture
def ann(fragile: App, site: Site, clock: Clock) -> Client:
    return Client(fragile, clock, site.person("ann@example.org"))


@pytest.fixture
def ben(fragile: App, site: Site, clock: Clock) -> Client:
    return Client(fragile, clock, site.person("ben@example.org"))


async def connected(client: Client, connection: str = "c1=") -> dict[str, Any]:
    """Gets a ticket, shows it at the door and connects; returns what the authorizer passed on."""
    await client.http("CreateUser", ANN)  # a conflict where it is there already
    _, body, _ = await client.http("CreateTicket")
    context: dict[str, Any] = (await client.authorize(body["ticket"]))["context"]
    assert await client.socket("$connect", connection, context) == 200
    return context


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_function_of_the_catalogue_is_one(function: Any) -> None:
    assert isinstance(load(function), LambdaFunction)


async def test_create_user_writes_the_callers_profile(ann: Client, site: Site) -> None:
    status, body, headers = await ann.http("CreateUser", ANN)
    assert (status, headers["location"]) == (201, f"/users/{ann.sub}")
    now = "2026-11-22T12:00:00.000Z"
    row = {"userId": ann.sub, "email": "ann@example.org", **ANN, "settings": SETTINGS, "createdAt": now}
    assert site.rows(USERS) == [{**row, "updatedAt": now}] == [body]


async def test_create_user_of_an_admin_invites_another_person(fragile: App, site: Site, clock: Clock) -> None:
    admin = Client(fragile, clock, site.person("admin@example.org"), admin=True)
    status, body, _ = await admin.http("CreateUser", {**ANN, "email": "ann@example.org"})
    assert (status, body["email"]) == (201, "ann@example.org")
    assert body["userId"] != admin.sub
    assert set(site.emails()) == {"admin@example.org", "ann@example.org"}


async def test_get_user_shows_the_profile(ann: Client) -> None:
    _, created, _ = await ann.http("CreateUser", ANN)
    status, body, _ = await ann.http("GetUser", path=ann.sub)
    assert (status, body) == (200, created)


async def test_get_user_shows_others_the_public_part(ann: Client, ben: Client) -> None:
    await ann.http("CreateUser", ANN)
    _, body, _ = await ben.http("GetUser", path=ann.sub)
    assert body == {"userId": ann.sub, **ANN}


async def test_update_user_changes_the_profile(ann: Client, site: Site, clock: Clock) -> None:
    _, created, headers = await ann.http("CreateUser", ANN)
    clock.advance(seconds=1)
    match = {"if-match": headers["etag"]}
    status, body, _ = await ann.http("UpdateUser", {"firstName": "Anna"}, path=ann.sub, headers=match)
    expected = {**created, "firstName": "Anna", "updatedAt": "2026-11-22T12:00:01.000Z"}
    assert (status, body, site.rows(USERS)) == (200, expected, [expected])


async def test_delete_user_erases_the_person(ann: Client, site: Site, faults: FaultServer) -> None:
    await ann.http("CreateUser", ANN)
    await connected(ann)
    status, _, _ = await ann.http("DeleteUser", path=ann.sub)
    left = [site.rows(table) for table in (USERS, CONNECTIONS)]
    assert (status, left, site.emails()) == (204, [[], []], [])
    assert [seen.url.rpartition("/")[2] for seen in faults.attempts("DeleteConnection")] == ["c1%3D"]


async def test_send_message_writes_posts_and_publishes(
    ann: Client, ben: Client, site: Site, faults: FaultServer
) -> None:
    for client in (ann, ben):
        await client.http("CreateUser", ANN)
    await connected(ben)
    status, body, _ = await ann.http("SendMessage", {"recipientIds": [ben.sub], "content": "hi"})
    assert (status, body["delivery"]["state"]) == (201, "delivered")
    assert body["delivery"]["connections"] == {"posted": 1, "gone": 0, "failed": 0}
    (posted,) = faults.attempts("PostToConnection")
    (published,) = site.published()
    assert json.loads(posted.body)["messageId"] == json.loads(published["Message"])["messageId"] == body["messageId"]
    assert [row["state"] for row in site.rows(DELIVERIES, "bySender")] == ["delivered"]


async def test_the_rows_of_a_site_in_use_have_the_fixed_attributes(ann: Client, ben: Client, site: Site) -> None:
    for client in (ann, ben):
        await client.http("CreateUser", ANN)
    await connected(ben)
    await ann.http("SendMessage", {"recipientIds": [ben.sub], "content": "hi"})
    for table in (USERS, MESSAGES, NOTIFICATIONS, CONNECTIONS):
        rows = site.rows(table)
        assert rows
        assert all(row.keys() >= FIXED[table.name] for row in rows), table.name
    assert isinstance(site.rows(USERS)[0]["settings"], dict)
    assert site.rows(MESSAGES)[0]["read"] is site.rows(NOTIFICATIONS)[0]["read"] is False


async def test_the_same_key_sends_once(ann: Client, ben: Client, site: Site) -> None:
    for client in (ann, ben):
        await client.http("CreateUser", ANN)
    body = {"recipientIds": [ben.sub], "content": "hi"}
    answers = [await ann.http("SendMessage", body, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert answers[0][:2] == answers[1][:2]
    assert len(site.rows(MESSAGES)) == len(site.published()) == 1


async def test_a_message_to_one_person_takes_five_requests_to_dynamodb(
    ann: Client, ben: Client, faults: FaultServer
) -> None:
    for client in (ann, ben):
        await client.http("CreateUser", ANN)
    await connected(ben)
    faults.seen.clear()
    await ann.http("SendMessage", {"recipientIds": [ben.sub], "content": "hi"})
    made = sorted(seen.operation for seen in faults.seen)
    dynamodb = ["BatchGetItem", COUNT, "Query", "TransactWriteItems", "UpdateItem"]
    assert made == sorted([*dynamodb, "PostToConnection", "Publish"])


async def test_a_ticket_opens_a_connection_that_answers_and_ends(
    ann: Client, site: Site, clock: Clock, faults: FaultServer
) -> None:
    context = await connected(ann)
    assert site.rows(TICKETS) == []
    row = {"connectionId": "c1=", "userId": ann.sub, "timestamp": "2026-11-22T12:00:00.000Z"}
    assert site.rows(CONNECTIONS) == [{**row, "expiresAt": epoch_s(clock()) + 3600}]
    assert await ann.socket("$default", "c1=", context, '{"action":"ping"}') == 200
    assert [seen.body for seen in faults.attempts("PostToConnection")] == [b'{"type":"pong"}']
    assert await ann.socket("$disconnect", "c1=", context) == 200
    assert site.rows(CONNECTIONS) == []


async def test_a_ticket_opens_one_door_once(ann: Client, clock: Clock) -> None:
    _, body, _ = await ann.http("CreateTicket")
    assert body["expiresAt"] == "2026-11-22T12:00:30.000Z"
    effects = [await ann.authorize(body["ticket"]) for _ in range(2)]
    assert [each["policyDocument"]["Statement"][0]["Effect"] for each in effects] == ["Allow", "Deny"]
    assert effects[0]["context"] == {"userId": ann.sub, "tokenExpiresAt": epoch_s(clock()) + 3600}
