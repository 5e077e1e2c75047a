"""aioboto3 as a peer: `python -m tests.bench.peers.aioboto3_client gather|workers ENDPOINT WINDOW`."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import aioboto3
from aiobotocore.config import AioConfig

from tests.bench.peers.orders import PAYLOAD, Load, serve

Post: TypeAlias = Callable[[Load, str], Coroutine[Any, Any, None]]


async def main(shape: str, url: str, window: int) -> None:
    # Without its own checks of what it is given it is about a tenth cheaper.
    config = AioConfig(max_pool_connections=window, parameter_validation=False)
    async with aioboto3.Session().client("apigatewaymanagementapi", endpoint_url=url, config=config) as service:

        async def post(load: Load, name: str) -> None:
            if load.stamped and (wait_s := load.wait_s(name)):
                await asyncio.sleep(wait_s)
            await service.post_to_connection(ConnectionId=name, Data=PAYLOAD)
            load.outcomes["posted"] += 1
            if load.stamped:
                load.landed(name)

        async def client(load: Load) -> None:
            await (_gather(post, load) if shape == "gather" else _workers(post, load, window))

        await serve(client, "aioboto3", "aiobotocore", "botocore", "aiohttp")


async def _gather(post: Post, load: Load) -> None:
    """All at once, as most people write it; the client's connection pool is the only bound."""
    await asyncio.gather(*(post(load, name) for name in load.names))


async def _workers(post: Post, load: Load, window: int) -> None:
    """As many workers as connections, each with one post at a time."""

    async def work() -> None:
        for name in load.names:
            await post(load, name)

    await asyncio.gather(*(work() for _ in range(window)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
