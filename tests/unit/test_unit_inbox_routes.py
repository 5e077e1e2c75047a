"""What the inbox answers to what it is not meant to be asked, and when something behind it does not answer."""

from typing import Any

import pytest

from app.catalogue import FUNCTIONS, HttpRoute
from app.handlers.connections import handle
from app.models.cursors import Position
from app.models.ids import UserId
from app.models.times import iso
from tests.unit.aws import down
from tests.unit.events import knock, socket_event
from tests.unit.people import ADA, BOB, CLEO, NOW
from tests.unit.reading import HERE, Reading, message_id, told_of
from tests.unit.test_unit_cursors import LISTS, forged
from tests.unit.test_unit_inbox_lists import sent

ROUTES = [
    trigger.key
    for function in FUNCTIONS
    for trigger in function.triggers
    if isinstance(trigger, HttpRoute) and function.name == "Inbox"
]
OF_ONE_MESSAGE = [route for route in ROUTES if "{messageId}" in route]
OF_ONE = [route for route in ROUTES if "{" in route]
LISTED = {
    "inbox": ("GET /messages", {"box": "inbox"}),
    "sent": ("GET /messages", {"box": "sent"}),
    "notifications": ("GET /notifications", {}),
    "unread": ("GET /notifications", {"unread": "true"}),
}
NO_IDS = ["*", "", "x", "x#work", f"{message_id(1)}#work", message_id(1)[1:], message_id(1) + "0", f" {message_id(10)}",
          message_id(10).upper(), f"{message_id(1)}\n", "../users", "é" * 32, "\u0660" * 32, "%2a"]  # fmt: skip


def path(route: str, each: str) -> dict[str, str]:
    return {"messageId" if "{messageId}" in route else "notificationId": each}


@pytest.mark.parametrize("route", OF_ONE)
@pytest.mark.parametrize("no_id", NO_IDS)
async def test_what_can_be_no_id_is_not_there(reading: Reading, route: str, no_id: str) -> None:
    sent(reading, 1, ADA)
    sent(reading, 10, BOB)
    answer = await reading.http(route, path=path(route, no_id), caller=BOB)
    assert (answer.status, answer.code) == (404, "not_found")
    assert reading.site.aws.calls == []


@pytest.mark.parametrize("route", OF_ONE)
async def test_what_is_of_others_is_not_there_to_the_byte(reading: Reading, route: str) -> None:
    sent(reading, 1, CLEO)
    others = message_id(1) if "{messageId}" in route else told_of(1)
    answers = [await reading.http(route, path=path(route, each)) for each in (others, "f" * 32, "*")]
    assert [answer.status for answer in answers] == [404] * 3
    assert len({(answer.text, str(answer.headers)) for answer in answers}) == 1


async def test_an_administrator_reads_no_messages_of_others(reading: Reading) -> None:
    sent(reading, 1, CLEO)
    for route in OF_ONE_MESSAGE:
        answer = await reading.http(route, path=path(route, message_id(1)), claim={"admin": True})
        assert answer.status == 404


async def test_a_recipient_is_shown_the_message_and_not_the_report(reading: Reading) -> None:
    sent(reading, 1, ADA)
    statuses = [(await reading.http(route, path=path(route, message_id(1)))).status for route in OF_ONE_MESSAGE]
    assert dict(zip(OF_ONE_MESSAGE, statuses, strict=True)) == {
        "GET /messages/{messageId}": 200,
        "PUT /messages/{messageId}/read": 204,
        "GET /messages/{messageId}/delivery": 404,
    }


