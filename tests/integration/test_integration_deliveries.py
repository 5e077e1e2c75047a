from dataclasses import replace

import pytest

from app.catalogue import DELIVERIES, MESSAGES, NOTIFICATIONS, Table
from app.delivery.plan import Plan
from app.models.deliveries import Delivery, DeliveryResult
from app.models.ids import UserId
from app.models.times import epoch_s
from app.runtime import App
from tests.integration.rows import ALICE, BOB, CAROL, MESSAGE, planned
from tests.integration.site import Clock, Site

DONE = DeliveryResult(posted=3, gone=2, failed=1, published=True, complete=True)
UNFINISHED = replace(DONE, complete=False)
ROWS = (DELIVERIES, MESSAGES, NOTIFICATIONS)


async def accept(app: App, plan: Plan) -> bool:
    return await app.dispatch._accept(plan)


async def accepted(app: App, clock: Clock) -> Delivery:
    plan = planned(clock(), BOB)
    assert await accept(app, plan)
    return plan.delivery


async def test_a_message_is_accepted_with_a_row_for_each_recipient(app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, planned(clock(), BOB, CAROL))
    assert {table.name: len(site.rows(table)) for table in ROWS} == {"Deliveries": 1, "Messages": 2, "Notifications": 2}


async def test_the_rows_of_a_message_have_the_fixed_names(app: App, site: Site, clock: Clock) -> None:
    await accept(app, planned(clock(), BOB))
    now = "2026-11-22T12:00:00.000Z"
    shared = {"userId": "bob", "senderId": "alice", "content": "hi", "title": "Message from Alice Öz"}
    shared |= {"messageId": MESSAGE, "priority": "normal", "createdAt": now}
    message, notification = site.rows(MESSAGES)[0], site.rows(NOTIFICATIONS)[0]
    assert message == {**shared, "read": False, "updatedAt": now}
    assert notification.pop("notificationId") not in {"", MESSAGE}
    assert notification == {**shared, "read": False, "type": "message", "unread": "bob"}


async def test_the_delivery_row_is_pending_leased_and_expires_after_30_days(app: App, site: Site, clock: Clock) -> None:
    await accepted(app, clock)
    row = site.rows(DELIVERIES)[0]
    assert len(row.pop("requestHash")) == 64
    assert row == {
        "messageId": MESSAGE,
        "senderId": "alice",
        "recipientCount": 1,
        "state": "pending",
        "published": False,
        "pending": "3",
        "pendingSince": "2026-11-22T12:00:00.000Z",
        "createdAt": "2026-11-22T12:00:00.000Z",
        "leasedUntil": "2026-11-22T12:00:30.000Z",
        "expiresAt": epoch_s(clock()) + 30 * 24 * 3600,
        **dict.fromkeys(("posted", "gone", "failed", "seen"), 0),
    }


async def test_the_largest_message_fits_into_one_transaction(app: App, site: Site, clock: Clock) -> None:
    names = [UserId(f"user-{number}") for number in range(49)]
    assert await accept(app, planned(clock(), *names, content="x" * 1024))
    assert len(site.rows(MESSAGES)) == len(site.rows(NOTIFICATIONS)) == 49


async def test_a_message_to_everyone_is_one_row_in_each_table(app: App, site: Site, clock: Clock) -> None:
    assert await accept(app, planned(clock()))
    assert [[row.get("userId", "*") for row in site.rows(table)] for table in ROWS] == [["*"], ["*"], ["*"]]


async def test_a_message_is_accepted_once(app: App, site: Site, clock: Clock) -> None:
    await accepted(app, clock)
    clock.advance(minutes=5)
    assert not await accept(app, planned(clock(), BOB, CAROL))
    assert [row["createdAt"] for row in site.rows(MESSAGES)] == ["2026-11-22T12:00:00.000Z"]


@pytest.mark.parametrize(("table", "sort"), [(MESSAGES, "messageId"), (NOTIFICATIONS, "notificationId")])
async def test_one_row_in_the_way_and_nothing_is_written(
    table: Table, sort: str, app: App, site: Site, clock: Clock
) -> None:
    plan = planned(clock(), BOB, CAROL)
    site.insert(table, userId="carol", **{sort: getattr(plan.notifications[0], _snake(sort))})
    assert not await accept(app, plan)
    assert [len(site.rows(each)) for each in ROWS] == [int(each is table) for each in ROWS]


async def test_a_delivery_is_read_as_it_was_written(app: App, clock: Clock) -> None:
    assert await app.dispatch.deliveries.get(MESSAGE) is None
    delivery = await accepted(app, clock)
    assert await app.dispatch.deliveries.get(MESSAGE) == delivery


