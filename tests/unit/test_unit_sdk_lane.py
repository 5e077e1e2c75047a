import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from app.delivery.lane import Outcome
from app.delivery.sdk_lane import SdkLane
from app.errors import GoneError, RefusedError, ThrottledError, UnavailableError
from app.models.ids import ConnectionId
from tests.unit.aws import Aws, refusal

PAYLOAD = b'{"type":"message"}'


class Posts:
    """A `Call` whose posts wait until the test lets them go."""

    def __init__(self, *hanging: str) -> None:
        self.flying = 0
        self.most = 0
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.hanging = hanging

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        assert operation == "post_to_connection"
        self.flying += 1
        self.most = max(self.most, self.flying)
        self.begun.set()
        try:
            await (asyncio.Event() if parameters["ConnectionId"] in self.hanging else self.gate).wait()
        finally:
            self.flying -= 1
        return {}


async def ids(count: int, pulled: list[int] | None = None) -> AsyncIterator[ConnectionId]:
    for n in range(count):
        if pulled is not None:
            pulled.append(n)
        yield ConnectionId(f"c{n}")


async def outcomes(lane: SdkLane, count: int) -> dict[str, Outcome]:
    async with aclosing(lane.post(ids(count), PAYLOAD)) as found:
        pairs = [pair async for pair in found]
    assert len({connection for connection, _ in pairs}) == len(pairs)
    return dict(pairs)


async def turns(count: int = 50) -> None:
    """Lets everything run that can."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 100])
async def test_every_connection_has_one_outcome(count: int) -> None:
    found = await outcomes(SdkLane(Aws(), window=4), count)
    assert found == {f"c{n}": Outcome.POSTED for n in range(count)}


async def test_every_connection_gets_the_payload_once() -> None:
    aws = Aws()
    await outcomes(SdkLane(aws, window=2), 3)
    wanted = [{"ConnectionId": f"c{n}", "Data": PAYLOAD} for n in range(3)]
    assert sorted(aws.named("post_to_connection"), key=lambda call: call["ConnectionId"]) == wanted


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (GoneError(), Outcome.GONE),
        (RefusedError(), Outcome.REFUSED),
        (ThrottledError(), Outcome.THROTTLED),
        (UnavailableError(), Outcome.FAILED),
        (refusal("AccessDeniedException", 403), Outcome.FAILED),
        (OSError("reset"), Outcome.FAILED),
    ],
)
async def test_a_failure_is_an_outcome(error: Exception, outcome: Outcome) -> None:
    aws = Aws()
    aws.on("post_to_connection", error, {})
    found = await outcomes(SdkLane(aws, window=4), 6)
    assert found == {f"c{n}": Outcome.POSTED for n in range(1, 6)} | {"c0": outcome}


@pytest.mark.parametrize("window", [1, 2, 8])
async def test_never_more_posts_are_in_flight_than_the_window_holds(window: int) -> None:
    posts = Posts()
    running = asyncio.create_task(outcomes(SdkLane(posts, window=window), 20))
    await turns()
    assert posts.flying == window
    posts.gate.set()
    await running
    assert posts.most == window


async def test_connections_are_pulled_only_as_fast_as_posts_finish() -> None:
    posts, pulled = Posts(), list[int]()
    lane = SdkLane(posts, window=3).post(ids(1000, pulled), PAYLOAD)
    waiting = asyncio.create_task(anext(lane))
    await turns()
    assert len(pulled) == 3
    posts.gate.set()
    await waiting
    await lane.aclose()
    assert len(pulled) <= 6


async def test_one_hanging_post_does_not_hold_back_the_others() -> None:
    posts, found = Posts("c0"), set[str]()
    posts.gate.set()
    async with aclosing(SdkLane(posts, window=3).post(ids(50), PAYLOAD)) as lane:
        async for connection, _ in lane:
            found.add(connection)
            if len(found) == 49:
                break
    assert found == {f"c{n}" for n in range(1, 50)}


@pytest.mark.parametrize("taken", [1, 3, 5])
async def test_a_consumer_that_stops_early_leaves_nothing_running(taken: int) -> None:
    posts = Posts("c1", "c3", "c6")
    posts.gate.set()
    lane = SdkLane(posts, window=4).post(ids(9), PAYLOAD)
    for _ in range(taken):
        await anext(lane)
    await lane.aclose()
    assert (posts.flying, asyncio.all_tasks()) == (0, {asyncio.current_task()})


async def test_a_consumer_that_is_cancelled_leaves_nothing_running() -> None:
    posts = Posts()
    running = asyncio.create_task(outcomes(SdkLane(posts, window=4), 9))
    await posts.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (posts.flying, asyncio.all_tasks()) == (0, {asyncio.current_task()})


async def test_what_the_connections_raise_is_raised_and_leaves_nothing_running() -> None:
    async def broken() -> AsyncIterator[ConnectionId]:
        yield ConnectionId("c0")
        await turns()
        raise UnavailableError

    posts = Posts()
    with pytest.raises(UnavailableError):
        await anext(SdkLane(posts, window=4).post(broken(), PAYLOAD))
    assert (posts.flying, asyncio.all_tasks()) == (0, {asyncio.current_task()})