async def test_a_sender_is_shown_the_message_and_cannot_mark_it(reading: Reading) -> None:
    sent(reading, 1, ADA)
    statuses = [
        (await reading.http(route, path=path(route, message_id(1)), caller=BOB)).status for route in OF_ONE_MESSAGE
    ]
    assert dict(zip(OF_ONE_MESSAGE, statuses, strict=True)) == {
        "GET /messages/{messageId}": 200,
        "PUT /messages/{messageId}/read": 404,
        "GET /messages/{messageId}/delivery": 200,
    }


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 600, "A" * 43 + "="])
async def test_what_is_no_cursor_is_refused(reading: Reading, name: str, cursor: str) -> None:
    route, query = LISTED[name]
    answer = await reading.http(route, query={**query, "cursor": cursor})
    assert (answer.status, answer.code) == (400, "invalid_cursor")
    assert reading.site.aws.calls == []


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("other", LISTS)
async def test_a_cursor_fits_its_own_list_only(reading: Reading, name: str, other: Any) -> None:
    route, query = LISTED[name]
    cursor = Position(at=iso(NOW)).seal(other, UserId(ADA))
    answer = await reading.http(route, query={**query, "cursor": cursor})
    assert answer.status == (200 if other == name else 400)


@pytest.mark.parametrize("name", LISTED)
async def test_a_cursor_of_somebody_else_is_refused(reading: Reading, name: Any) -> None:
    route, query = LISTED[name]
    cursor = Position(at=iso(NOW)).seal(name, UserId(BOB))
    assert (await reading.http(route, query={**query, "cursor": cursor})).code == "invalid_cursor"


@pytest.mark.parametrize("name", LISTED)
async def test_a_forged_cursor_shows_nothing_of_others(reading: Reading, name: Any) -> None:
    sent(reading, 1, CLEO)
    route, query = LISTED[name]
    payload = {"at": "9999-12-31T23:59:59.999Z", "own": message_id(1), "shared": told_of(1)}
    answer = await reading.http(route, query={**query, "cursor": forged(payload, name)})
    assert (answer.status, answer.body["items"]) == (200, [])


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"limit": "0"}, ("/limit", "out_of_range")),
        ({"limit": "101"}, ("/limit", "out_of_range")),
        ({"limit": "many"}, ("/limit", "out_of_range")),
        ({"userId": CLEO}, ("/userId", "unknown_field")),
    ],
)
async def test_a_wrong_query_is_told(
    reading: Reading, name: str, wrong: dict[str, str], fault: tuple[str, str]
) -> None:
    route, query = LISTED[name]
    answer = await reading.http(route, query={**query, **wrong})
    assert (answer.status, answer.code, answer.faults) == (422, "validation_failed", [fault])


@pytest.mark.parametrize("body", ["", "{}", '{"upTo":null}', '{"upTo":"2026-11-22T18:00:00Z"}'])
async def test_everything_up_to_a_time_may_be_marked(reading: Reading, body: str) -> None:
    assert (await reading.http("PUT /notifications/read", body)).status == 204


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "invalid_json"),
        ("[]", 422, "validation_failed"),
        ('"now"', 422, "validation_failed"),
        ('{"upTo":"now"}', 422, "validation_failed"),
        ('{"upTo":"2026-11-22T18:00:00 Mars/Base"}', 422, "validation_failed"),
        ('{"upTo":"0001-01-01T00:00:00+14:00"}', 422, "validation_failed"),
        ('{"upTo":1}', 422, "validation_failed"),
        ('{"userId":"x"}', 422, "validation_failed"),
        ('{"upTo":null,"upTo":null}', 400, "duplicate_key"),
        (" " * 200_000, 413, "too_large"),
    ],
)
async def test_a_wrong_time_marks_nothing(reading: Reading, body: str, status: int, code: str) -> None:
    reading.arrive(1, ADA)
    answer = await reading.http("PUT /notifications/read", body)
    assert (answer.status, answer.code) == (status, code)
    assert reading.row(1)["read"] is False


async def test_a_route_that_is_none_is_not_there(reading: Reading) -> None:
    assert (await reading.http("DELETE /messages/{messageId}", path={"messageId": message_id(1)})).status == 404


