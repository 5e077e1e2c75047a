"""A process that has imported everything, and forks: so each process that may die is one of its own and costs little.

It reads a Command as JSON from each line of its standard input. What the child says goes straight to standard output;
when it has ended, this process adds `{"ended": N}`: 0, or minus the number of the signal that killed it.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import traceback
from typing import Any

import aioboto3

from app import aws
from app.aws import Clients, ServiceName
from tests.faults.effects import say
from tests.faults.runner import BUSY_S, Command, run

LIMIT_S = 60  # of one process
SERVICES: tuple[ServiceName, ...] = ("dynamodb", "sns", "sqs", "apigatewaymanagementapi")


def main() -> None:
    session = aioboto3.Session()
    clients = asyncio.run(_warm(session))
    gc.collect()
    gc.freeze()  # so that a child does not copy what it only looks at
    say(ready=True)
    for line in sys.stdin:
        say(ended=_fork(Command.read(json.loads(line)), clients))


async def _warm(session: Any) -> Clients:
    """Has the SDK read its data files, and returns clients that have not opened anything yet."""
    aws.READ_TIMEOUT_S = BUSY_S
    used, fresh = (Clients("http://localhost:1", _session=session) for _ in range(2))
    for name in SERVICES:
        await used.get(name)
    await (await used.get("dynamodb")).list_tables()
    await (await used.get("sqs")).list_queues()
    await (await used.get("sns")).list_topics()
    await used.close()
    for name in SERVICES[:-1]:  # the last has another endpoint in each child
        await fresh.get(name)
    return fresh


def _fork(command: Command, clients: Clients) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        signal.alarm(LIMIT_S)
        app = run(command, clients)  # noqa: F841 - nothing is closed: Lambda ends a process without a word
    except BaseException:  # noqa: BLE001 - whatever it is, a child never returns into its parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
