"""CPU of a call to DynamoDB, by the direct client and by aiobotocore: `python -m tests.bench.calls`.

Both ask a server of another process over TLS, one call after another, and take turns.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson

from app.aws import Clients
from tests.lane.certificates import Pems, certify

ROUNDS = 7
ROWS = 2_000  # of a page of a Scan
TOLD = {"TableName": "Users", "ConsistentRead": True, "Key": {"userId": {"S": "c4b8e4a8-0031-70b5-0d19-2d0b5f6f1a11"}}}
ITEM = {
    "userId": {"S": "c4b8e4a8-0031-70b5-0d19-2d0b5f6f1a11"},
    "email": {"S": "ada@example.org"},
    "firstName": {"S": "Ada"},
    "settings": {"M": {"channels": {"M": {name: {"BOOL": True} for name in ("realtime", "push", "email")}}}},
    "createdAt": {"S": "2026-11-22T12:00:00.000Z"},
}
ROW = {"connectionId": {"S": "L0SM9cOFvHcCIhw="}, "userId": ITEM["userId"], "expiresAt": {"N": "1787992402"}}
ANSWERS = {
    b"DynamoDB_20120810.GetItem": orjson.dumps({"Item": ITEM}),
    b"DynamoDB_20120810.Scan": orjson.dumps({"Items": [ROW] * ROWS, "Count": ROWS, "ScannedCount": ROWS}),
}
CALLS: dict[str, tuple[int, dict[str, Any]]] = {"get_item": (400, TOLD), "scan": (10, {"TableName": "Connections"})}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(EOFError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            body = next(body for target, body in ANSWERS.items() if target.lower() in head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    writer.close()


def _serve(pems: Pems, told: Connection) -> None:
    async def run() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pems.chain, pems.key)
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def _cpu_us(call: Callable[..., Awaitable[Any]], times: int, parameters: dict[str, Any]) -> float:
    before = time.process_time()
    for _ in range(times):
        await call(**parameters)
    return (time.process_time() - before) / times * 1e6


async def _measure() -> None:
    clients = Clients("http://localhost")
    peers = {"direct": await clients.get("dynamodb"), "aiobotocore": await clients.sdk("dynamodb")}
    for operation, (times, parameters) in CALLS.items():
        figures: dict[str, list[float]] = {name: [] for name in peers}
        for peer in peers.values():
            await getattr(peer, operation)(**parameters)
        gc.freeze()  # as app.start does; else what one peer has loaded is the other's to look through
        for _ in range(ROUNDS):
            for name, peer in peers.items():
                figures[name].append(await _cpu_us(getattr(peer, operation), times, parameters))
        for name, found in figures.items():
            print(f"{operation:9} {name:12} {statistics.median(found):9.0f} us ({min(found):.0f}-{max(found):.0f})")
    await clients.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pems = certify(Path(folder))
        here, there = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(pems, there), daemon=True)
        server.start()
        os.environ |= {"AWS_ENDPOINT_URL": f"https://localhost:{here.recv()}", "AWS_CA_BUNDLE": str(pems.roots)}
        os.environ |= {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-west-1"}
        asyncio.run(_measure())
        server.terminate()


if __name__ == "__main__":
    main()
