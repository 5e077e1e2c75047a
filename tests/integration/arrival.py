"""What is true of every message that was accepted, once everything works again."""

from collections.abc import Mapping
from typing import Any

from app.catalogue import DELIVERIES, MESSAGES, NOTIFICATIONS
from tests.integration.faults import Behaviour, FaultServer
from tests.integration.site import Clock, Site
from tests.integration.worker import Worker


def break_down(faults: FaultServer, broken: Mapping[str, Behaviour]) -> None:
    for operation, fault in broken.items():
        faults.script(operation, fault)


async def recover(faults: FaultServer, clock: Clock, worker: Worker, seconds: float = 31) -> None:
    """Everything works again; after so many seconds the sweeper runs, and then the workers."""
    faults.heal()
    clock.advance(seconds=seconds)
    await worker.sweep()
    await worker.drain()


def only_delivery(site: Site) -> dict[str, Any]:
    """Returns the row of the one delivery there is."""
    [row] = site.rows(DELIVERIES, "bySender")
    return row


def assert_arrived(site: Site, *recipients: str, posted: int) -> None:
    """Every recipient has each row once, the topic was told of them, and nothing is left to do."""
    for table in (MESSAGES, NOTIFICATIONS):
        assert sorted(row["userId"] for row in site.rows(table)) == sorted(recipients)
    told = {name for names in site.told() for name in names or ["*"]}
    assert told == set(recipients)
    row = only_delivery(site)
    assert (row["state"], row["posted"], row.get("parts")) == ("delivered", posted, None)
    assert (site.rows(DELIVERIES, "pending"), site.waiting()) == ([], 0)
