from datetime import timedelta
from typing import Any

import pytest

from app.catalogue import DELIVERIES, MESSAGES, NOTIFICATIONS
from app.models.deliveries import Delivery
from app.models.ids import UserId
from app.models.times import iso
from tests.unit.delivering import names
from tests.unit.people import ADA, BOB, CLEO, NOW
from tests.unit.reading import Reading, ids, message_id, named

RECIPIENTS = names(60)


def sent(reading: Reading, number: int, *recipients: str, rows: bool = True, **body: Any) -> Delivery:
    """Has Bob send a message, whose rows are there or are still to be written."""
    work = reading.work(number, *recipients, **body)
    delivery = Delivery.accepted(work, "hash", reading.site.clock())
    reading.site.tables.plant(DELIVERIES, delivery.to_item())
    if work.large:
        key = f"{work.message_id}#work"
        reading.site.tables.plant(DELIVERIES, {"messageId": key, "work": work.to_map(), "expiresAt": 1})
    if rows:
        reading.arrive(number, *recipients, **body)
    return delivery


async def box(reading: Reading, caller: str = BOB) -> list[dict[str, Any]]:
    answer = await reading.http("GET /messages", query={"box": "sent"}, caller=caller)
    assert answer.status == 200
    items: list[dict[str, Any]] = answer.body["items"]
    return items


