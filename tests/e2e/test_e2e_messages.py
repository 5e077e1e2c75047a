"""The whole path: what is sent over HTTP arrives on WebSockets and lies in the tables."""

import asyncio

from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site
from tests.e2e.people import MARK, introduce, sign_up

SECONDS_30_DAYS = 30 * 24 * 3600


async def test_both_websockets_of_the_recipient_get_the_frame(alice: Person, bob: Person) -> None:
    sockets = [await bob.connect(), await bob.connect()]

    answer = await alice.send(bob, content=f"Grüße 👋 {MARK}", title=f"Tea? {MARK}", priority="critical")
    frames = [await socket.frame() for socket in sockets]

    sent = answer.json()
    expected = {
        "type": "message",
        "messageId": sent["messageId"],
        "senderId": alice.user_id,
        "title": f"Tea? {MARK}",
        "content": f"Grüße 👋 {MARK}",
        "priority": "critical",
        "createdAt": sent["createdAt"],
    }
    assert frames == [{**expected, "notificationId": frames[0]["notificationId"]}] * 2


async def test_the_answer_reports_both_websockets(alice: Person, bob: Person) -> None:
    await bob.connect()
    await bob.connect()

    answer = await alice.send(bob)

    message = answer.json()["messageId"]
    assert answer.status == 201
    assert answer.json() == {
        "messageId": message,
        "createdAt": answer.json()["createdAt"],
        "delivery": {
            "messageId": message,
            "state": "delivered",
            "recipients": 1,
            "connections": {"posted": 2, "gone": 0, "failed": 0},
            "seen": 0,
        },
    }


async def test_the_sender_gets_no_frame(alice: Person, bob: Person) -> None:
    own, theirs = await alice.connect(), await bob.connect()

    await alice.send(bob)

    assert await theirs.frame()
    assert await own.quiet()


async def test_a_stranger_gets_no_frame(alice: Person, bob: Person, ada: Person) -> None:
    stranger = await ada.connect()

    await alice.send(bob)

    assert await stranger.quiet()


async def test_an_accepted_message_lies_in_the_recipients_inbox(alice: Person, bob: Person, aws: Aws) -> None:
    sent = (await alice.send(bob, content=MARK)).json()

    common = {"title": f"Message from Alice {MARK}", "content": MARK, "priority": "normal", "read": False}
    message = {"messageId": sent["messageId"], "userId": bob.user_id, "senderId": alice.user_id, **common}
    times = {"createdAt": sent["createdAt"], "updatedAt": sent["createdAt"]}
    assert aws.rows("Messages", messageId=sent["messageId"]) == [{**message, **times}]


async def test_an_accepted_message_leaves_an_unread_notification(alice: Person, bob: Person, aws: Aws) -> None:
    socket = await bob.connect()
    sent = (await alice.send(bob)).json()

    frame = await socket.frame()

    stored = {**frame, "userId": bob.user_id, "read": False, "unread": bob.user_id}
    assert aws.rows("Notifications", messageId=sent["messageId"]) == [stored]


async def test_a_delivered_message_leaves_a_settled_delivery(alice: Person, bob: Person, aws: Aws) -> None:
    await bob.connect()

    sent = (await alice.send(bob)).json()

    [row] = aws.rows("Deliveries", messageId=sent["messageId"])
    assert len(row.pop("requestHash")) == 64
    assert row.pop("expiresAt") > SECONDS_30_DAYS
    assert row.pop("pendingSince") >= sent["createdAt"]
    assert row == {
        "messageId": sent["messageId"],
        "senderId": alice.user_id,
        "recipientCount": 1,
        "firstRecipient": bob.user_id,
        "state": "delivered",
        "posted": 1,
        "gone": 0,
        "failed": 0,
        "createdAt": sent["createdAt"],
    }


async def test_a_message_to_oneself_arrives_on_every_own_websocket(alice: Person) -> None:
    sockets = [await alice.connect(), await alice.connect()]

    answer = await alice.send(alice)

    assert [(await socket.frame())["messageId"] for socket in sockets] == [answer.json()["messageId"]] * 2


async def test_a_recipient_named_twice_gets_the_message_once(alice: Person, bob: Person) -> None:
    socket = await bob.connect()

    answer = await alice.send(bob, bob)

    assert (answer.json()["delivery"]["recipients"], await socket.frame() != {}) == (1, True)
    assert await socket.quiet()


