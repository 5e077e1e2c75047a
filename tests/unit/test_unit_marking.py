import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.catalogue import MESSAGES, NOTIFICATIONS
from app.models.ids import UserId
from app.models.times import iso
from tests.unit.delivering import names
from tests.unit.people import ADA, BOB, CLEO, NOW
from tests.unit.reading import Reading, ids, message_id, named, told_of

ALL = "PUT /notifications/read"
ONE = "PUT /notifications/{notificationId}/read"
READER = UserId(ADA)
MESSAGE = "PUT /messages/{messageId}/read"


async def read_all(reading: Reading, up_to: Any = None) -> int:
    body = None if up_to is None else {"upTo": up_to if isinstance(up_to, str) else iso(up_to)}
    return (await reading.http(ALL, body)).status


async def unread(reading: Reading) -> set[str]:
    """Returns the unread messages, having compared the list with the count and with the list of all."""
    listed = await reading.notifications(unread="true", limit="100")
    everything = await reading.notifications(limit="100")
    assert [item for item in everything["items"] if not item["read"]] == listed["items"]
    assert listed["unread"] == everything["unread"] == len(listed["items"])
    return set(ids(listed))


async def report(reading: Reading, number: int) -> int:
    return await reading.site.app.notifications.count_seen(message_id(number), "message")


@pytest.mark.parametrize("shared", [False, True])
async def test_a_message_that_is_read_is_read_in_every_list(reading: Reading, shared: bool) -> None:
    reading.arrive(1, *([] if shared else [ADA]))
    assert await reading.read(MESSAGE, messageId=message_id(1)) == 204
    assert await unread(reading) == set()
    assert [item["read"] for item in (await reading.messages())["items"]] == [True]
    answer = await reading.http("GET /messages/{messageId}", path={"messageId": message_id(1)})
    assert answer.body["read"] is True


@pytest.mark.parametrize("shared", [False, True])
async def test_a_notification_that_is_read_is_not_unread(reading: Reading, shared: bool) -> None:
    reading.arrive(1, *([] if shared else [ADA]))
    reading.arrive(2, ADA)
    assert await reading.read(ONE, notificationId=told_of(1)) == 204
    assert await unread(reading) == {message_id(2)}


@pytest.mark.parametrize("shared", [False, True])
async def test_what_one_person_reads_is_unread_for_others(reading: Reading, shared: bool) -> None:
    reading.arrive(1, *([] if shared else [ADA, CLEO]))
    await reading.read(MESSAGE, messageId=message_id(1))
    assert await reading.unread(CLEO) == 1
    messages = (await reading.http("GET /messages", caller=CLEO)).body["items"]
    assert [item["read"] for item in messages] == [False]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("way", [MESSAGE, ONE, ALL, "frame"])
async def test_marking_twice_is_marking_once(reading: Reading, shared: bool, way: str) -> None:
    reading.arrive(1, *([] if shared else [ADA]))
    states = []
    for _ in range(3):
        if way == "frame":
            assert await reading.say(action="read", notificationIds=[told_of(1)]) == []
        else:
            path = {"messageId": message_id(1), "notificationId": told_of(1)}
            assert (await reading.http(way, path=path)).status == 204
        states.append([*reading.site.tables.rows(NOTIFICATIONS), *await unread(reading)])
    assert states[0] == states[1] == states[2]


async def test_a_late_retry_does_not_make_anything_unread(reading: Reading) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    await read_all(reading, NOW - timedelta(hours=1))
    await read_all(reading)
    await read_all(reading, NOW - timedelta(hours=1))
    assert await unread(reading) == set()


async def test_a_late_retry_of_an_earlier_mark_leaves_the_watermark_where_it_is(reading: Reading) -> None:
    for number in range(3):
        reading.arrive(number, at=NOW - timedelta(hours=3 - number))
    await read_all(reading)
    await read_all(reading, NOW - timedelta(hours=2))
    assert await reading.site.app.notifications.read_up_to(READER) == iso(NOW - timedelta(seconds=60))


async def test_all_up_to_a_time_leaves_what_is_later(reading: Reading) -> None:
    for number in range(4):
        reading.arrive(number, *([ADA] if number % 2 else []), at=NOW - timedelta(hours=number))
    assert await read_all(reading, NOW - timedelta(hours=2)) == 204
    assert await unread(reading) == set(named(0, 1))


