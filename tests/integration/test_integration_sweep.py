"""The sweeper: what it finds, what it gives up, and what it makes of outages."""

import json
from typing import Any

import pytest

from app.catalogue import DELIVERIES
from app.errors import UnavailableError
from tests.integration.arrival import assert_arrived, only_delivery, recover
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer, forwarded, lost
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED, json_error, json_ok
from tests.integration.worker import Worker

BODY = {"recipientIds": ["bob"], "content": "hi"}
FAILING = json_error("InternalServerError", 500)
HOURS_6 = 6 * 3600


@pytest.fixture
async def left(alice: Client, faults: FaultServer) -> str:
    """A message that was accepted, and then its sender's function died."""
    faults.script("UpdateItem", DENIED)
    faults.script("Query", DENIED)
    _, body, _ = await alice.http("SendMessage", BODY)
    faults.heal()
    faults.seen.clear()
    return str(body["messageId"])


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """Returns the sums of the metrics that were written since the last look."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counts = [line for line in lines if "_aws" in line]
    return {name: sum(line.get(name, 0) for line in counts) for name in ("DeliveriesFailed", "DeliveriesQueuedAgain")}


@pytest.mark.usefixtures("left")
async def test_what_is_left_pending_is_queued_after_30_seconds(worker: Worker, site: Site, clock: Clock) -> None:
    clock.advance(seconds=29.9)
    await worker.sweep()
    assert site.jobs() == []
    clock.advance(seconds=0.1)
    await worker.sweep()
    assert (site.jobs(), only_delivery(site)["state"]) == ([("0-49", 0)], "delivering")


@pytest.mark.usefixtures("left")
async def test_what_was_queued_is_not_queued_by_the_next_sweep(worker: Worker, site: Site, clock: Clock) -> None:
    for _ in range(3):
        clock.advance(seconds=60)
        await worker.sweep()
    assert site.waiting() == 1


@pytest.mark.usefixtures("left")
async def test_what_is_too_old_is_given_up_and_counted_once(
    worker: Worker, site: Site, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.advance(seconds=HOURS_6)
    await worker.sweep()
    assert (only_delivery(site)["state"], site.waiting()) == ("failed", 0)
    assert metrics(capsys) == {"DeliveriesFailed": 1, "DeliveriesQueuedAgain": 0}
    await worker.sweep()
    assert metrics(capsys)["DeliveriesFailed"] == 0


@pytest.mark.usefixtures("left")
async def test_what_is_almost_too_old_is_queued_once_more(worker: Worker, site: Site, clock: Clock) -> None:
    clock.advance(seconds=HOURS_6 - 1)
    await worker.sweep()
    assert only_delivery(site)["state"] == "delivering"


async def test_what_was_given_up_is_taken_up_by_the_same_key(
    alice: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    key = {"idempotency-key": "k"}
    faults.script("UpdateItem", DENIED)
    await alice.http("SendMessage", BODY, headers=key)
    faults.heal()
    clock.advance(seconds=HOURS_6)
    await worker.sweep()
    status, body, _ = await alice.http("SendMessage", BODY, headers=key)
    assert (status, body["delivery"]["state"]) == (202, "delivering")
    await worker.drain()
    assert_arrived(site, "bob", posted=0)  # his connections have expired since


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("fault", [FAILING, json_error("ThrottlingException")], ids=["500", "throttled"])
async def test_a_table_that_cannot_be_searched_fails_the_sweep(
    fault: Behaviour, worker: Worker, faults: FaultServer, clock: Clock
) -> None:
    clock.advance(seconds=31)
    faults.script("Query", fault)
    with pytest.raises(UnavailableError):
        await worker.sweep()


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(("operation", "jobs"), [("GetItem", 0), ("SendMessageBatch", 0), ("UpdateItem", 1)])
async def test_whatever_fails_in_a_sweep_the_next_one_completes_it(
    operation: str, jobs: int, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    clock.advance(seconds=31)
    faults.script(operation, DENIED)
    await worker.sweep()
    assert (site.waiting(), only_delivery(site)["state"]) == (jobs, "pending")
    await recover(faults, clock, worker, 60)
    assert_arrived(site, "bob", posted=2)


async def test_one_delivery_that_cannot_be_queued_does_not_stop_the_others(
    alice: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock, moto: str
) -> None:
    faults.script("UpdateItem", DENIED)
    for _ in range(3):
        await alice.http("SendMessage", BODY)
    faults.heal()
    clock.advance(seconds=31)
    faults.script("SendMessageBatch", DENIED, forwarded(moto))
    await worker.sweep()
    assert site.waiting() == 2
    assert sorted(row["state"] for row in site.rows(DELIVERIES, "bySender")) == ["delivering", "delivering", "pending"]


@pytest.mark.usefixtures("left")
async def test_a_note_whose_answer_was_lost_costs_nothing(
    worker: Worker, faults: FaultServer, site: Site, clock: Clock, moto: str
) -> None:
    clock.advance(seconds=31)
    faults.script("UpdateItem", lost(forwarded(moto)), forwarded(moto))
    await worker.sweep()
    await worker.drain()
    assert_arrived(site, "bob", posted=2)


@pytest.mark.usefixtures("left")
async def test_what_was_given_up_is_counted_though_the_answer_was_lost(
    worker: Worker, faults: FaultServer, clock: Clock, moto: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.advance(seconds=HOURS_6)
    faults.script("UpdateItem", lost(forwarded(moto)), forwarded(moto))
    await worker.sweep()
    assert metrics(capsys)["DeliveriesFailed"] == 1


async def test_what_the_index_calls_due_too_late_is_left_alone(
    left: str, worker: Worker, faults: FaultServer, site: Site
) -> None:
    faults.script("Query", json_ok(Items=[{"messageId": {"S": left}}]))
    await worker.sweep()
    assert (site.waiting(), only_delivery(site)["state"]) == (0, "pending")


@pytest.mark.usefixtures("left")
async def test_a_sweep_reads_no_more_than_the_index_and_what_is_due(worker: Worker, faults: FaultServer) -> None:
    await worker.sweep()
    assert (len(faults.attempts("Query")), faults.attempts("GetItem"), faults.attempts("Scan")) == (20, [], [])