async def test_somebody_without_a_websocket_has_it_in_the_inbox(alice: Person, bob: Person, aws: Aws) -> None:
    answer = await alice.send(bob)

    assert answer.json()["delivery"]["connections"] == {"posted": 0, "gone": 0, "failed": 0}
    assert len(aws.rows("Messages", userId=bob.user_id)) == 1


async def test_who_turned_realtime_off_gets_no_frame_but_the_message(alice: Person, site: Site, aws: Aws) -> None:
    carol = await introduce(site, aws, "Carol", settings={"channels": {"realtime": False}})
    socket = await carol.connect()

    await alice.send(carol)

    assert await socket.quiet()
    assert len(aws.rows("Messages", userId=carol.user_id)) == 1


async def test_the_longest_content_arrives_whole(alice: Person, bob: Person) -> None:
    socket = await bob.connect()

    await alice.send(bob, content="x" * 16_384)

    assert (await socket.frame())["content"] == "x" * 16_384


async def test_what_is_too_large_for_a_frame_is_pointed_to(alice: Person, bob: Person, aws: Aws) -> None:
    socket = await bob.connect()
    content = '"' * 16_384  # twice as long once it is JSON

    sent = (await alice.send(bob, content=content)).json()

    frame = await socket.frame()
    assert (frame["messageId"], frame["content"]) == (sent["messageId"], None)
    assert [row["content"] for row in aws.rows("Messages", messageId=sent["messageId"])] == [content]


async def test_49_recipients_all_get_the_message(alice: Person, ada: Person, aws: Aws) -> None:
    created = [await ada.call("POST", "/users", json=_invited(number)) for number in range(48)]
    ids = [answer.json()["userId"] for answer in created]

    answer = await alice.send(alice, *ids)

    assert (answer.status, answer.json()["delivery"]["recipients"]) == (201, 49)
    rows = aws.rows("Messages", messageId=answer.json()["messageId"])
    assert sorted(row["userId"] for row in rows) == sorted([alice.user_id, *ids])


async def test_an_announcement_is_for_administrators(alice: Person) -> None:
    answer = await alice.send(audience="everyone")

    assert (answer.status, answer.problem()["code"]) == (403, "forbidden")


async def test_sending_needs_a_profile(site: Site, aws: Aws, bob: Person) -> None:
    answer = await sign_up(site, aws).send(bob)

    assert (answer.status, answer.problem()["code"]) == (403, "profile_required")


async def test_an_unknown_recipient_is_named_and_nobody_gets_anything(alice: Person, bob: Person, aws: Aws) -> None:
    answer = await alice.send(bob, MARK)

    fault = {"pointer": "/recipientIds/1", "code": "unknown_recipient", "detail": "There is no such recipient."}
    assert (answer.status, answer.problem()["errors"]) == (422, [fault])
    assert aws.rows("Messages", senderId=alice.user_id) == []


async def test_messages_of_one_sender_arrive_in_their_order(alice: Person, bob: Person) -> None:
    socket = await bob.connect()

    for number in range(5):
        await alice.send(bob, content=str(number))

    assert [(await socket.frame())["content"] for _ in range(5)] == ["0", "1", "2", "3", "4"]


async def test_the_reserved_id_of_everybody_is_no_recipient(alice: Person, aws: Aws) -> None:
    answer = await alice.send("*", content=alice.user_id)

    assert (answer.status, answer.problem()["errors"][0]["code"]) == (422, "unknown_recipient")
    assert aws.rows("Messages", senderId=alice.user_id) == []


async def test_twenty_senders_at_once_lose_nothing(site: Site, aws: Aws, bob: Person) -> None:
    senders = [await introduce(site, aws, f"Sender {number}") for number in range(20)]
    socket = await bob.connect()

    answers = await asyncio.gather(*(sender.send(bob, content=sender.user_id) for sender in senders))

    assert {answer.status for answer in answers} == {201}
    frames = [await socket.frame() for _ in senders]
    expected = sorted(sender.user_id for sender in senders)
    assert sorted(frame["senderId"] for frame in frames) == expected
    assert sorted(row["senderId"] for row in aws.rows("Messages", userId=bob.user_id)) == expected


def _invited(number: int) -> dict[str, str]:
    return {"email": f"{MARK.lower()}.guest{number}@example.org", "firstName": f"Guest {number}", "lastName": MARK}