@pytest.mark.parametrize("route", ROUTES)
async def test_somebody_without_an_access_token_is_refused(reading: Reading, route: str) -> None:
    answer = await reading.http(route, path={}, claim={"token_use": "id"})
    assert (answer.status, answer.code) == (401, "invalid_token")


FAILING = {
    "GET /messages": ["query", "batch_get_item"],
    "GET /messages/{messageId}": ["batch_get_item"],
    "PUT /messages/{messageId}/read": ["batch_get_item", "update_item"],
    "GET /messages/{messageId}/delivery": ["get_item", "query"],
    "GET /notifications": ["query", "batch_get_item", "get_item"],
    "PUT /notifications/{notificationId}/read": ["batch_get_item", "update_item"],
    "PUT /notifications/read": ["query", "batch_get_item", "get_item", "update_item"],
}


def test_every_route_is_tried_with_a_table_that_does_not_answer() -> None:
    assert set(FAILING) == set(ROUTES)


@pytest.mark.parametrize(("route", "operation"), [(route, each) for route, some in FAILING.items() for each in some])
async def test_where_a_table_does_not_answer_nothing_is_half_told(reading: Reading, route: str, operation: str) -> None:
    sent(reading, 1, ADA)
    sent(reading, 2)
    reading.connect(HERE)
    given = {"{messageId}": message_id(1), "{notificationId}": told_of(1)}
    parts = path(route, next((each for name, each in given.items() if name in route), ""))
    caller = BOB if "delivery" in route else ADA
    reading.site.aws.on(operation, down())
    answer = await reading.http(route, path=parts, caller=caller)
    assert operation in reading.site.aws.operations()
    assert (answer.status, answer.code, set(answer.body)) == (
        503,
        "unavailable",
        {"type", "title", "status", "code", "detail", "requestId"},
    )
    assert reading.site.aws.named("post_to_connection") == []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("PUT")])
async def test_what_was_half_marked_is_marked_by_a_repeat(reading: Reading, route: str) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    given = {"{messageId}": message_id(1), "{notificationId}": told_of(1)}
    parts = path(route, next((each for name, each in given.items() if name in route), ""))
    working = reading.site.tables.update
    statuses = []
    for failing_at in range(4):
        reading.site.aws.on("update_item", *[working] * failing_at, down())
        statuses.append((await reading.http(route, path=parts)).status)
    reading.site.aws.on("update_item", working)
    statuses.append((await reading.http(route, path=parts)).status)
    assert (statuses[0], statuses[-1]) == (503, 204)
    assert reading.row(1)["read"] is True


FRAMES: dict[str, list[str]] = {
    "sync": ["query", "batch_get_item", "get_item"],
    "ack": ["batch_get_item", "update_item"],
    "read": ["batch_get_item", "update_item"],
}


@pytest.mark.parametrize(("action", "operation"), [(action, each) for action, some in FRAMES.items() for each in some])
async def test_a_frame_that_cannot_be_served_is_a_failure_of_the_function(
    reading: Reading, action: str, operation: str
) -> None:
    reading.arrive(1, ADA)
    reading.arrive(2)
    reading.site.aws.on(operation, down())
    more = '"after":null' if action == "sync" else f'"notificationIds":["{told_of(1)}"]'
    event = socket_event("$default", f'{{"action":"{action}",{more}}}')
    assert await knock(handle, reading.site.app, event) == 503
    assert operation in reading.site.aws.operations()
    assert reading.heard(HERE) == []


@pytest.mark.parametrize("rounds", [1, 3])
async def test_what_dynamodb_left_unread_is_asked_for_again(reading: Reading, rounds: int) -> None:
    for number in range(3):
        reading.arrive(number, ADA)
    working = reading.site.tables.batch_get

    async def part(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - AWS's own name
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    reading.site.aws.on("batch_get_item", *[part] * rounds, working)
    assert len((await reading.notifications(unread=""))["items"]) == 3
