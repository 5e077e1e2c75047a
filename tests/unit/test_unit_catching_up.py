from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.handlers.connections import handle
from app.models.cursors import Position
from app.models.ids import UserId
from app.models.times import iso
from tests.unit.events import knock, socket_event
from tests.unit.people import ADA, BOB, CLEO, NOW, NOW_S, Row
from tests.unit.reading import HERE, Reading, ids, named
from tests.unit.test_unit_cursors import forged

FRAME_BYTES = 32 * 1024


async def page(reading: Reading, after: str | None = None) -> Row:
    """Returns the frame that answers a sync; it is the only one."""
    (frame,) = await reading.say(action="sync", after=after)
    return frame


async def pages(reading: Reading, after: str | None = None) -> list[Row]:
    found = [await page(reading, after)]
    while found[-1]["more"]:
        found.append(await page(reading, found[-1]["cursor"]))
        assert len(found) < 99
    return found


async def synced(reading: Reading, after: str | None = None) -> tuple[list[str], str]:
    """Syncs to the end; returns the messages and the last cursor."""
    found = await pages(reading, after)
    return [message for each in found for message in ids(each)], found[-1]["cursor"]


async def test_a_client_that_has_nothing_gets_everything_the_oldest_first(reading: Reading) -> None:
    for number in range(3):
        reading.arrive(number, ADA, at=NOW - timedelta(days=number))
    reading.arrive(7, at=NOW - timedelta(days=1, hours=1))
    assert (await synced(reading))[0] == named(2, 7, 1, 0)


async def test_an_empty_page_is_a_page(reading: Reading) -> None:
    answer = await page(reading)
    assert (answer["type"], answer["items"], answer["more"], answer["unread"]) == ("page", [], False, 0)


async def test_a_page_has_what_the_contract_names(reading: Reading) -> None:
    reading.arrive(1, ADA, title="Hi", priority="critical")
    answer = await page(reading)
    assert set(answer) == {"type", "items", "cursor", "more", "unread"}
    names = "type notificationId messageId senderId title content priority createdAt read"
    assert set(answer["items"][0]) == set(names.split())


