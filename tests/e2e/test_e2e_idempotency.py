"""A request that is sent twice counts once."""

import asyncio
import uuid

from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Person

LONG_AGO = "2026-01-01T00:00:00.000Z"


def _key() -> str:
    return f"e2e-{uuid.uuid4()}"


async def test_the_same_key_and_body_have_the_same_answer(alice: Person, bob: Person) -> None:
    await bob.connect()
    key = _key()

    first, second = await alice.send(bob, key=key), await alice.send(bob, key=key)

    assert (first.status, first.json()) == (second.status, second.json())


async def test_the_same_key_and_body_write_one_set_of_rows(alice: Person, bob: Person, aws: Aws) -> None:
    key = _key()

    await alice.send(bob, key=key)
    message = (await alice.send(bob, key=key)).json()["messageId"]

    tables = ("Messages", "Notifications", "Deliveries")
    assert [len(aws.rows(table, messageId=message)) for table in tables] == [1, 1, 1]
    assert len(aws.rows("Messages", userId=bob.user_id)) == 1


async def test_whatever_frames_a_repeated_request_sends_carry_one_id(alice: Person, bob: Person) -> None:
    socket, key = await bob.connect(), _key()

    for _ in range(2):
        await alice.send(bob, key=key)
    await socket.send({"action": "ping"})

    frames = []
    while (frame := await socket.frame()) != {"type": "pong"}:
        frames.append(frame)
    assert len({frame["notificationId"] for frame in frames}) == 1


async def test_the_same_key_with_another_body_is_refused(alice: Person, bob: Person, aws: Aws) -> None:
    key = _key()
    await alice.send(bob, key=key, content="one")

    answer = await alice.send(bob, key=key, content="another")

    assert (answer.status, answer.problem()["code"]) == (422, "idempotency_key_reused")
    assert [row["content"] for row in aws.rows("Messages", userId=bob.user_id)] == ["one"]


async def test_a_key_belongs_to_its_sender(alice: Person, bob: Person) -> None:
    key = _key()

    one, other = await alice.send(bob, key=key), await bob.send(alice, key=key)

    assert (one.status, other.status) == (201, 201)
    assert one.json()["messageId"] != other.json()["messageId"]


async def test_without_a_key_the_same_body_is_another_message(alice: Person, bob: Person, aws: Aws) -> None:
    await alice.send(bob)
    await alice.send(bob)

    assert len(aws.rows("Messages", userId=bob.user_id)) == 2


async def test_a_key_that_is_none_is_refused(alice: Person, bob: Person) -> None:
    answer = await alice.send(bob, key="k" * 256)

    assert (answer.status, answer.problem()["code"]) == (400, "invalid_idempotency_key")


async def test_ten_requests_at_once_with_one_key_are_one_message(alice: Person, bob: Person, aws: Aws) -> None:
    key = _key()

    answers = await asyncio.gather(*(alice.send(bob, key=key) for _ in range(10)))

    accepted = [answer.json()["messageId"] for answer in answers if answer.status < 300]
    assert {answer.status for answer in answers} <= {201, 202, 409}
    assert len(set(accepted)) == 1
    tables = ("Messages", "Notifications", "Deliveries")
    assert [len(aws.rows(table, messageId=accepted[0])) for table in tables] == [1, 1, 1]
    assert len(aws.rows("Messages", userId=bob.user_id)) == 1


async def test_a_request_that_comes_while_the_first_runs_says_when_to_try_again(
    alice: Person, bob: Person, aws: Aws
) -> None:
    key = _key()
    message = (await alice.send(bob, key=key)).json()["messageId"]
    [row] = aws.rows("Deliveries", messageId=message)
    aws.change("Deliveries", row, state="pending", pending="pending-0", parts={"0-49"})

    answer = await alice.send(bob, key=key)

    assert (answer.status, answer.problem()["code"]) == (409, "in_progress")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_repeated_request_has_the_queue_finish_what_a_dead_one_left(
    alice: Person, bob: Person, aws: Aws
) -> None:
    key = _key()
    message = (await alice.send(bob, key=key)).json()["messageId"]
    [row] = aws.rows("Deliveries", messageId=message)
    open_again = {"state": "pending", "pending": "pending-0", "parts": {"0-49"}, "pendingSince": LONG_AGO}
    aws.change("Deliveries", row, **open_again)
    socket = await bob.connect()

    answer = await alice.send(bob, key=key)

    assert (answer.status, answer.json()["messageId"], (await socket.frame())["messageId"]) == (202, message, message)
    [row] = await wait_until(lambda: aws.rows("Deliveries", messageId=message, state="delivered"), "it is delivered")
    assert (row["posted"], "pending" in row, "parts" in row) == (1, False, False)


async def test_what_was_accepted_keeps_its_answer_when_the_recipient_has_left(alice: Person, bob: Person) -> None:
    key = _key()
    first = await alice.send(bob, key=key)
    await bob.call("DELETE", f"/users/{bob.user_id}")

    second = await alice.send(bob, key=key)

    assert (second.status, second.json()) == (201, first.json())
