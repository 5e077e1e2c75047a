"""What the tests of the lanes share: ids, a lane on a fake server, and all outcomes of a call."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from app.delivery.fast_lane import FastLane
from app.delivery.governor import Governor
from app.delivery.lane import Outcome, PostLane
from app.models.ids import ConnectionId
from app.transport.credentials import Credentials
from app.transport.endpoint import Endpoint
from tests.lane.certificates import Pems
from tests.lane.fake_connections import ACCESS_KEY, SECRET_KEY, FakeConnections

PAYLOAD = b'{"type":"message"}'
REGION = "eu-west-1"


async def credentials() -> Credentials:
    return Credentials(ACCESS_KEY, SECRET_KEY)


def fast_lane(server: FakeConnections, pems: Pems | None = None, **options: Any) -> FastLane:
    """A lane on a fake server; `options` are fields of FastLane."""
    fields: dict[str, Any] = {"window": 8, "governor": Governor(1e6), "credentials": credentials, **options}
    return FastLane(Endpoint.parse(server.url), REGION, roots=pems.roots if pems else None, **fields)


@asynccontextmanager
async def opened(server: FakeConnections, pems: Pems | None = None, **options: Any) -> AsyncIterator[FastLane]:
    """`fast_lane`, closed in the end."""
    lane = fast_lane(server, pems, **options)
    try:
        yield lane
    finally:
        await lane.close()


async def ids(count: int, pulled: list[str] | None = None) -> AsyncIterator[ConnectionId]:
    for n in range(count):
        if pulled is not None:
            pulled.append(f"c{n}=")
        yield ConnectionId(f"c{n}=")


async def these(*names: str) -> AsyncIterator[ConnectionId]:
    for name in names:
        yield ConnectionId(name)


async def outcomes(
    lane: PostLane, connections: AsyncIterator[ConnectionId], payload: bytes = PAYLOAD, budget_s: float = math.inf
) -> dict[str, Outcome]:
    """Posts, and proves that no connection has two outcomes."""
    async with aclosing(lane.post(connections, payload, budget_s=budget_s)) as found:
        pairs = [pair async for pair in found]
    assert len({connection for connection, _ in pairs}) == len(pairs)
    return {str(connection): outcome for connection, outcome in pairs}


async def outcome_of(lane: PostLane, name: str = "c0=", payload: bytes = PAYLOAD) -> Outcome:
    return (await outcomes(lane, these(name), payload))[name]


def nothing_runs() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}