async def test_a_time_in_the_future_is_now(reading: Reading) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    assert await read_all(reading, NOW + timedelta(days=900)) == 204
    reading.site.clock.advance(minutes=5)
    reading.arrive(3, ADA, at=reading.site.clock())
    reading.arrive(4, at=reading.site.clock())
    assert await unread(reading) == set(named(3, 4))


async def test_the_moment_itself_is_read(reading: Reading) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    await read_all(reading)
    assert await unread(reading) == set()


async def test_a_millisecond_later_is_not_read(reading: Reading) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    await read_all(reading, NOW - timedelta(milliseconds=1))
    assert await unread(reading) == set(named(1, 2))


@pytest.mark.parametrize("late_s", [0, 1, 59])
async def test_what_commits_late_stays_unread(reading: Reading, late_s: int) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    await read_all(reading)
    reading.arrive(3, ADA, at=NOW - timedelta(seconds=late_s))
    reading.arrive(4, at=NOW - timedelta(seconds=late_s))
    assert await unread(reading) == set(named(3, 4))


async def test_what_commits_late_stays_unread_when_everything_is_marked_twice(reading: Reading) -> None:
    await read_all(reading)
    reading.arrive(1, at=NOW - timedelta(seconds=59))
    reading.site.clock.advance(seconds=1)
    assert await unread(reading) == set(named(1))


async def test_more_than_a_page_is_marked(reading: Reading) -> None:
    for number in range(230):
        reading.arrive(number, *([ADA] if number % 3 else []), at=NOW - timedelta(seconds=number))
    await read_all(reading)
    assert await unread(reading) == set()


async def test_what_everyone_was_told_before_somebody_came_is_read(reading: Reading) -> None:
    reading.arrive(1, at=NOW - timedelta(days=400))
    reading.arrive(2, at=NOW)
    assert await unread(reading) == set(named(2))
    everything = await reading.notifications()
    assert [(item["messageId"], item["read"]) for item in everything["items"]] == [
        *zip(named(2, 1), (False, True), strict=True)
    ]


async def test_to_somebody_without_a_profile_nothing_of_everyone_is_unread(reading: Reading) -> None:
    reading.arrive(1)
    reading.site.leave(ADA)
    assert await reading.unread() == 0


async def test_marking_a_message_leaves_its_row_of_others_alone(reading: Reading) -> None:
    reading.arrive(1, ADA, CLEO)
    before = [row for row in reading.site.tables.rows(MESSAGES) if row["userId"] == CLEO]
    await reading.read(MESSAGE, messageId=message_id(1))
    assert [row for row in reading.site.tables.rows(MESSAGES) if row["userId"] == CLEO] == before


async def test_marking_an_announcement_never_writes_the_row_of_everyone(reading: Reading) -> None:
    reading.arrive(1)
    before = (reading.row(1, "*"), *reading.site.tables.rows(MESSAGES))
    await reading.read(MESSAGE, messageId=message_id(1))
    await reading.say(action="ack", notificationIds=[told_of(1)])
    assert reading.row(1, "*") == before[0]
    assert before[1] in reading.site.tables.rows(MESSAGES)


@pytest.mark.parametrize("action", ["read", "ack"])
async def test_ids_of_others_are_passed_over(reading: Reading, action: str) -> None:
    reading.arrive(1, BOB)
    reading.arrive(2, ADA)
    before = reading.row(1, BOB)
    unknown = "f" * 32
    assert await reading.say(action=action, notificationIds=[told_of(1), unknown, told_of(2)]) == []
    assert reading.row(1, BOB) == before
    assert reading.row(1) == {}
    assert reading.row(2).get("seenAt", reading.row(2)["read"])
    assert len(reading.site.tables.rows(NOTIFICATIONS)) == 2


@pytest.mark.parametrize("action", ["read", "ack"])
async def test_a_hundred_ids_are_taken_at_once(reading: Reading, action: str) -> None:
    for number in range(100):
        reading.arrive(number, *([ADA] if number % 2 else []))
    assert await reading.say(action=action, notificationIds=[told_of(number) for number in range(100)]) == []
    rows = [reading.row(number) for number in range(100)]
    assert all(row.get("seenAt") if action == "ack" else row["read"] for row in rows)


@pytest.mark.parametrize("action", ["read", "ack"])
async def test_an_id_that_comes_twice_in_a_frame_counts_once(reading: Reading, action: str) -> None:
    reading.arrive(1, ADA)
    assert await reading.say(action=action, notificationIds=[told_of(1)] * 100) == []
    assert len(reading.site.aws.named("update_item")) == 1


