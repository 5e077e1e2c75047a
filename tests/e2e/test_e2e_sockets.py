"""The open WebSocket: what one may say, what one gets, and how it ends."""

import time
from datetime import timedelta

import aiohttp
import pytest

from tests.e2e.aws import Aws, Row, wait_until
from tests.e2e.client import Person, Site
from tests.e2e.left import remember


def _row(aws: Aws, person: Person) -> Row:
    [row] = aws.rows("Connections", userId=person.user_id)
    return row


async def test_a_connection_is_remembered_until_its_token_ends(alice: Person, aws: Aws) -> None:
    opened = int(time.time())

    await alice.connect()

    row = _row(aws, alice)
    assert set(row) == {"connectionId", "userId", "timestamp", "expiresAt"}
    assert opened < row["expiresAt"] <= opened + 2 * 3600 + 30


async def test_a_ping_is_answered(alice: Person) -> None:
    socket = await alice.connect()

    await socket.send({"action": "ping"})

    assert await socket.frame() == {"type": "pong"}


async def test_an_unknown_action_is_told_and_names_the_frame(alice: Person) -> None:
    socket = await alice.connect()

    await socket.send({"action": "fly", "id": "frame-1"})

    frame = await socket.frame()
    assert frame.pop("requestId")
    assert frame == {"type": "error", "code": "unknown_action", "status": 422, "replyTo": "frame-1"}


async def test_an_error_without_an_id_names_no_frame(alice: Person) -> None:
    socket = await alice.connect()

    await socket.send({"action": "fly"})

    assert "replyTo" not in await socket.frame()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", "invalid_json"),
        ("", "invalid_json"),
        ("{", "invalid_json"),
        ('{"action": NaN}', "invalid_json"),
        ('{"action": "ping", "action": "ping"}', "duplicate_key"),
        ("[" * 1000, "json_too_deep"),
        ("null", "validation_failed"),
        ("[1]", "validation_failed"),
        ("{}", "unknown_action"),
        ('{"action": 1}', "unknown_action"),
        ('{"action": {"action": "ping"}}', "unknown_action"),
        ('{"action": "x' + "x" * 32_768 + '"}', "too_large"),
    ],
)
async def test_a_wrong_frame_is_told_and_the_connection_stays(alice: Person, text: str, code: str) -> None:
    socket = await alice.connect()

    await socket.socket.send_str(text)

    frame = await socket.frame()
    assert (frame["type"], frame["code"]) == ("error", code)
    assert await socket.quiet()


@pytest.mark.parametrize("name", ["$connect", "$disconnect", "$default"])
async def test_a_frame_cannot_play_the_gateway(alice: Person, aws: Aws, name: str) -> None:
    socket = await alice.connect()
    before = _row(aws, alice)

    await socket.send({"action": name})

    assert (await socket.frame())["code"] == "unknown_action"
    assert _row(aws, alice) == before


async def test_a_binary_frame_hurts_nobody(alice: Person) -> None:
    socket = await alice.connect()
    await socket.socket.send_bytes(b"\xff\x00")

    # API Gateway ends such a connection, MiniStack hands it on; either way the next one works.
    message = await socket.socket.receive(20)

    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.TEXT)
    assert await (await alice.connect()).quiet()


async def test_frames_in_flight_are_all_answered(alice: Person) -> None:
    socket = await alice.connect()

    for number in range(10):
        await socket.send({"action": "fly", "id": number})

    assert sorted([(await socket.frame())["replyTo"] for _ in range(10)]) == list(range(10))


async def test_a_closed_connection_is_forgotten(alice: Person, aws: Aws) -> None:
    socket = await alice.connect()
    assert _row(aws, alice)

    await socket.close()

    await wait_until(lambda: not aws.rows("Connections", userId=alice.user_id), "the row goes")


async def test_a_connection_that_broke_is_forgotten(alice: Person, aws: Aws) -> None:
    socket = await alice.connect()

    socket.break_off()

    await wait_until(lambda: not aws.rows("Connections", userId=alice.user_id), "the row goes")


async def test_a_broken_connection_does_not_stop_the_others(alice: Person, bob: Person) -> None:
    broken, whole = await bob.connect(), await bob.connect()
    broken.break_off()

    answer = await alice.send(bob)

    assert (answer.status, (await whole.frame())["messageId"]) == (201, answer.json()["messageId"])


async def test_a_connection_that_answers_gone_is_forgotten(alice: Person, bob: Person, aws: Aws) -> None:
    remember(aws, bob, "gone-long-ago", age=timedelta(minutes=1))
    socket = await bob.connect()

    answer = await alice.send(bob)

    assert answer.json()["delivery"]["connections"] == {"posted": 1, "gone": 1, "failed": 0}
    assert await socket.frame()
    assert [row["connectionId"] == "gone-long-ago" for row in aws.rows("Connections", userId=bob.user_id)] == [False]


async def test_a_connection_that_may_just_be_opening_is_kept(alice: Person, bob: Person, aws: Aws) -> None:
    remember(aws, bob, "opening", age=timedelta(seconds=0))

    answer = await alice.send(bob)

    assert answer.json()["delivery"]["connections"]["gone"] == 1
    assert _row(aws, bob)["connectionId"] == "opening"


async def test_a_connection_whose_token_has_ended_gets_nothing_and_is_closed(
    alice: Person, bob: Person, aws: Aws
) -> None:
    socket = await bob.connect()
    aws.change("Connections", _row(aws, bob), expiresAt=int(time.time()) - 1)

    answer = await alice.send(bob)

    assert answer.json()["delivery"]["connections"]["posted"] == 0
    assert await socket.dropped()
    await wait_until(lambda: not aws.rows("Connections", userId=bob.user_id), "the row goes")


async def test_a_connection_whose_token_has_ended_gets_no_announcement_and_is_closed(
    ada: Person, bob: Person, aws: Aws
) -> None:
    socket = await bob.connect()
    aws.change("Connections", _row(aws, bob), expiresAt=int(time.time()) - 1)

    await ada.send(audience="everyone")

    assert await socket.dropped()
    await wait_until(lambda: not aws.rows("Connections", userId=bob.user_id), "the row goes")


async def test_a_frame_after_the_token_has_ended_ends_the_connection(site: Site, alice: Person, aws: Aws) -> None:
    ticket = await alice.ticket()
    [row] = aws.rows("Tickets", ticket=ticket)
    ends = int(time.time()) + 2
    aws.change("Tickets", row, tokenExpiresAt=ends)
    socket = await site.open(ticket=ticket)
    await wait_until(lambda: time.time() > ends, "the token ends")

    await socket.send({"action": "ping"})

    assert (await socket.frame())["code"] == "invalid_token"
    assert await socket.ended()
