"""Counts what the inbox costs in DynamoDB: prints requests and capacity units.

Run it as `PYTHONPATH=docker/local .venv/bin/python -m tests.inbox.figures`.

The units are those that MiniStack reckons, which follow DynamoDB's rules: a write of 1 KB, a read of 4 KB, half for one
that may be stale, twice for a transaction, and again for each index that a write changes.
"""

import asyncio
import contextlib
import io
import tempfile
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.aws import Service, ServiceName
from app.runtime import App
from tests.inbox.doing import arrived, opened, sent
from tests.inbox.stage import Site, Stage
from tests.inbox.stage import opened as staged

READS = ("get_item", "batch_get_item", "query", "scan")


@dataclass(slots=True)
class Bill:
    requests: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: float = 0.0

    def add(self, operation: str, consumed: Any) -> None:
        units = sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed]))
        self.requests[operation] += 1
        if operation in READS:
            self.read_units += units
        else:
            self.write_units += units

    def line(self, what: str) -> str:
        kinds = ", ".join(f"{count} {operation}" for operation, count in sorted(self.requests.items()))
        return f"| {what} | {self.requests.total()} ({kinds}) | {self.read_units:g} | {self.write_units:g} |"


@dataclass(frozen=True)
class BilledService(Service):
    bill: Bill

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        if self.name != "dynamodb":
            return await super().__call__(operation, **parameters)
        answer = await super().__call__(operation, **parameters, ReturnConsumedCapacity="TOTAL")
        self.bill.add(operation, answer["ConsumedCapacity"])
        return answer


@dataclass(frozen=True)
class BilledApp(App):
    bill: Bill = field(default_factory=Bill)

    def service(self, name: ServiceName) -> BilledService:
        return BilledService(self.clients, name, self.bill)


async def _measured(site: Site, what: str, doing: Awaitable[Any]) -> str:
    assert isinstance(site.app, BilledApp)
    bill = site.app.bill
    bill.requests, bill.read_units, bill.write_units = Counter(), 0.0, 0.0
    await doing
    return bill.line(what)


async def _lines(site: Site) -> list[str]:
    ann, bob, cleo = (site.join(name) for name in ("ann", "bob", "cleo"))
    site.clock.advance(hours=1)
    client = await opened(site, bob)
    idle = site.http(ann, "POST /messages", {"recipientIds": [cleo], "content": "hello"})
    lines = [
        await _measured(site, "send to one person, who is not connected", idle),
        await _measured(site, "send to one person, who has one connection", sent(site, ann, bob)),
        await _measured(site, "sync of nothing new", client.sync(site)),
    ]
    site.clock.advance(hours=1)
    await arrived(site, ann, [site.clock()] * 99, bob)
    for what, route, query in (
        ("list messages, 50 of 100", "GET /messages", {"limit": "50"}),
        ("list notifications, 50 of 100, with the unread count", "GET /notifications", {"limit": "50"}),
        ("list unread notifications, 50 of 100", "GET /notifications", {"limit": "50", "unread": ""}),
        ("unread count (a list of 1), 100 unread", "GET /notifications", {"limit": "1"}),
    ):
        lines.append(await _measured(site, what, site.http(bob, route, query=query)))
    lines.append(await _measured(site, "sync of 100 missed", client.sync(site)))
    await arrived(site, ann, [site.clock()] * 20)
    lines += [
        await _measured(site, "sync of 120 missed, 20 of them everyone's", opened_and_synced(site, bob)),
        await _measured(
            site, "unread count, 20 of it everyone's", site.http(bob, "GET /notifications", query={"limit": "1"})
        ),
        await _measured(site, "mark all 120 as read", site.http(bob, "PUT /notifications/read")),
        await _measured(site, "unread count, 0 unread", site.http(bob, "GET /notifications", query={"limit": "1"})),
    ]
    return lines


async def opened_and_synced(site: Site, person: Any) -> None:
    await (await opened(site, person)).sync(site)


async def _figures(stage: Stage) -> list[str]:
    clients = stage.clients()
    try:
        return await _lines(stage.site(clients, BilledApp, bill=Bill()))
    finally:
        await clients.close()


def main() -> None:
    logs = io.StringIO()
    with (
        tempfile.TemporaryDirectory() as scratch,
        staged(Path(scratch)) as stage,
        contextlib.redirect_stdout(logs),
    ):
        lines = asyncio.run(_figures(stage))
    print("| what | requests to DynamoDB | read units | write units |", "|---|---|---|---|", *lines, sep="\n")


if __name__ == "__main__":
    main()
