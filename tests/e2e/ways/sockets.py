"""The ways of what goes on at a WebSocket."""

from datetime import timedelta

from tests.e2e.aws import wait_until
from tests.e2e.left import remember
from tests.e2e.ways.cast import Cast


async def connect(cast: Cast) -> None:
    """A ticket is made and taken."""
    [alice] = await cast.people("Alice")

    assert await (await alice.connect()).quiet()


async def talk(cast: Cast) -> None:
    """A client is the eleventh of its person, catches up, says what it has seen and what was read, and leaves."""
    alice, bob = await cast.people("Alice", "Bob")
    await alice.send(bob)
    for number in range(10):
        remember(cast.aws, bob, f"{number}-{bob.user_id}", age=timedelta(minutes=1))
    socket = await bob.connect()
    assert len(cast.aws.rows("Connections", userId=bob.user_id)) == 10
    await socket.send({"action": "sync", "after": None})
    ids = [item["notificationId"] for item in (await socket.frame())["items"] if item["senderId"] == alice.user_id]
    for action in ("ack", "read"):
        await socket.send({"action": action, "notificationIds": ids})
        assert await socket.quiet()
    [row] = cast.aws.rows("Notifications", notificationId=ids[0], userId=bob.user_id)
    assert row["read"]

    await socket.close()

    await wait_until(lambda: len(cast.aws.rows("Connections", userId=bob.user_id)) == 9, "the row goes")
