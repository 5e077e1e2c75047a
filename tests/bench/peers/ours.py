"""Our post lane as a peer: `python -m tests.bench.peers.ours ENDPOINT WINDOW`."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from app.delivery.fast_lane import FastLane
from app.delivery.governor import Governor
from app.delivery.lane import Outcome
from app.models.ids import ConnectionId
from app.transport.credentials import Credentials
from app.transport.endpoint import Endpoint
from tests.bench.peers.orders import PAYLOAD, Load, serve

POSTED, GONE = Outcome.POSTED, Outcome.GONE
UNGOVERNED = 1e9  # posts a second


async def main(url: str, window: int) -> None:
    roots = Path(os.environ["AWS_CA_BUNDLE"])
    region = os.environ["AWS_DEFAULT_REGION"]
    lane = FastLane(Endpoint.parse(url), region, _credentials, Governor(UNGOVERNED), window=window, roots=roots)

    async def client(load: Load) -> None:
        posted = 0
        async with aclosing(lane.post(_connections(load), PAYLOAD)) as outcomes:
            async for connection, outcome in outcomes:
                if outcome is POSTED:
                    posted += 1
                else:
                    load.outcomes[outcome.value] += 1
                if load.stamped:
                    load.landed(connection, answered=outcome in (POSTED, GONE))
        load.outcomes["posted"] = posted

    await serve(client)
    await lane.close()


async def _connections(load: Load) -> AsyncIterator[ConnectionId]:
    for name in load.names:
        if load.stamped and (wait_s := load.wait_s(name)):
            await asyncio.sleep(wait_s)
        yield ConnectionId(name)


async def _credentials() -> Credentials:
    return Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