async def walk(reading: Reading, route: str, **query: str) -> list[list[str]]:
    """Returns the messages of every page."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor or not pages:
        answer = await reading.http(route, query={**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status == 200
        pages.append(ids(answer.body))
        cursor = answer.body["cursor"]
        assert len(pages) < 99
    return pages


LISTS = [("GET /messages", {}), ("GET /notifications", {}), ("GET /notifications", {"unread": ""})]


@pytest.mark.parametrize(("route", "query"), LISTS)
@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_together_are_the_list(reading: Reading, route: str, query: dict[str, str], limit: int) -> None:
    for number in range(40):
        reading.arrive(number, *([ADA] if number % 3 else []), at=NOW - timedelta(milliseconds=number // 2))
    pages = await walk(reading, route, limit=str(limit), **query)
    assert sorted(name for page in pages for name in page) == named(*range(40))
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


@pytest.mark.parametrize(("route", "query"), LISTS)
async def test_a_list_that_ends_with_its_page_has_no_cursor(
    reading: Reading, route: str, query: dict[str, str]
) -> None:
    for number in range(5):
        reading.arrive(number, ADA)
    assert [len(page) for page in await walk(reading, route, limit="5", **query)] == [5]


@pytest.mark.parametrize(("route", "query"), LISTS)
async def test_a_list_of_nothing_is_empty(reading: Reading, route: str, query: dict[str, str]) -> None:
    answer = await reading.http(route, query=query)
    assert (answer.body["items"], answer.body["cursor"]) == ([], None)


@pytest.mark.parametrize(("route", "query"), LISTS)
async def test_a_cursor_survives_what_arrives(reading: Reading, route: str, query: dict[str, str]) -> None:
    for number in range(10):
        reading.arrive(number, ADA, at=NOW - timedelta(seconds=number))
    first = await reading.http(route, query={"limit": "4", **query})
    for number in range(20, 30):
        reading.arrive(number, *([ADA] if number % 2 else []), at=NOW + timedelta(seconds=number))
    rest = await reading.http(route, query={"cursor": first.body["cursor"], **query})
    assert ids(first.body) + ids(rest.body) == named(*range(10))


async def test_a_page_of_unread_ones_is_full_although_the_index_still_has_what_was_read(reading: Reading) -> None:
    for number in range(20):
        reading.arrive(number, ADA, at=NOW - timedelta(seconds=number))
        if number % 2:
            row = reading.row(number)
            reading.site.tables.plant(NOTIFICATIONS, {**row, "read": True})
    page = await reading.notifications(unread="", limit="8")
    assert ids(page) == named(*range(0, 16, 2))


async def test_unread_announcements_end_where_everything_was_read(reading: Reading) -> None:
    for number in range(30):
        reading.arrive(number, at=NOW - timedelta(hours=number))
    await reading.site.app.notifications.mark_shared_read_up_to(iso(NOW - timedelta(hours=3)), UserId(ADA))
    page = await reading.notifications(unread="")
    assert (ids(page), page["unread"]) == (named(0, 1, 2), 3)


async def test_items_of_the_inbox_have_what_the_contract_names(reading: Reading) -> None:
    reading.arrive(1, ADA, title="Hi")
    reading.arrive(2, at=NOW - timedelta(seconds=1))
    own, shared = (await reading.messages())["items"]
    members = "messageId senderId title content priority read createdAt updatedAt audience"
    assert set(own) == set(shared) == set(members.split())
    assert (own["audience"], shared["audience"]) == (None, "everyone")


async def test_the_box_of_what_was_sent_is_the_senders_own(reading: Reading) -> None:
    sent(reading, 1, ADA, CLEO, title="Hi")
    assert [await box(reading, caller) for caller in (ADA, CLEO)] == [[], []]
    (item,) = await box(reading)
    expected = {"messageId": named(1)[0], "title": "Hi", "content": "hello 1", "recipients": 2, "state": "pending"}
    assert expected.items() <= item.items()
    members = "messageId senderId audience title content priority createdAt recipients state"
    assert set(item) == set(members.split())


@pytest.mark.parametrize("recipients", [(), (ADA,), RECIPIENTS], ids=["everyone", "one", "sixty"])
@pytest.mark.parametrize("rows", [True, False])
async def test_what_was_sent_shows_what_it_says(reading: Reading, recipients: tuple[str, ...], rows: bool) -> None:
    sent(reading, 1, *recipients, rows=rows)
    (item,) = await box(reading)
    there = rows or len(recipients) > 49
    assert item["content"] == ("hello 1" if there else None)
    shown = await reading.http("GET /messages/{messageId}", path={"messageId": message_id(1)}, caller=BOB)
    assert shown.body["content"] == ("hello 1" if there else None)


async def test_what_was_sent_is_shown_when_its_first_recipient_has_deleted_it(reading: Reading) -> None:
    sent(reading, 1, ADA, CLEO)
    rest = [row for row in reading.site.tables.rows(MESSAGES) if row["userId"] == CLEO]
    reading.site.tables.clear(MESSAGES)
    reading.site.tables.plant(MESSAGES, *rest)
    assert [item["content"] for item in await box(reading)] == ["hello 1"]


async def test_one_message_whose_work_has_expired_first_does_not_hide_the_others(reading: Reading) -> None:
    sent(reading, 1, *RECIPIENTS, rows=False)
    sent(reading, 2, ADA)
    rest = [row for row in reading.site.tables.rows(DELIVERIES) if "#" not in row["messageId"]]
    reading.site.tables.clear(DELIVERIES)
    reading.site.tables.plant(DELIVERIES, *rest)
    assert {item["messageId"]: item["content"] for item in await box(reading)} == dict(
        zip(named(1, 2), (None, "hello 2"), strict=True)
    )


async def test_what_was_sent_comes_in_pages(reading: Reading) -> None:
    for number in range(25):
        sent(reading, number, ADA, at=NOW - timedelta(milliseconds=number // 2))
    seen: list[str] = []
    cursor: str | None = None
    while cursor or not seen:
        query = {"box": "sent", "limit": "4", **({"cursor": cursor} if cursor else {})}
        answer = await reading.http("GET /messages", query=query, caller=BOB)
        seen += ids(answer.body)
        cursor = answer.body["cursor"]
    assert sorted(seen) == named(*range(25))


async def test_what_is_kept_beside_deliveries_is_in_no_box(reading: Reading) -> None:
    sent(reading, 1, *RECIPIENTS)
    reading.site.tables.plant(DELIVERIES, {"messageId": f"{message_id(1)}#0-50", "version": 1})
    assert len(await box(reading)) == 1


async def test_a_report_is_for_the_sender(reading: Reading) -> None:
    sent(reading, 1, ADA, CLEO)
    await reading.say(action="ack", notificationIds=[(await reading.notifications())["items"][0]["notificationId"]])
    path = {"messageId": message_id(1)}
    answer = await reading.http("GET /messages/{messageId}/delivery", path=path, caller=BOB)
    counts = {"posted": 0, "gone": 0, "failed": 0}
    state = {"messageId": message_id(1), "state": "pending", "recipients": 2, "connections": counts, "seen": 1}
    assert (answer.status, answer.body) == (200, state)
    assert (await reading.http("GET /messages/{messageId}/delivery", path=path)).status == 404
