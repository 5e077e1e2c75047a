"""What every lane promises: the same tests for the fast one and for the one that is made of the SDK."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from app.delivery.lane import Outcome, PostLane
from app.errors import UnavailableError
from app.models.ids import ConnectionId
from tests.lane.conftest import WINDOW
from tests.lane.fake_connections import FakeConnections
from tests.lane.faults import BAD, BROKEN, FORBIDDEN, GONE, HANG, HELD, OK, THROTTLED, TOO_LARGE, Fault
from tests.lane.posting import PAYLOAD, ids, nothing_runs, outcomes, these


@pytest.mark.parametrize("count", [0, 1, WINDOW - 1, WINDOW, WINDOW + 1, 100])
async def test_every_connection_gets_the_payload_once(lane: PostLane, server: FakeConnections, count: int) -> None:
    found = await outcomes(lane, ids(count))
    assert found == {f"c{n}=": Outcome.POSTED for n in range(count)}
    assert server.frames == {f"c{n}=": [PAYLOAD] for n in range(count)}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (GONE, Outcome.GONE),
        (TOO_LARGE, Outcome.REFUSED),
        (FORBIDDEN, Outcome.FAILED),
        (BAD, Outcome.REFUSED),
    ],
)
async def test_what_aws_will_not_take_is_an_outcome_of_that_connection_alone(
    lane: PostLane, server: FakeConnections, fault: Fault, outcome: Outcome
) -> None:
    server.on("c3=", fault)
    found = await outcomes(lane, ids(20))
    assert (found.pop("c3="), set(found.values())) == (outcome, {Outcome.POSTED})
    assert server.tries["c3="] == 1


@pytest.mark.parametrize("trouble", [THROTTLED, BROKEN])
async def test_trouble_that_passes_is_not_seen(lane: PostLane, server: FakeConnections, trouble: Fault) -> None:
    server.on("c3=", trouble, OK)
    assert set((await outcomes(lane, ids(20))).values()) == {Outcome.POSTED}
    assert (server.tries["c3="], set(server.delivered().values())) == (2, {1})


@pytest.mark.parametrize("name", ["L0SM9cOFvHcCIhw=", "a+b/c==", "100%", "straße ✓", "a?b#c&d", "~._-", "%2F"])
async def test_an_odd_id_reaches_the_connection_of_that_name(
    lane: PostLane, server: FakeConnections, name: str
) -> None:
    assert await outcomes(lane, these(name)) == {name: Outcome.POSTED}
    assert server.delivered() == {name: 1}


async def test_one_that_hangs_among_a_hundred_delays_the_others_by_less_than_a_second(
    lane: PostLane, server: FakeConnections
) -> None:
    await outcomes(lane, ids(WINDOW))
    server.on("c17=", HANG)
    began, others = time.monotonic(), set[str]()
    async with aclosing(lane.post(ids(100), PAYLOAD)) as found:
        async for connection, outcome in found:
            assert outcome is Outcome.POSTED
            others.add(connection)
            if len(others) == 99:
                break
    assert "c17=" not in others
    assert time.monotonic() - began < 1.0


async def test_the_window_bounds_what_is_in_flight_and_what_is_pulled(lane: PostLane, server: FakeConnections) -> None:
    pulled: list[str] = []
    for n in range(50):
        server.on(f"c{n}=", HELD)
    running = asyncio.create_task(outcomes(lane, ids(50, pulled)))
    await server.until(lambda: server.counts["flying"] == WINDOW)
    assert len(pulled) == WINDOW
    server.release()
    await running
    assert server.most["flying"] == server.most["open"] == WINDOW


@pytest.mark.parametrize("taken", [0, 1, 5])
async def test_a_consumer_that_stops_early_leaves_nothing_behind(
    lane: PostLane, server: FakeConnections, taken: int
) -> None:
    server.on("c6=", HANG)
    found = lane.post(ids(100), PAYLOAD)
    for _ in range(taken):
        await anext(found)
    await found.aclose()
    assert nothing_runs()
    await server.until(lambda: server.counts["flying"] == 0)


async def test_a_consumer_that_is_cancelled_leaves_nothing_behind(lane: PostLane, server: FakeConnections) -> None:
    for n in range(WINDOW):
        server.on(f"c{n}=", HANG)
    running = asyncio.create_task(outcomes(lane, ids(50)))
    await server.until(lambda: server.counts["flying"] == WINDOW)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert nothing_runs()
    await server.until(lambda: server.counts["flying"] == 0)


async def test_what_the_connections_raise_is_raised_and_leaves_nothing_behind(
    lane: PostLane, server: FakeConnections
) -> None:
    async def broken() -> AsyncIterator[ConnectionId]:
        yield ConnectionId("c0=")
        await server.until(lambda: server.counts["flying"] == 1)
        raise UnavailableError

    server.on("c0=", HANG)
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        await outcomes(lane, broken())
    assert time.monotonic() - began < 1.0
    assert nothing_runs()
    await server.until(lambda: server.counts["flying"] == 0)


async def test_when_the_budget_is_spent_what_is_in_flight_is_unknown_and_no_more_is_pulled(
    lane: PostLane, server: FakeConnections
) -> None:
    pulled: list[str] = []
    for n in range(50):
        server.on(f"c{n}=", HANG)
    await outcomes(lane, these("warm="))
    began = time.monotonic()
    found = await outcomes(lane, ids(50, pulled), budget_s=0.5)
    assert 0.5 <= time.monotonic() - began < 1.6
    assert found == {f"c{n}=": Outcome.UNKNOWN for n in range(WINDOW)}
    assert pulled == [f"c{n}=" for n in range(WINDOW)]
    assert nothing_runs()


async def test_when_the_budget_is_spent_the_source_is_waited_for_no_longer(lane: PostLane) -> None:
    async def endless() -> AsyncIterator[ConnectionId]:
        yield ConnectionId("c0=")
        await asyncio.Event().wait()

    await outcomes(lane, these("warm="))
    async with asyncio.timeout(10):
        assert await outcomes(lane, endless(), budget_s=1.0) == {"c0=": Outcome.POSTED}
    assert nothing_runs()


async def test_without_a_budget_left_nothing_is_pulled(lane: PostLane, server: FakeConnections) -> None:
    pulled: list[str] = []
    assert await outcomes(lane, ids(3, pulled), budget_s=-1.0) == {}
    assert (pulled, server.counts["accepted"]) == ([], 0)


async def test_a_budget_does_not_hide_a_time_out_of_the_source(lane: PostLane) -> None:
    async def slow() -> AsyncIterator[ConnectionId]:
        yield ConnectionId("c0=")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await outcomes(lane, slow(), budget_s=60.0)


async def test_after_a_call_that_was_given_up_the_next_one_works(lane: PostLane, server: FakeConnections) -> None:
    server.on("c1=", HANG, OK)
    first = lane.post(ids(100), PAYLOAD)
    await anext(first)
    await first.aclose()
    assert Counter((await outcomes(lane, ids(30))).values()) == {Outcome.POSTED: 30}


async def test_two_calls_at_once_do_not_mix_their_outcomes(lane: PostLane, server: FakeConnections) -> None:
    server.on("b=", GONE)
    one, other = await asyncio.gather(outcomes(lane, ids(40), b"one"), outcomes(lane, these("a=", "b="), b"other"))
    assert (set(one.values()), len(one)) == ({Outcome.POSTED}, 40)
    assert other == {"a=": Outcome.POSTED, "b=": Outcome.GONE}
    assert (server.frames["c7="], server.frames["a="]) == ([b"one"], [b"other"])


async def test_a_large_payload_arrives_whole(lane: PostLane, server: FakeConnections) -> None:
    payload = bytes(range(256)) * 500  # 128,000 bytes: more than one TLS record, and than a socket takes at once
    await outcomes(lane, ids(3), payload)
    assert server.frames == {f"c{n}=": [payload] for n in range(3)}
