"""The ways of what sends messages and delivers them, also when a sender dies or leaves."""

import uuid
from datetime import timedelta

from tests.e2e.aws import wait_until
from tests.e2e.client import Person
from tests.e2e.left import DELIVERED_S, delivered, guests, leave_pending, remember
from tests.e2e.phones import devices, new_token, register
from tests.e2e.rights import taken_away
from tests.e2e.ways.cast import Cast
from tests.e2e.ways.phones import overtake


async def send(cast: Cast) -> None:
    """A message meets a connection that has gone and one that has ended, and is sent again with its key."""
    alice, bob = await cast.people("Alice", "Bob")
    _leave_connections(cast, bob)
    await bob.connect()
    key = uuid.uuid4().hex

    answers = [await alice.send(bob, key=key) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json()["delivery"]["connections"] == {"posted": 1, "gone": 1, "failed": 0}
    assert len(cast.aws.rows("Connections", userId=bob.user_id)) == 1


async def announce(cast: Cast) -> None:
    """An announcement meets such connections, too."""
    [bob] = await cast.people("Bob")
    _leave_connections(cast, bob)
    await bob.connect()

    answer = await cast.ada.send(audience="everyone")
    await delivered(cast.aws, answer.json()["messageId"])

    assert len(cast.aws.rows("Connections", userId=bob.user_id)) == 1


async def bring_no_job(cast: Cast) -> None:
    """The queue brings what is no job, which therefore has to come again."""
    assert not cast.aws.bring("Deliver", {})


async def sweep(cast: Cast) -> None:
    """A sender has died as soon as its message was accepted."""
    alice, bob = await cast.people("Alice", "Bob")
    socket = await bob.connect()
    message = leave_pending(cast.aws, alice, bob)

    cast.aws.invoke("Sweep", {})

    assert (await socket.frame())["messageId"] == message
    await delivered(cast.aws, message)


async def leave(cast: Cast) -> None:
    """A sender leaves while workers cannot post: the message arrives when they can, and says no name.

    The sender's phone is somebody else's by then.
    """
    aws = cast.aws
    alice, bob = await cast.people("Alice", "Bob")
    assert [(await one.send(other)).status for one, other in ((alice, bob), (bob, alice))] == [201, 201]
    device = await register(alice, token=(token := new_token()))
    overtake(aws, device, token, by=bob)
    left, socket = await alice.connect(), await bob.connect()
    with taken_away(aws, "Deliver", "execute-api:ManageConnections", on="/POST/"):
        message = (await alice.send(bob, *guests(aws, 59))).json()["messageId"]
        await wait_until(lambda: aws.rows("Deliveries", messageId=f"{message}#0-50"), "it is missed", DELIVERED_S)
        assert (await alice.call("DELETE", f"/users/{alice.user_id}")).status == 204

    await delivered(aws, message)

    assert await left.ended()
    frame = await socket.frame()
    assert (frame["messageId"], frame["title"]) == (message, "Message from a former member")
    assert await devices(bob) == [device]


def _leave_connections(cast: Cast, person: Person) -> None:
    """Writes a connection that has gone without a word, and one whose token has ended."""
    remember(cast.aws, person, f"gone-{person.user_id}", age=timedelta(minutes=1))
    remember(cast.aws, person, f"ended-{person.user_id}", age=timedelta(hours=2), left_s=-1)
