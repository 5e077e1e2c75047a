"""How the fast lane shares itself out: between source and consumer, and between calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from app.delivery.fast_lane import FastLane
from app.delivery.governor import Governor
from app.delivery.lane import Outcome
from app.errors import UnavailableError
from app.models.ids import ConnectionId
from app.transport.credentials import Credentials
from tests.lane.certificates import Pems
from tests.lane.conftest import WINDOW
from tests.lane.fake_connections import FakeConnections
from tests.lane.faults import HANG, HELD
from tests.lane.posting import PAYLOAD, ids, nothing_runs, opened, outcomes, these


async def test_outcomes_come_while_the_next_page_of_connections_is_awaited(fast: FastLane) -> None:
    known = asyncio.Event()

    async def pages() -> AsyncIterator[ConnectionId]:
        yield ConnectionId("c0=")
        await asyncio.wait_for(known.wait(), 5)
        yield ConnectionId("c1=")

    async with aclosing(fast.post(pages(), PAYLOAD)) as found:
        assert await anext(found) == ("c0=", Outcome.POSTED)
        known.set()
        assert await anext(found) == ("c1=", Outcome.POSTED)


async def test_outcomes_that_come_while_the_consumer_is_busy_are_not_lost(
    fast: FastLane, server: FakeConnections
) -> None:
    server.on("c1=", HELD)
    async with aclosing(fast.post(ids(2), PAYLOAD)) as found:
        assert await anext(found) == ("c0=", Outcome.POSTED)
        server.release()
        await server.until(lambda: "c1=" in server.frames)
        await outcomes(fast, these("other="))
        assert [pair async for pair in found] == [("c1=", Outcome.POSTED)]


async def test_connections_that_hang_do_not_take_the_places_of_the_others(server: FakeConnections, pems: Pems) -> None:
    for n in range(10):
        server.on(f"c{n}=", HANG)
    others = set[str]()
    async with (
        asyncio.timeout(10),
        opened(server, pems, window=2, post_s=60.0, slow_s=0.05) as fast,
        aclosing(fast.post(ids(60), PAYLOAD)) as found,
    ):
        async for connection, _ in found:
            others.add(connection)
            if len(others) == 50:
                break
    assert others == {f"c{n}=" for n in range(10, 60)}


async def test_a_consumer_that_takes_its_time_is_waited_for(fast: FastLane) -> None:
    pulled: list[str] = []
    async with aclosing(fast.post(ids(1000, pulled), PAYLOAD)) as found:
        await anext(found)
        await outcomes(fast, these(*(f"other{n}=" for n in range(100))))  # time enough for many round trips
        assert len(pulled) <= 2 * WINDOW


async def test_the_source_is_closed_when_the_consumer_stops(fast: FastLane) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[ConnectionId]:
        try:
            for n in range(1000):
                yield ConnectionId(f"c{n}=")
        finally:
            closed.set()

    found = fast.post(source(), PAYLOAD)
    await anext(found)
    await found.aclose()
    assert closed.is_set()
    assert nothing_runs()


async def test_the_rate_is_kept(server: FakeConnections, pems: Pems) -> None:
    async with opened(server, pems, governor=Governor(200, burst=10)) as fast:
        began = asyncio.get_running_loop().time()
        await outcomes(fast, ids(110))
        assert asyncio.get_running_loop().time() - began >= (110 - 10) / 200


async def test_a_direct_message_does_not_wait_for_a_broadcast(server: FakeConnections, pems: Pems) -> None:
    governor = Governor(0.05, burst=20)
    async with opened(server, pems, governor=governor) as fast:
        broadcast = asyncio.create_task(outcomes(fast, ids(1000)))
        await server.until(lambda: sum(server.delivered().values()) == 16)
        direct = fast.post(these("direct="), PAYLOAD, direct=True)
        async with asyncio.timeout(5):  # the bucket has something for broadcasts again in 20 s
            assert [pair async for pair in direct] == [("direct=", Outcome.POSTED)]
        assert not broadcast.done()
        broadcast.cancel()
        await asyncio.gather(broadcast, return_exceptions=True)
    assert sum(server.delivered().values()) == 17


async def test_one_call_that_is_given_up_leaves_the_other_alone(fast: FastLane, server: FakeConnections) -> None:
    for n in range(3):
        server.on(f"hang{n}=", HANG)
    given_up = asyncio.create_task(outcomes(fast, these("hang0=", "hang1=", "hang2=")))
    other = asyncio.create_task(outcomes(fast, ids(200)))
    await server.until(lambda: server.tries["hang2="] == 1)
    given_up.cancel()
    assert set((await other).values()) == {Outcome.POSTED}
    await asyncio.gather(given_up, return_exceptions=True)
    assert set(server.delivered().values()) == {1}
    assert nothing_runs()


async def test_without_credentials_posting_is_unavailable(server: FakeConnections, pems: Pems) -> None:
    async def none() -> Credentials:
        raise UnavailableError

    async with opened(server, pems, credentials=none) as fast:
        with pytest.raises(UnavailableError):
            await outcomes(fast, ids(3))
    assert server.counts["accepted"] == 0