async def test_a_finished_delivery_is_settled_and_no_longer_pending(app: App, site: Site, clock: Clock) -> None:
    settled = await app.dispatch.deliveries.settle(await accepted(app, clock), DONE)
    assert (settled.state, settled.posted, settled.gone, settled.failed) == ("delivered", 3, 2, 1)
    assert await app.dispatch.deliveries.get(MESSAGE) == settled
    assert not {"pending", "leasedUntil"} & set(site.rows(DELIVERIES)[0])


async def test_an_unfinished_delivery_stays_pending_and_gives_its_lease_back(
    app: App, site: Site, clock: Clock
) -> None:
    settled = await app.dispatch.deliveries.settle(await accepted(app, clock), UNFINISHED)
    row = site.rows(DELIVERIES)[0]
    assert (settled.state, row["state"], row["pending"], row["posted"]) == ("pending", "pending", "3", 3)
    assert settled.leased_until is None
    assert "leasedUntil" not in row


async def test_who_has_lost_the_lease_settles_nothing(app: App, site: Site, clock: Clock) -> None:
    first = await accepted(app, clock)
    clock.advance(seconds=30)
    second = await app.dispatch.deliveries.claim(first, clock())
    assert second is not None
    before = site.rows(DELIVERIES)
    assert await app.dispatch.deliveries.settle(first, DONE) == first
    assert site.rows(DELIVERIES) == before


@pytest.mark.parametrize(("after_s", "claimed"), [(0, False), (29.999, False), (30, True), (31, True)])
async def test_a_delivery_can_be_taken_over_when_its_lease_has_ended(
    after_s: float, claimed: bool, app: App, clock: Clock
) -> None:
    delivery = await accepted(app, clock)
    clock.advance(seconds=after_s)
    assert (await app.dispatch.deliveries.claim(delivery, clock()) is not None) is claimed


async def test_a_takeover_leases_for_30_seconds_more(app: App, site: Site, clock: Clock) -> None:
    delivery = await accepted(app, clock)
    clock.advance(seconds=40)
    claimed = await app.dispatch.deliveries.claim(delivery, clock())
    assert claimed == delivery.model_copy(update={"leased_until": "2026-11-22T12:01:10.000Z"})
    assert site.rows(DELIVERIES)[0]["leasedUntil"] == "2026-11-22T12:01:10.000Z"


async def test_an_unfinished_delivery_can_be_taken_over_at_once(app: App, clock: Clock) -> None:
    delivery = await app.dispatch.deliveries.settle(await accepted(app, clock), UNFINISHED)
    assert await app.dispatch.deliveries.claim(delivery, clock()) is not None


async def test_a_finished_delivery_cannot_be_taken_over(app: App, clock: Clock) -> None:
    delivery = await app.dispatch.deliveries.settle(await accepted(app, clock), DONE)
    assert await app.dispatch.deliveries.claim(delivery, clock()) is None


async def test_a_delivery_that_is_not_there_cannot_be_taken_over(app: App, site: Site, clock: Clock) -> None:
    delivery = planned(clock(), BOB).delivery
    assert await app.dispatch.deliveries.claim(delivery, clock()) is None
    assert site.rows(DELIVERIES) == []


async def test_only_pending_deliveries_are_in_the_index_pending(app: App, site: Site, clock: Clock) -> None:
    delivery = await accepted(app, clock)
    keys = {"messageId": MESSAGE, "pending": "3", "pendingSince": "2026-11-22T12:00:00.000Z"}
    assert site.rows(DELIVERIES, "pending") == [keys]
    await app.dispatch.deliveries.settle(delivery, DONE)
    assert site.rows(DELIVERIES, "pending") == []
    assert len(site.rows(DELIVERIES, "bySender")) == 1


async def test_what_is_for_everyone_counts_as_unread_for_nobody(app: App, site: Site, clock: Clock) -> None:
    await accept(app, planned(clock()))
    assert site.rows(NOTIFICATIONS, "unread") == []
    assert [row["userId"] for row in site.rows(NOTIFICATIONS, "byUser")] == ["*"]


async def test_what_is_for_a_person_is_in_the_index_unread_with_its_keys_only(
    app: App, site: Site, clock: Clock
) -> None:
    await accept(app, planned(clock(), BOB))
    assert [set(row) for row in site.rows(NOTIFICATIONS, "unread")] == [
        {"notificationId", "userId", "unread", "createdAt"}
    ]
    assert ALICE not in {row["unread"] for row in site.rows(NOTIFICATIONS, "unread")}


def _snake(name: str) -> str:
    return name.replace("Id", "_id")
