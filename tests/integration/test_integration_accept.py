"""The transaction by which a message is accepted: what it writes, once and whole."""

from typing import Any

import orjson
import pytest

from app.application import App
from app.catalogue import DELIVERIES, MESSAGES, NOTIFICATIONS, Table
from app.delivery.plan import notification
from app.models.ids import UserId
from app.models.messages import MAX_RECIPIENTS, MAX_SEND_BYTES, SendMessage
from app.models.times import epoch_s
from app.models.wire import check, parse
from app.models.work import Work
from tests.integration.rows import ALICE, BOB, CAROL, MESSAGE, crowd, delivery, user, work
from tests.integration.site import Clock, Site
from tests.integration.sizes import LIMIT, item_size

ROWS = (DELIVERIES, MESSAGES, NOTIFICATIONS)
NOW = "2026-11-22T12:00:00.000Z"


async def accept(app: App, clock: Clock, of: Work) -> bool:
    return await app.dispatch._accept(delivery(of, clock()), of)


def counted(site: Site) -> dict[str, int]:
    return {table.name: len(site.rows(table)) for table in ROWS}


def beside(site: Site) -> list[dict[str, Any]]:
    """Returns what lies in the table Deliveries and is no delivery."""
    return [row for row in site.rows(DELIVERIES) if "#" in row["messageId"]]


async def test_a_message_is_accepted_with_a_row_for_each_recipient(app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, clock, work(clock(), BOB, CAROL))
    assert counted(site) == {"Deliveries": 1, "Messages": 2, "Notifications": 2}


async def test_the_rows_of_a_message_have_the_fixed_names(app: App, site: Site, clock: Clock) -> None:
    await accept(app, clock, work(clock(), BOB))
    shared = {"userId": "bob", "senderId": "alice", "content": "hi", "title": "Message from Alice Öz"}
    shared |= {"messageId": MESSAGE, "priority": "normal", "createdAt": NOW}
    message, notified = site.rows(MESSAGES)[0], site.rows(NOTIFICATIONS)[0]
    assert message == {**shared, "read": False, "updatedAt": NOW}
    assert notified.pop("notificationId") not in {"", MESSAGE}
    assert notified == {**shared, "read": False, "type": "message", "unread": "bob"}


async def test_the_delivery_row_is_pending_open_and_expires_after_30_days(app: App, site: Site, clock: Clock) -> None:
    await accept(app, clock, work(clock(), BOB))
    assert site.rows(DELIVERIES) == [
        {
            "messageId": MESSAGE,
            "senderId": "alice",
            "recipientCount": 1,
            "firstRecipient": BOB,
            "requestHash": "0" * 64,
            "state": "pending",
            "parts": {"0-49"},
            "pending": "pending-3",
            "pendingSince": NOW,
            "createdAt": NOW,
            "expiresAt": epoch_s(clock()) + 30 * 24 * 3600,
            **dict.fromkeys(("posted", "gone", "failed"), 0),
        }
    ]


async def test_the_largest_small_message_fits_into_one_transaction(app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, clock, work(clock(), *crowd(49), content="x" * 1024))
    assert counted(site) == {"Deliveries": 1, "Messages": 49, "Notifications": 49}


async def test_a_message_to_everyone_is_one_row_in_each_table(app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, clock, work(clock()))
    assert [[row.get("userId", "*") for row in site.rows(table)] for table in ROWS] == [["*"], ["*"], ["*"]]


async def test_a_large_message_leaves_its_work_and_nobodys_rows(app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, clock, work(clock(), *crowd(50)))
    assert counted(site) == {"Deliveries": 3, "Messages": 0, "Notifications": 0}
    [planned] = [row for row in beside(site) if row["messageId"] == f"{MESSAGE}#work"]
    assert planned["work"]["recipientIds"] == crowd(50)


async def test_that_the_key_of_a_large_message_was_used_never_expires(app: App, site: Site, clock: Clock) -> None:
    await accept(app, clock, work(clock(), *crowd(50)))
    assert {"messageId": f"{MESSAGE}#used"} in beside(site)


@pytest.mark.parametrize("recipients", [[], [BOB], crowd(50)], ids=["everyone", "one", "large"])
async def test_a_key_that_was_used_is_refused_when_its_delivery_has_expired(
    recipients: list[UserId], app: App, site: Site, clock: Clock
) -> None:
    assert await accept(app, clock, work(clock(), *recipients))
    for row in site.rows(DELIVERIES):
        if "expiresAt" in row:
            await app.deliveries.table.delete({"messageId": row["messageId"]})
    clock.advance(days=31)
    assert not await accept(app, clock, work(clock(), *recipients))


@pytest.mark.parametrize(
    ("recipients", "parts"),
    [
        (49, {"0-49"}),
        (50, {"0-50"}),
        (51, {"0-50", "50-100"}),
        (5_000, {f"{50 * number}-{50 * (number + 1)}" for number in range(100)}),
    ],
    ids=["49", "50", "51", "5000"],
)
async def test_a_delivery_has_an_open_part_for_each_fifty(
    recipients: int, parts: set[str], app: App, clock: Clock
) -> None:
    await accept(app, clock, work(clock(), *crowd(recipients)))
    accepted = await app.deliveries.get(MESSAGE)
    assert accepted is not None
    assert accepted.parts == parts


