"""boto3 with one thread for each connection as a peer: `python -m tests.bench.peers.boto3_threads ENDPOINT WINDOW`."""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
from botocore.config import Config

from tests.bench.peers.orders import PAYLOAD, Load, serve


async def main(url: str, window: int) -> None:
    config = Config(max_pool_connections=window, parameter_validation=False)
    service = boto3.client("apigatewaymanagementapi", endpoint_url=url, config=config)
    with ThreadPoolExecutor(window) as pool:

        async def client(load: Load) -> None:
            loop = asyncio.get_running_loop()
            work = partial(_work, service, load)
            load.outcomes["posted"] = sum(
                await asyncio.gather(*(loop.run_in_executor(pool, work) for _ in range(window)))
            )

        await serve(client, "boto3", "botocore", "urllib3")


def _work(service: Any, load: Load) -> int:
    posted = 0
    for name in load.names:
        if load.stamped:
            time.sleep(load.wait_s(name))
        service.post_to_connection(ConnectionId=name, Data=PAYLOAD)
        posted += 1
        if load.stamped:
            load.landed(name)
    return posted


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
