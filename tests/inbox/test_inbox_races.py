"""What happens at the same time, held apart by barriers: nothing is missed, counted twice or marked unseen."""

import asyncio
from typing import Any

import pytest

from app.catalogue import CONNECTIONS
from app.models.ids import UserId, notification_id
from app.models.times import iso
from tests.inbox.client import Client
from tests.inbox.doing import opened, seen, sent, unread
from tests.inbox.hooks import Gate, Meeting, Step
from tests.inbox.stage import Site
from tests.lane.faults import GONE, OK

ALL = "PUT /notifications/read"
ONE = "PUT /notifications/{notificationId}/read"
MESSAGE = "PUT /messages/{messageId}/read"
SHARED = pytest.mark.parametrize("shared", [False, True], ids=["own", "everyone's"])


pytestmark = pytest.mark.asyncio(loop_scope="session")


@SHARED
async def test_a_message_that_comes_while_a_client_connects_is_not_missed(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    client = Client(bob)
    steps["put_item"] = gate = Gate()
    connecting = asyncio.create_task(client.connect(site))
    await gate.reached.wait()

    told = await sent(site, ann, *([] if shared else [bob]))
    await site.work()
    assert site.cloud.rows(CONNECTIONS) == ()
    gate.opened.set()
    await connecting
    await client.sync(site)

    assert (client.came[told], set(client.known)) == (0, {told})


async def test_a_message_that_comes_during_the_handshake_ends_nothing_and_is_not_missed(
    site: Site, ann: UserId, bob: UserId
) -> None:
    client = await opened(site, bob)
    assert client.connection
    site.fake.on(client.connection, GONE)  # as API Gateway answers until the handshake is over
    site.clock.advance(seconds=1)
    first = await sent(site, ann, bob)
    site.fake.on(client.connection, OK)

    second = await sent(site, ann, bob)
    client.listen(site)
    assert set(client.known) == {second}
    await client.sync(site)

    assert set(client.known) == {first, second}


@SHARED
async def test_a_message_that_comes_while_a_page_is_on_its_way_is_heard(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    client = await opened(site, bob)
    steps["post_to_connection"] = gate = Gate()
    syncing = asyncio.create_task(client.sync(site))
    await gate.reached.wait()

    told = await sent(site, ann, *([] if shared else [bob]))
    await site.work()
    gate.opened.set()
    await syncing

    assert (client.came[told], set(client.known)) == (1, {told})


async def test_a_message_that_comes_while_the_rows_of_a_page_are_read_is_not_missed(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    client = await opened(site, bob)
    steps["query"] = gate = Gate()
    syncing = asyncio.create_task(client.sync(site))
    await gate.reached.wait()
    site.clock.advance(seconds=10)

    client_of_ann = await opened(site, ann)
    told = await sent(site, ann, bob, ann)
    gate.opened.set()
    await syncing
    client_of_ann.listen(site)

    assert set(client.known) == set(client_of_ann.known) == {told}


@SHARED
async def test_two_tabs_of_one_person_both_get_everything(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    to = [] if shared else [bob]
    before = await sent(site, ann, *to)
    await site.work()
    tabs = [await opened(site, bob) for _ in range(2)]
    steps["post_to_connection"] = meeting = Meeting(asyncio.Barrier(2))
    await asyncio.gather(*(tab.sync(site) for tab in tabs))
    assert meeting.barrier.n_waiting == 0
    steps.clear()

    after = await sent(site, ann, *to)
    await site.work()
    for tab in tabs:
        tab.listen(site)

    assert [set(tab.known) for tab in tabs] == [{before, after}] * 2
    assert [tab.came[after] for tab in tabs] == [1, 1]


@SHARED
async def test_two_devices_that_acknowledge_at_once_count_once(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    answer = await site.send(ann, *([] if shared else [bob]))
    told = notification_id(answer.body["messageId"])
    devices = [await opened(site, bob) for _ in range(2)]
    steps["update_item"] = Meeting(asyncio.Barrier(2))  # both have seen that nobody has acknowledged it

    await asyncio.gather(*(device.say(site, "ack", [told]) for device in devices))

    assert await seen(site, ann, answer.body["messageId"]) == 1


@SHARED
@pytest.mark.parametrize("other", ["read", "ack"])
async def test_two_devices_that_mark_at_once_lose_neither_mark(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool, other: str
) -> None:
    answer = await site.send(ann, *([] if shared else [bob]))
    told = notification_id(answer.body["messageId"])
    devices = [await opened(site, bob) for _ in range(2)]
    steps["update_item"] = Meeting(asyncio.Barrier(2))

    await asyncio.gather(
        *(device.say(site, each, [told]) for device, each in zip(devices, ("read", other), strict=True))
    )
    steps.clear()

    assert await unread(site, bob) == set()
    assert await seen(site, ann, answer.body["messageId"]) == (other == "ack")


async def test_what_is_read_on_one_device_shows_on_the_other_that_is_just_syncing(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    told = await sent(site, ann, bob)
    phone, laptop = [await opened(site, bob) for _ in range(2)]
    phone.known[told] = False
    steps["post_to_connection"] = gate = Gate()
    syncing = asyncio.create_task(laptop.sync(site))  # its page says that it is unread
    await gate.reached.wait()

    await phone.say(site, "read", [told])
    gate.opened.set()
    await syncing

    assert laptop.cleared == [{told}]
    await laptop.sync(site)
    assert laptop.known == {told: True}


@SHARED
async def test_what_comes_while_everything_is_marked_stays_unread(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    before = await sent(site, ann, bob)
    steps["update_item"] = gate = Gate(before)
    marking = asyncio.create_task(site.http(bob, ALL))
    await gate.reached.wait()

    steps.clear()
    during = await sent(site, ann, *([] if shared else [bob]))
    gate.opened.set()

    assert (await marking).status == 204
    assert before not in await unread(site, bob)
    assert await unread(site, bob) == {during}


@SHARED
@pytest.mark.parametrize("late_s", [0, 0.001, 59])
async def test_what_commits_after_everything_was_marked_stays_unread(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool, late_s: float
) -> None:
    steps["transact_write_items"] = gate = Gate()
    sending = asyncio.create_task(sent(site, ann, *([] if shared else [bob])))
    await gate.reached.wait()  # its createdAt stands
    site.clock.advance(seconds=late_s)

    assert (await site.http(bob, ALL)).status == 204
    gate.opened.set()
    told = await sending

    assert await unread(site, bob) == {told}
    site.clock.advance(days=1)
    assert await unread(site, bob) == {told}


@SHARED
@pytest.mark.parametrize("way", [ONE, MESSAGE, ALL])
async def test_a_mark_that_is_repeated_late_undoes_nothing(
    site: Site, ann: UserId, bob: UserId, shared: bool, way: str
) -> None:
    answer = await site.send(ann, *([] if shared else [bob]))
    message_id = answer.body["messageId"]
    site.clock.advance(minutes=5)
    path = {"messageId": message_id, "notificationId": notification_id(message_id)}
    body: Any = {"upTo": iso(site.clock())} if way == ALL else None
    assert (await site.http(bob, way, body, path=path)).status == 204
    site.clock.advance(minutes=5)
    later = await sent(site, ann, bob)
    assert (await site.http(bob, ONE, path={"notificationId": later})).status == 204
    site.clock.advance(minutes=5)
    newest = await sent(site, ann, bob)

    assert (await site.http(bob, way, body, path=path)).status == 204

    assert await unread(site, bob) == {newest}


@SHARED
async def test_of_two_marks_at_once_the_later_one_holds(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    for _ in range(3):
        site.clock.advance(hours=1)
        await sent(site, ann, *([] if shared else [bob]))
    site.clock.advance(hours=1)
    steps["update_item"] = gate = Gate()
    earlier = asyncio.create_task(site.http(bob, ALL, {"upTo": "2026-11-22T20:00:00.000Z"}))
    await gate.reached.wait()

    assert (await site.http(bob, ALL)).status == 204
    gate.opened.set()

    assert (await earlier).status == 204
    assert await unread(site, bob) == set()


async def test_what_is_marked_by_two_requests_at_once_is_marked(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    told = await sent(site, ann, bob)
    steps["update_item"] = Meeting(asyncio.Barrier(2))
    requests = [site.http(bob, ONE, path={"notificationId": told}) for _ in range(2)]

    answers = await asyncio.gather(*requests)

    assert [answer.status for answer in answers] == [204, 204]
    assert await unread(site, bob) == set()