async def test_the_work_is_read_as_it_was_written(app: App, clock: Clock) -> None:
    written = work(clock(), *crowd(51))
    await accept(app, clock, written)
    assert await app.deliveries.work(MESSAGE) == written


async def test_the_work_expires_with_its_delivery(app: App, site: Site, clock: Clock) -> None:
    await accept(app, clock, work(clock(), *crowd(51)))
    expiries = [row["expiresAt"] for row in site.rows(DELIVERIES) if not row["messageId"].endswith("#used")]
    assert expiries == [epoch_s(clock()) + 30 * 24 * 3600] * 2


async def test_a_large_delivery_without_its_work_is_a_bug(app: App) -> None:
    with pytest.raises(LookupError):
        await app.deliveries.work(MESSAGE)


@pytest.mark.parametrize("recipients", [[], [BOB], crowd(50)], ids=["everyone", "one", "large"])
async def test_a_message_is_accepted_once(recipients: list[UserId], app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, clock, work(clock(), *recipients))
    before = [site.rows(table) for table in ROWS]
    clock.advance(minutes=5)
    assert not await accept(app, clock, work(clock(), *recipients))
    assert [site.rows(table) for table in ROWS] == before


@pytest.mark.parametrize(("table", "sort"), [(MESSAGES, "message_id"), (NOTIFICATIONS, "notification_id")])
async def test_one_row_in_the_way_and_nothing_is_written(
    table: Table, sort: str, app: App, site: Site, clock: Clock
) -> None:
    of = work(clock(), BOB, CAROL)
    site.insert(table, userId="carol", **{table.partition: getattr(notification(of, CAROL), sort)})
    assert not await accept(app, clock, of)
    assert [len(site.rows(each)) for each in ROWS] == [int(each is table) for each in ROWS]


async def test_work_in_the_way_and_nothing_is_written(app: App, site: Site, clock: Clock) -> None:
    site.insert(DELIVERIES, messageId=f"{MESSAGE}#work")
    assert not await accept(app, clock, work(clock(), *crowd(50)))
    assert counted(site) == {"Deliveries": 1, "Messages": 0, "Notifications": 0}


async def test_what_is_for_everyone_is_unread_for_everyone_once(app: App, site: Site, clock: Clock) -> None:
    await accept(app, clock, work(clock()))
    assert [row["unread"] for row in site.rows(NOTIFICATIONS, "unread")] == ["*"]
    assert [row["userId"] for row in site.rows(NOTIFICATIONS, "byUser")] == ["*"]


async def test_what_is_for_a_person_is_in_the_index_unread_with_its_keys_only(
    app: App, site: Site, clock: Clock
) -> None:
    await accept(app, clock, work(clock(), BOB))
    assert [set(row) for row in site.rows(NOTIFICATIONS, "unread")] == [
        {"notificationId", "userId", "unread", "createdAt"}
    ]
    assert ALICE not in {row["unread"] for row in site.rows(NOTIFICATIONS, "unread")}


async def test_5000_ids_of_36_bytes_and_16_kib_fit_into_one_item(app: App, site: Site, clock: Clock) -> None:
    names = [UserId(f"{number:036}") for number in range(MAX_RECIPIENTS)]
    assert await accept(app, clock, work(clock(), *names, content="ü" * 8 * 1024))
    assert max(item_size(row) for row in site.rows(DELIVERIES)) < LIMIT


@pytest.mark.parametrize("letter", ["x", "🙂"], ids=["ascii", "four bytes"])
async def test_whatever_body_may_be_sent_fits_into_one_item(letter: str, app: App, site: Site, clock: Clock) -> None:
    body = check(SendMessage, parse(_fullest(letter), limit=MAX_SEND_BYTES))
    sender = user(ALICE, clock()).model_copy(update={"first_name": "N" * 100, "last_name": "N" * 100})
    assert await accept(app, clock, Work.of(MESSAGE, sender, body, clock()))
    assert max(item_size(row) for row in site.rows(DELIVERIES)) < LIMIT


def _fullest(letter: str) -> bytes:
    """Returns a body of as many bytes as may be sent, all but a few of which will be stored."""
    bare = {"content": letter * (16 * 1024 // len(letter.encode())), "title": letter * 200, "priority": "critical"}
    size = len(orjson.dumps(letter * 124 + "0000")) + 1
    count = min(MAX_RECIPIENTS, (MAX_SEND_BYTES - len(orjson.dumps({**bare, "recipientIds": []}))) // size)
    body = orjson.dumps({**bare, "recipientIds": [f"{letter * 124}{number:04}" for number in range(count)]})
    assert MAX_SEND_BYTES - size < len(body) <= MAX_SEND_BYTES
    return body
