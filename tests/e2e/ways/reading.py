"""The way of the inbox: everything that one may look at and mark there."""

from tests.e2e.left import delivered
from tests.e2e.ways.cast import Cast


async def read(cast: Cast) -> None:
    """Everything is looked at and marked, and then what was sent to somebody who has left since."""
    alice, bob, carol = await cast.people("Alice", "Bob", "Carol")
    announced = (await cast.ada.send(audience="everyone")).json()["messageId"]
    await delivered(cast.aws, announced)  # else it comes between the frames
    message = (await alice.send(bob, carol)).json()["messageId"]
    socket = await bob.connect()
    paths = ("/messages", "/messages?box=sent", f"/messages/{message}", "/notifications", "/notifications?unread")
    for path in paths:
        assert (await bob.call("GET", path)).status == 200, path
    for path in (f"/messages/{message}/read", "/notifications/read"):
        assert (await bob.call("PUT", path)).status == 204, path
    assert (await socket.frame())["type"] == "read"
    assert (await alice.call("GET", f"/messages/{message}/delivery")).status == 200
    assert (await bob.call("DELETE", f"/users/{bob.user_id}")).status == 204

    sent = await alice.call("GET", f"/messages/{message}")

    assert (sent.status, sent.json()["content"]) == (200, "hello")