async def test_pages_end_after_a_hundred_items(reading: Reading) -> None:
    for number in range(250):
        reading.arrive(number, ADA, at=NOW + timedelta(milliseconds=number // 3))
    assert [len(each["items"]) for each in await pages(reading)] == [100, 100, 50]


async def test_a_hundred_items_are_one_page(reading: Reading) -> None:
    for number in range(100):
        reading.arrive(number, ADA)
    assert [(len(each["items"]), each["more"]) for each in await pages(reading)] == [(100, False)]


@pytest.mark.parametrize("content", ["x" * 16_384, '"' * 16_384, "\x01" * 16_384, "👍" * 4096])
async def test_no_page_is_larger_than_a_frame(reading: Reading, content: str) -> None:
    for number in range(5):
        reading.arrive(number, ADA, content=content, title="👍" * 200, at=NOW + timedelta(seconds=number))
    found = await pages(reading)
    assert [message for each in found for message in ids(each)] == named(*range(5))
    assert max(len(orjson.dumps(each)) for each in found) <= FRAME_BYTES


async def test_what_is_too_large_for_a_frame_comes_as_a_pointer(reading: Reading) -> None:
    reading.arrive(1, ADA, content="\x01" * 16_384)
    (item,) = (await page(reading))["items"]
    assert item["content"] is None
    assert (await reading.http("GET /messages/{messageId}", path={"messageId": item["messageId"]})).body["content"]


async def test_many_announcements_come_with_a_persons_own(reading: Reading) -> None:
    for number in range(130):
        reading.arrive(number, *([ADA] if number % 2 else []), at=NOW + timedelta(seconds=number))
    assert (await synced(reading))[0] == named(*range(130))


async def test_nobody_gets_what_others_were_sent(reading: Reading) -> None:
    reading.arrive(1, BOB)
    reading.arrive(2, ADA, CLEO)
    assert (await synced(reading))[0] == named(2)


async def test_a_client_that_comes_back_gets_what_is_new(reading: Reading) -> None:
    reading.arrive(1, ADA)
    reading.site.clock.advance(minutes=10)
    _, cursor = await synced(reading)
    reading.arrive(2, ADA, at=reading.site.clock())
    assert (await synced(reading, cursor))[0] == named(2)


async def test_what_commits_within_a_minute_of_its_time_is_not_missed(reading: Reading) -> None:
    sent = NOW
    reading.site.clock.advance(seconds=60)
    _, cursor = await synced(reading)
    reading.arrive(1, ADA, at=sent)
    reading.arrive(2, at=sent)
    assert (await synced(reading, cursor))[0] == named(1, 2)


async def test_a_run_of_many_pages_goes_back_to_where_it_began(reading: Reading) -> None:
    for number in range(150):
        reading.arrive(number, ADA, at=NOW - timedelta(hours=1, seconds=-number))
    first = await page(reading)
    reading.site.clock.advance(minutes=30)
    last = await page(reading, first["cursor"])
    assert last["more"] is False
    reading.arrive(500, ADA, at=NOW - timedelta(seconds=59))  # in flight when the run began, and longer
    assert named(500)[0] in (await synced(reading, last["cursor"]))[0]


async def test_a_run_that_broke_off_goes_on_and_still_goes_back_to_where_it_began(reading: Reading) -> None:
    for number in range(250):
        reading.arrive(number, ADA, at=NOW - timedelta(hours=1, seconds=-number))
    first = await page(reading)
    second = await page(reading, first["cursor"])
    assert ids(await page(reading, first["cursor"])) == ids(second)
    reading.site.clock.advance(days=3)
    third = await page(reading, second["cursor"])
    reading.arrive(500, ADA, at=NOW - timedelta(seconds=30))
    assert (await synced(reading, third["cursor"]))[0] == named(500)


async def test_what_is_new_while_a_client_pages_comes_at_the_end(reading: Reading) -> None:
    for number in range(150):
        reading.arrive(number, ADA, at=NOW - timedelta(hours=1))
    first = await page(reading)
    reading.arrive(200, ADA)
    reading.arrive(201)
    assert set((await synced(reading, first["cursor"]))[0]) >= set(named(200, 201))


async def test_a_cursor_is_good_for_ever(reading: Reading) -> None:
    _, cursor = await synced(reading)
    reading.site.clock.advance(days=4000)
    reading.arrive(1, ADA, at=reading.site.clock())
    assert (await synced(reading, cursor))[0] == named(1)


async def test_a_page_says_what_was_read(reading: Reading) -> None:
    for number in (1, 2):
        reading.arrive(number, ADA)
    reading.arrive(3)
    reading.arrive(4)
    for number in (1, 3):
        assert await reading.read("PUT /messages/{messageId}/read", messageId=named(number)[0]) == 204
    answer = await page(reading)
    assert {item["messageId"]: item["read"] for item in answer["items"]} == dict(
        zip(named(1, 2, 3, 4), (True, False, True, False), strict=True)
    )
    assert answer["unread"] == 2


@pytest.mark.parametrize("cursor", ["", "x", "é", "null", "A" * 600])
async def test_what_is_no_cursor_is_told(reading: Reading, cursor: str) -> None:
    answer = await page(reading, cursor)
    assert (answer["type"], answer["status"], answer["code"]) == ("error", 400, "invalid_cursor")


async def test_a_cursor_of_a_list_is_none_of_sync(reading: Reading) -> None:
    cursor = Position(at=iso(NOW)).seal("notifications", UserId(ADA))
    assert (await page(reading, cursor))["code"] == "invalid_cursor"


async def test_a_cursor_of_another_person_is_refused(reading: Reading) -> None:
    assert (await page(reading, Position(at=iso(NOW)).seal("sync", UserId(BOB))))["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "payload",
    [
        {"at": iso(NOW), "began": "1970-01-01T00:00:00.000Z"},
        {"at": "1970-01-01T00:00:00.000Z"},
        {"at": "9999-12-31T23:59:59.999Z"},
        {"at": iso(NOW), "began": "9999-12-31T23:59:59.999Z"},
        {"at": iso(NOW), "own": "0" * 32, "shared": "f" * 32},
    ],
)
async def test_a_forged_cursor_leads_to_ones_own_rows_and_to_no_failure(
    reading: Reading, payload: dict[str, Any]
) -> None:
    reading.arrive(1, BOB)
    answer = await page(reading, forged(payload))
    assert (answer["type"], answer["items"]) == ("page", [])
    assert (await page(reading, answer["cursor"]))["type"] == "page"


async def test_an_error_names_the_frame(reading: Reading) -> None:
    (frame,) = await reading.say(action="sync", after="x", id="s-1")
    assert frame["replyTo"] == "s-1"


async def test_a_client_whose_token_has_ended_gets_no_page(reading: Reading) -> None:
    reading.arrive(1, ADA)
    event = socket_event("$default", '{"action":"sync","after":null}', expires_at=NOW_S)
    await knock(handle, reading.site.app, event)
    assert [frame["code"] for frame in reading.heard(HERE)] == ["invalid_token"]
    assert "query" not in reading.site.aws.operations()


async def test_a_page_goes_to_the_connection_that_asked_and_no_other(reading: Reading) -> None:
    reading.connect("other")
    await page(reading)
    assert reading.heard("other") == []