async def test_ten_thousand_ids_are_too_much_for_a_frame(reading: Reading) -> None:
    (frame,) = await reading.say(action="ack", notificationIds=[told_of(number) for number in range(10_000)])
    assert (frame["code"], frame["status"]) == ("too_large", 413)
    assert "batch_get_item" not in reading.site.aws.operations()


async def test_more_than_a_hundred_ids_are_refused_and_none_of_them_taken(reading: Reading) -> None:
    reading.arrive(0, ADA)
    (frame,) = await reading.say(action="ack", notificationIds=[told_of(number) for number in range(101)])
    assert (frame["code"], frame["status"]) == ("validation_failed", 422)
    assert "seenAt" not in reading.row(0)


async def test_a_device_that_has_seen_it_counts_in_the_senders_report(reading: Reading) -> None:
    reading.arrive(1, ADA, CLEO)
    await reading.say(action="ack", notificationIds=[told_of(1)])
    assert await report(reading, 1) == 1


async def test_the_first_device_counts_and_the_second_does_not(reading: Reading) -> None:
    reading.arrive(1, ADA)
    await reading.say(action="ack", notificationIds=[told_of(1)])
    first = reading.row(1)["seenAt"]
    reading.site.clock.advance(seconds=9)
    await reading.say(action="ack", notificationIds=[told_of(1)])
    assert (reading.row(1)["seenAt"], await report(reading, 1)) == (first, 1)


async def test_the_first_device_counts_also_where_the_second_has_not_seen_it(reading: Reading) -> None:
    for recipients in ([ADA], []):
        reading.arrive(1, *recipients)
        (given,) = await reading.site.app.notifications.given([told_of(1)], READER)
        for seconds in (0, 9):
            await reading.site.app.notifications.acknowledge(given, READER, NOW + timedelta(seconds=seconds))
        rows = [row for row in reading.site.tables.rows(NOTIFICATIONS) if row["userId"] == ADA]
        assert [row["seenAt"] for row in rows] == [iso(NOW)]
        reading.site.tables.clear(NOTIFICATIONS)


async def test_two_devices_that_acknowledge_at_once_count_once(reading: Reading) -> None:
    reading.arrive(1, ADA)
    both_read = asyncio.Barrier(2)
    batch_get = reading.site.tables.batch_get

    async def held(**request: Any) -> dict[str, Any]:
        answer = await batch_get(**request)
        await both_read.wait()
        return answer

    reading.site.aws.on("batch_get_item", held)
    marking = reading.site.app.marking
    await asyncio.gather(*(marking.acknowledge(READER, [told_of(1)]) for _ in range(2)))
    assert await report(reading, 1) == 1


async def test_seen_is_not_read(reading: Reading) -> None:
    for number, recipients in ((1, [ADA]), (2, [])):
        reading.arrive(number, *recipients)
    await reading.say(action="ack", notificationIds=[told_of(1), told_of(2)])
    assert await unread(reading) == set(named(1, 2))


async def test_of_an_announcement_every_reader_counts(reading: Reading) -> None:
    reading.arrive(1)
    readers = names(40)
    for reader in readers:
        await reading.site.app.marking.acknowledge(UserId(reader), [told_of(1)])
    assert await reading.site.app.notifications.count_seen(message_id(1), "announcement") == 40


@pytest.mark.parametrize("order", ["ack first", "read first"])
async def test_an_announcement_can_be_seen_and_read(reading: Reading, order: str) -> None:
    reading.arrive(1)
    actions = ("ack", "read") if order == "ack first" else ("read", "ack")
    for action in actions:
        await reading.say(action=action, notificationIds=[told_of(1)])
    assert await unread(reading) == set()
    assert await reading.site.app.notifications.count_seen(message_id(1), "announcement") == 1


async def test_what_was_erased_while_it_is_marked_does_not_come_back(reading: Reading) -> None:
    reading.arrive(1, ADA)

    async def erased_after(**request: Any) -> dict[str, Any]:
        answer = await reading.site.tables.batch_get(**request)
        reading.site.tables.clear(NOTIFICATIONS)
        reading.site.tables.clear(MESSAGES)
        return answer

    for action in ("ack", "read"):
        reading.arrive(1, ADA)
        reading.site.aws.on("batch_get_item", erased_after)
        assert await reading.say(action=action, notificationIds=[told_of(1)]) == []
        assert reading.site.tables.rows(NOTIFICATIONS) == []
    reading.arrive(1, ADA)
    assert await reading.read(MESSAGE, messageId=message_id(1)) == 404
    assert reading.site.tables.rows(MESSAGES) == []
