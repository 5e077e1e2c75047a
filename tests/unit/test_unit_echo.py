import asyncio
from datetime import timedelta

import pytest

from app.handlers.connections import handle
from app.inbox import echo
from tests.unit.aws import Reply, condition_failed, down, hang, refusal
from tests.unit.events import knock, lines, socket_event
from tests.unit.people import ADA, BOB, NOW, Row
from tests.unit.reading import HERE, Reading, message_id, told_of

LOST: dict[str, Reply] = {"down": down(), "gone": refusal("GoneException", 410), "refused": refusal("413", 413)}


def read(*numbers: int) -> Row:
    return {"type": "read", "notificationIds": [told_of(number) for number in numbers]}


@pytest.fixture(autouse=True)
def connected(reading: Reading) -> None:
    reading.connect(HERE, "phone", "tablet")
    reading.connect("bobs", owner=BOB)
    for number in (1, 2):
        reading.arrive(number, ADA, BOB)
    reading.arrive(3)


async def test_what_is_read_on_one_device_is_told_to_the_others(reading: Reading) -> None:
    assert await reading.say(action="read", notificationIds=[told_of(1)]) == []
    assert [reading.heard(name) for name in ("phone", "tablet", "bobs")] == [[read(1)], [read(1)], []]


async def test_what_is_read_by_http_is_told_to_every_connection(reading: Reading) -> None:
    await reading.read("PUT /messages/{messageId}/read", messageId=message_id(1))
    assert [reading.heard(name) for name in (HERE, "phone", "tablet")] == [[read(1)]] * 3


async def test_what_is_read_again_is_told_again_because_the_first_time_may_have_broken_off(reading: Reading) -> None:
    await reading.say(action="read", notificationIds=[told_of(1)])
    await reading.say(action="read", notificationIds=[told_of(1), told_of(2)])
    assert reading.heard("phone") == [read(1, 2)]


async def test_ids_of_nobody_are_not_told(reading: Reading) -> None:
    await reading.say(action="read", notificationIds=["f" * 32])
    assert reading.heard("phone") == []


async def test_everything_that_is_marked_at_once_is_told(reading: Reading) -> None:
    assert (await reading.http("PUT /notifications/read")).status == 204
    (frame,) = reading.heard("phone")
    assert sorted(frame["notificationIds"]) == sorted(read(1, 2, 3)["notificationIds"])


async def test_very_many_are_told_in_frames_of_five_hundred(reading: Reading) -> None:
    for number in range(10, 1210):
        reading.arrive(number, ADA, at=NOW - timedelta(seconds=number))
    await reading.http("PUT /notifications/read")
    assert [len(frame["notificationIds"]) for frame in reading.heard("phone")] == [500, 500, 203]


async def test_acknowledging_tells_nobody(reading: Reading) -> None:
    await reading.say(action="ack", notificationIds=[told_of(1)])
    assert reading.site.aws.named("post_to_connection") == []


async def test_a_connection_whose_token_has_ended_is_told_nothing(reading: Reading) -> None:
    reading.site.clock.advance(hours=2)
    await reading.say(action="read", notificationIds=[told_of(1)])
    assert reading.site.aws.named("post_to_connection") == []


@pytest.mark.parametrize("loss", LOST)
async def test_a_device_that_cannot_be_told_changes_nothing(reading: Reading, loss: str) -> None:
    reading.site.aws.on("post_to_connection", LOST[loss], {})
    assert await reading.read("PUT /messages/{messageId}/read", messageId=message_id(1)) == 204
    assert reading.row(1)["read"] is True
    asked = {post["ConnectionId"] for post in reading.site.aws.named("post_to_connection")}
    assert asked == {HERE, "phone", "tablet", f"c-{ADA}"}


async def test_connections_that_cannot_be_listed_change_nothing(
    reading: Reading, capsys: pytest.CaptureFixture[str]
) -> None:
    reading.site.aws.on("query", down())
    assert await reading.read("PUT /messages/{messageId}/read", messageId=message_id(1)) == 204
    assert reading.row(1)["read"] is True
    logged = [line for line in lines(capsys.readouterr().out) if line["event"] == "echo failed"]
    assert [(line["userId"], line["error"]) for line in logged] == [(ADA, "UnavailableError")]


async def test_a_device_that_hangs_holds_up_neither_the_mark_nor_the_others(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo, "ECHO_S", 0.05)
    told = asyncio.Event()

    async def post(**request: object) -> dict[str, object]:
        if request["ConnectionId"] == "phone":
            return await hang()
        told.set()
        return {}

    reading.site.aws.on("post_to_connection", post)
    event = socket_event("$default", f'{{"action":"read","notificationIds":["{told_of(1)}"]}}')
    assert await knock(handle, reading.site.app, event) == 200
    assert told.is_set()


async def test_a_mark_that_cannot_be_written_is_told_to_nobody(reading: Reading) -> None:
    reading.site.aws.on("update_item", down())
    assert await reading.read("PUT /messages/{messageId}/read", messageId=message_id(1)) == 503
    assert reading.site.aws.named("post_to_connection") == []


async def test_what_was_erased_while_it_was_marked_is_no_failure(reading: Reading) -> None:
    reading.site.aws.on("update_item", condition_failed())
    assert await reading.say(action="read", notificationIds=[told_of(1)]) == []
