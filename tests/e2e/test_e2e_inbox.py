"""The inbox: what was sent lies there, is read, is counted, and is caught up on after a lost connection."""

import uuid
from datetime import UTC, datetime, timedelta

from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Frame, Person, Socket


async def _sent(sender: Person, *recipients: Person) -> str:
    answer = await sender.send(*recipients)
    assert answer.status == 201, answer
    return str(answer.json()["messageId"])


async def _notifications(person: Person, query: str = "") -> Frame:
    answer = await person.call("GET", f"/notifications{query}")
    assert answer.status == 200, answer
    return answer.json()


async def _messages(person: Person, sender: Person, query: str = "") -> list[Frame]:
    """Returns what this sender sent to somebody, from every page; other tests announce to everyone."""
    found: list[Frame] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await person.call("GET", f"/messages?{query}{cursor and f'&cursor={cursor}'}")).json()
        found += page["items"]
        cursor = page["cursor"]
    return [item for item in found if item["senderId"] == sender.user_id]


async def _synced(socket: Socket, after: str | None) -> Frame:
    """Syncs one page."""
    await socket.send({"action": "sync", "after": after})
    page = await socket.frame()
    assert page["type"] == "page", page
    return page


async def test_a_message_lies_in_the_inbox_until_it_is_read_and_after(alice: Person, bob: Person) -> None:
    message = await _sent(alice, bob)

    [listed] = await _messages(bob, alice)
    [notified] = (before := await _notifications(bob, "?unread"))["items"]
    assert (listed["messageId"], listed["read"], listed["senderId"]) == (message, False, alice.user_id)
    assert (notified["messageId"], notified["read"], before["unread"]) == (message, False, 1)
    assert (await bob.call("PUT", f"/messages/{message}/read")).status == 204

    assert (await bob.call("GET", f"/messages/{message}")).json() == {
        **listed,
        "read": True,
        "updatedAt": (await bob.call("GET", f"/messages/{message}")).json()["updatedAt"],
    }
    after = await _notifications(bob, "?unread")
    assert (after["items"], after["unread"]) == ([], 0)


async def test_a_sender_finds_what_was_sent_and_a_stranger_does_not(alice: Person, bob: Person, ada: Person) -> None:
    message = await _sent(alice, bob)

    [sent] = (await alice.call("GET", "/messages?box=sent")).json()["items"]

    assert (sent["messageId"], sent["recipients"], sent["state"]) == (message, 1, "delivered")
    for path in (f"/messages/{message}", f"/messages/{message}/delivery"):
        theirs, nobodys = [await ada.call("GET", each) for each in (path, path.replace(message, "0" * 32))]
        assert (theirs.status, theirs.problem()) == (404, nobodys.problem())


async def test_what_is_read_on_one_device_shows_on_the_other(alice: Person, bob: Person) -> None:
    phone, laptop = await bob.connect(), await bob.connect()
    await _sent(alice, bob)
    frames = [await socket.frame() for socket in (phone, laptop)]
    notification = frames[0]["notificationId"]

    await phone.send({"action": "read", "notificationIds": [notification]})

    assert await laptop.frame() == {"type": "read", "notificationIds": [notification]}
    assert await phone.quiet()
    assert (await _notifications(bob))["unread"] == 0


async def test_everything_is_marked_at_once_and_shows_on_every_device(alice: Person, bob: Person) -> None:
    for _ in range(3):
        await _sent(alice, bob)
    socket = await bob.connect()

    assert (await bob.call("PUT", "/notifications/read")).status == 204

    assert len((await socket.frame())["notificationIds"]) == 3
    assert (await _notifications(bob))["unread"] == 0


async def test_an_announcement_is_in_the_inbox_of_each_and_read_by_each(
    ada: Person, alice: Person, bob: Person
) -> None:
    before = (await _notifications(alice))["unread"]
    message = (await ada.send(audience="everyone", content="to everyone")).json()["messageId"]
    assert (await alice.call("PUT", f"/messages/{message}/read")).status == 204

    read = {}
    for person in (alice, bob):
        items = (await person.call("GET", "/messages")).json()["items"]
        read[person.user_id] = {item["messageId"]: item["read"] for item in items}[message]

    assert read == {alice.user_id: True, bob.user_id: False}
    assert (await _notifications(alice))["unread"] == before


