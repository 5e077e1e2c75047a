"""What gets into the inbox later than it should: nothing of it is missed."""

import asyncio

import pytest

from app.models.ids import UserId
from tests.inbox.client import Client
from tests.inbox.doing import arrived, listed, opened, sent, unread
from tests.inbox.hooks import Gate, Lag, Past, Step
from tests.inbox.stage import CROWD, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATE_S = 59  # of the minute that a cursor goes back
SHARED = pytest.mark.parametrize("shared", [False, True], ids=["own", "everyone's"])


async def away(site: Site, client: Client) -> None:
    """Drops a client, which hears no frame from then on."""
    assert client.connection
    site.drop(client.connection)
    client.connection = None


async def back(site: Site, client: Client) -> None:
    await client.connect(site)
    await client.sync(site)


@SHARED
@pytest.mark.parametrize("late_s", [0.001, 25, LATE_S])
async def test_two_messages_that_commit_the_other_way_round_are_both_caught_up_on(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool, late_s: float
) -> None:
    to = [] if shared else [bob]
    steps["transact_write_items"] = gate = Gate()
    sending = asyncio.create_task(sent(site, ann, *to))
    await gate.reached.wait()  # the first has its createdAt
    site.clock.advance(seconds=late_s)
    second = await sent(site, ann, *to)
    client = await opened(site, bob)
    await client.sync(site)
    assert set(client.known) == {second}

    await away(site, client)
    gate.opened.set()
    first = await sending
    await back(site, client)

    assert set(client.known) == {first, second}


@SHARED
async def test_a_client_whose_run_was_long_misses_nothing_that_committed_meanwhile(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool
) -> None:
    before = await arrived(site, ann, [site.clock()] * 101, bob)
    site.clock.advance(hours=1)
    steps["transact_write_items"] = gate = Gate()
    sending = asyncio.create_task(sent(site, ann, *([] if shared else [bob])))
    await gate.reached.wait()
    site.clock.advance(seconds=30)
    client = await opened(site, bob)
    await client.sync(site, pages=1)
    assert client.more
    site.clock.advance(minutes=20)  # the token is still good
    meanwhile = await sent(site, ann, bob)
    await client.sync(site)
    await away(site, client)

    gate.opened.set()
    late = await sending
    await back(site, client)

    assert set(client.known) == {*before, meanwhile, late}


async def test_a_list_that_is_being_paged_through_shows_what_committed_late(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    steps["transact_write_items"] = gate = Gate()
    sending = asyncio.create_task(sent(site, ann, bob))
    await gate.reached.wait()
    site.clock.advance(seconds=5)
    newer = [await sent(site, ann, bob) for _ in range(2)]
    first = (await site.http(bob, "GET /notifications", query={"limit": "1"})).body

    gate.opened.set()
    late = await sending
    rest = await listed(site, bob, cursor=first["cursor"])

    assert {first["items"][0]["notificationId"], *rest} == {*newer, late}
    assert rest[-1] == late


async def test_what_a_worker_writes_days_later_is_caught_up_on(site: Site, ann: UserId, bob: UserId) -> None:
    told = await sent(site, ann, *CROWD[:59], bob)
    client = await opened(site, bob)
    await client.sync(site)
    await away(site, client)
    site.clock.advance(days=2)
    await back(site, client)  # with a cursor that is two days later than the message
    assert client.known == {}
    await away(site, client)

    await site.work()
    await back(site, client)

    assert set(client.known) == {told}
    assert await listed(site, bob) == [told]


async def test_what_a_worker_writes_a_minute_after_it_has_dated_it_is_caught_up_on(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    told = await sent(site, ann, *CROWD[:59], bob)
    site.clock.advance(hours=3)
    steps["transact_write_items"] = gate = Gate(bob)
    working = asyncio.create_task(site.work())
    await gate.reached.wait()
    site.clock.advance(seconds=LATE_S)
    client = await opened(site, bob)
    await client.sync(site)
    await away(site, client)

    gate.opened.set()
    await working
    await back(site, client)

    assert set(client.known) == {told}


async def test_what_a_worker_writes_late_is_unread_although_everything_was_marked(
    site: Site, ann: UserId, bob: UserId
) -> None:
    told = await sent(site, ann, *CROWD[:59], bob)
    site.clock.advance(hours=1)
    await site.http(bob, "PUT /notifications/read")
    site.clock.advance(seconds=1)

    await site.work()

    assert await unread(site, bob) == {told}


@SHARED
@pytest.mark.parametrize("lag_s", [1, LATE_S])
async def test_what_an_index_does_not_show_yet_is_caught_up_on_later(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId, shared: bool, lag_s: float
) -> None:
    told = await sent(site, ann, *([] if shared else [bob]))
    newer = await sent(site, ann, bob)
    client = await opened(site, bob)
    lag = Lag({told})
    steps["query"] = lag
    site.clock.advance(seconds=lag_s)
    await client.sync(site)
    assert set(client.known) == {newer}
    await away(site, client)

    lag.hidden.clear()
    site.clock.advance(days=1)
    await back(site, client)

    assert set(client.known) == {told, newer}


async def test_what_an_index_still_has_is_not_listed_as_unread(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    told, newer = [await sent(site, ann, bob) for _ in range(2)]
    past = Past()
    steps["query"] = past
    assert set(await listed(site, bob, unread="")) == {told, newer}
    await site.http(bob, "PUT /notifications/{notificationId}/read", path={"notificationId": told})

    past.replays = True

    assert await listed(site, bob, unread="") == [newer]


async def test_what_an_index_does_not_show_yet_is_not_marked_with_the_rest(
    site: Site, steps: dict[str, Step], ann: UserId, bob: UserId
) -> None:
    told, newer = [await sent(site, ann, bob) for _ in range(2)]
    lag = Lag({told})
    steps["query"] = lag
    await site.http(bob, "PUT /notifications/read")

    steps.clear()

    assert await unread(site, bob) == {told}
    assert newer in await listed(site, bob)
