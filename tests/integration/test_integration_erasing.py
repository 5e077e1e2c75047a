"""What is left of somebody who was erased, table by table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from app.application import App
from app.catalogue import DEVICES, MESSAGES, NOTIFICATIONS, TABLES, TICKETS, USERS, Table
from app.models.ids import MessageId, UserId, notification_id
from tests.integration.events import Client
from tests.integration.mailbox import Mailbox
from tests.integration.phones import Phones
from tests.integration.rows import crowd
from tests.integration.site import Clock, Site
from tests.integration.worker import Worker

CROWD = crowd(49)  # and one more make a large message
FIRST, LAST, EMAIL = "Zuzanna", "Brzęczyszczykiewicz", "zuzanna@example.org"
# The attributes in which her id is left: nobody can say any more whose it was.
LEFT: Mapping[str, set[str]] = {
    "Users": set(),
    "Messages": {"senderId"},  # of what she sent, which belongs to its recipients
    "Notifications": {"senderId"},
    "Connections": set(),
    # What others sent to her, for 30 days, and how much she sent in a minute, for two more of them.
    "Deliveries": {"work", "firstRecipient", "messageId"},
    "Devices": set(),
    "Tickets": {"userId"},  # of one that she never used; it was good for 30 s
}


@dataclass(frozen=True, slots=True)
class Somebody:
    site: Site
    client: Client

    def traces(self, table: Table) -> set[str]:
        """Returns the attributes of a table that her id is in."""
        return {name for row in self.site.rows(table) for name, value in row.items() if self.client.sub in repr(value)}

    def own(self, table: Table) -> list[dict[str, Any]]:
        return [row for row in self.site.rows(table) if row.get("userId") == self.client.sub]

    async def connect(self, connection: str) -> dict[str, Any]:
        """Gets a ticket, connects with it, and returns what the authorizer passed on."""
        _, body, _ = await self.client.http("CreateTicket")
        context: dict[str, Any] = (await self.client.authorize(body["ticket"]))["context"]
        assert await self.client.socket("$connect", connection, context) == 200
        return context

    async def see(self, connection: str, context: dict[str, Any], *messages: str) -> None:
        """Says on a connection that messages were shown, and that they were read."""
        ids = [notification_id(MessageId(each)) for each in messages]
        for action in ("ack", "read"):
            frame = json.dumps({"action": action, "notificationIds": ids})
            assert await self.client.socket("$default", connection, context, frame) == 200

    async def send(self, **body: Any) -> str:
        status, answer, _ = await self.client.http("SendMessage", {"content": "hello", **body})
        assert status in (201, 202), answer
        return str(answer["messageId"])

    async def erase(self) -> int:
        status, _, _ = await self.client.http("DeleteUser", path=self.client.sub)
        return status


async def sign_up(app: App, clock: Clock, site: Site, email: str, *names: str) -> Somebody:
    client = Client(app, clock, site.person(email), admin=True)
    status, _, _ = await client.http("CreateUser", dict(zip(("firstName", "lastName"), names, strict=True)))
    assert status == 201
    return Somebody(site, client)


@pytest_asyncio.fixture
async def ben(fragile: App, site: Site, clock: Clock) -> Somebody:
    for name in CROWD:
        site.settle(clock(), name)
    return await sign_up(fragile, clock, site, "ben@example.org", "Ben", "Lee")


@pytest_asyncio.fixture
async def zuzanna(fragile: App, site: Site, clock: Clock, ben: Somebody, worker: Worker) -> Somebody:
    """Somebody who has done everything that one can do here."""
    she = await sign_up(fragile, clock, site, EMAIL, FIRST, LAST)
    phones, mailbox, names = Phones(fragile, site, clock), Mailbox.empty(fragile, site), [ben.client.sub, *CROWD]
    assert (await phones.register(she.client.sub))[0] == 201
    got = await ben.send(recipientIds=[she.client.sub])
    assert [await mailbox.receive(body) for body in mailbox.queued()] == [True]
    await ben.send(recipientIds=[she.client.sub, *names])
    announced = await ben.send(audience="everyone")
    for to in ({"recipientIds": names[:1]}, {"recipientIds": names}, {"audience": "everyone"}):
        await she.send(**to)
    await worker.drain()
    context = await she.connect("z1=")
    await she.see("z1=", context, got, announced)
    await fragile.marking.message_read(UserId(she.client.sub), MessageId(announced))
    await she.client.http("CreateTicket")
    return she


def saying(site: Site, *words: str) -> set[str]:
    """Returns the tables in which one of these words stands."""
    return {table.name for table in TABLES if any(word in repr(site.rows(table)) for word in words)}


async def test_before_she_is_erased_every_table_knows_her(zuzanna: Somebody, site: Site) -> None:
    assert {table.name for table in TABLES if zuzanna.traces(table)} == {table.name for table in TABLES}
    assert saying(site, FIRST, LAST) == {"Users", "Messages", "Notifications", "Deliveries"}
    assert [len(zuzanna.own(table)) for table in (MESSAGES, NOTIFICATIONS)] == [3, 3]
    assert EMAIL in site.emails()


async def test_what_is_left_of_her_in_each_table_is_an_id_at_most(zuzanna: Somebody, site: Site) -> None:
    assert await zuzanna.erase() == 204
    assert {table.name: zuzanna.traces(table) for table in TABLES} == LEFT
    assert saying(site, FIRST, LAST, EMAIL) == set()
    assert EMAIL not in site.emails()
    assert await zuzanna.erase() == 404


async def test_of_her_own_only_a_ticket_is_left_that_opens_nothing(zuzanna: Somebody) -> None:
    await zuzanna.erase()
    assert [table.name for table in TABLES if zuzanna.own(table)] == ["Tickets"]
    [ticket] = zuzanna.own(TICKETS)
    context = (await zuzanna.client.authorize(str(ticket["ticket"])))["context"]
    assert await zuzanna.client.socket("$connect", "z2=", context) == 403


async def test_others_keep_what_she_sent_them(zuzanna: Somebody, ben: Somebody, site: Site) -> None:
    before = {(row["messageId"], row["userId"]): row["content"] for row in site.rows(MESSAGES) if "content" in row}
    await zuzanna.erase()
    after = {(row["messageId"], row["userId"]): row for row in site.rows(MESSAGES) if "content" in row}
    assert {key: row["content"] for key, row in after.items()} == {
        key: content for key, content in before.items() if key[1] != zuzanna.client.sub
    }
    hers = {row["title"] for row in after.values() if row["senderId"] == zuzanna.client.sub}
    assert hers == {"Message from a former member", "Announcement by a former member"}
    assert {row["title"] for row in after.values() if row["senderId"] == ben.client.sub} == {
        "Message from Ben Lee",
        "Announcement by Ben Lee",
    }
    assert len(site.rows(USERS)) == len(CROWD) + 1


async def test_others_keep_their_devices_and_marks(zuzanna: Somebody, ben: Somebody, site: Site) -> None:
    phones = Phones(ben.client.app, site, ben.client.clock)
    await phones.register(ben.client.sub, "another-token")
    before = [ben.own(table) for table in (DEVICES, NOTIFICATIONS)]
    await zuzanna.erase()
    assert [len(rows) for rows in before] == [len(ben.own(table)) for table in (DEVICES, NOTIFICATIONS)] == [1, 3]