async def test_a_client_that_lost_its_connection_catches_up(alice: Person, bob: Person) -> None:
    first = await _sent(alice, bob)
    socket = await bob.connect()
    page = await _synced(socket, None)
    assert first in [item["messageId"] for item in page["items"]]
    socket.break_off()
    missed = [await _sent(alice, bob) for _ in range(2)]

    again = await bob.connect()
    caught_up = await _synced(again, page["cursor"])

    assert {*missed} <= {item["messageId"] for item in caught_up["items"]}
    assert (caught_up["more"], caught_up["unread"]) == (False, 3)
    live = await _sent(alice, bob)
    assert (await again.frame())["messageId"] == live


async def test_a_device_that_has_seen_it_shows_in_the_senders_report(alice: Person, bob: Person) -> None:
    sockets = [await bob.connect(), await bob.connect()]
    message = await _sent(alice, bob)
    assert (await alice.call("GET", f"/messages/{message}/delivery")).json()["seen"] == 0

    for socket in sockets:
        await socket.send({"action": "ack", "notificationIds": [(await socket.frame())["notificationId"]]})
        assert await socket.quiet()

    report = (await alice.call("GET", f"/messages/{message}/delivery")).json()
    assert (report["seen"], report["recipients"], report["state"]) == (1, 1, "delivered")


async def test_a_hundred_and_twenty_messages_come_in_pages(alice: Person, bob: Person, aws: Aws) -> None:
    begin = datetime.now(UTC) - timedelta(hours=1)
    sent = [_put(aws, alice, bob, begin + timedelta(milliseconds=number // 2)) for number in range(120)]

    first = (await bob.call("GET", "/messages?limit=50")).json()
    listed = [item["messageId"] for item in await _messages(bob, alice, "limit=50")]

    assert len(first["items"]) == 50
    assert sorted(listed) == sorted(sent)


async def test_a_cursor_of_somebody_else_is_refused(alice: Person, bob: Person) -> None:
    for _ in range(2):
        await _sent(alice, bob, alice)
    cursor = (await bob.call("GET", "/messages?limit=1")).json()["cursor"]

    answer = await alice.call("GET", f"/messages?limit=1&cursor={cursor}")

    assert (answer.status, answer.problem()["code"]) == (400, "invalid_cursor")


async def test_ten_thousand_ids_in_one_frame_are_told_and_the_connection_stays(bob: Person) -> None:
    socket = await bob.connect()

    await socket.send({"action": "ack", "notificationIds": [f"{number:032x}" for number in range(10_000)]})

    assert (await socket.frame())["code"] == "too_large"
    assert await socket.quiet()


async def test_the_functions_of_the_inbox_meet_no_bug(alice: Person, bob: Person, aws: Aws) -> None:
    message = await _sent(alice, bob)
    for method, path in (
        ("GET", "/messages"),
        ("GET", "/messages?box=sent"),
        ("GET", "/notifications?unread"),
        ("PUT", f"/messages/{message}/read"),
        ("PUT", "/notifications/read"),
    ):
        assert (await bob.call(method, path)).status in (200, 204)

    await wait_until(lambda: '"PUT /notifications/read"' in aws.function_logs(), "it is logged")

    assert [line for line in aws.function_logs().splitlines() if '"level":"ERROR"' in line and "inbox" in line] == []


def _put(aws: Aws, sender: Person, recipient: Person, when: datetime) -> str:
    """Writes the row of a message, and returns its id."""
    message_id, at = uuid.uuid4().hex, when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"title": "t", "content": "c", "priority": "normal", "read": False, "createdAt": at, "updatedAt": at}
    aws.put("Messages", messageId=message_id, userId=recipient.user_id, senderId=sender.user_id, **said)
    return message_id
