"""A part that is not done in one go: how it is put back, and where it goes on."""

import time
from collections import Counter

import pytest
import pytest_asyncio

from app.application import App
from app.catalogue import CONNECTIONS, DELIVERIES
from app.models.deliveries import Job
from app.models.ids import MessageId
from app.models.times import epoch_s
from tests.integration.arrival import only_delivery
from tests.integration.events import Client
from tests.integration.faults import FaultServer
from tests.integration.rows import ALICE
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED_POST
from tests.integration.worker import Worker

PADDING = (
    "x" * 300_000
)  # of which four are more than a page of 1 MB holds, so that each segment of five to seven has two
NAMES = [f"c{number:02}=" for number in range(24)]
SHORT_S = 12.0  # in which one page is posted, and the next not begun
ONLY = "0-49"


@pytest_asyncio.fixture
async def announced(fragile: App, site: Site, clock: Clock) -> MessageId:
    """An announcement for two dozen connections, in segments of two pages each."""
    site.settle(clock(), ALICE)
    for name in NAMES:
        opened = {"userId": "bob", "timestamp": "2026-11-22T12:00:00.000Z", "expiresAt": epoch_s(clock()) + 3600}
        site.insert(CONNECTIONS, connectionId=name, **opened, padding=PADDING)
    admin = Client(fragile, clock, "alice", admin=True)
    _, body, _ = await admin.http("SendMessage", {"audience": "everyone", "content": "hi"})
    return MessageId(body["messageId"])


@pytest_asyncio.fixture
async def missed(alice: Client, faults: FaultServer) -> Job:
    """A message for Bob that reached none of his connections; it goes on in five seconds."""
    faults.script("PostToConnection", DENIED_POST)
    _, body, _ = await alice.http("SendMessage", {"recipientIds": ["bob"], "content": "hi"})
    faults.heal()
    faults.seen.clear()
    return Job(message_id=body["messageId"], part=ONLY)


@pytest.mark.usefixtures("announced")
async def test_with_enough_time_all_pages_are_told_in_one_go(worker: Worker, site: Site, faults: FaultServer) -> None:
    assert await worker.round() == 0
    assert (site.waiting(), Counter(faults.posted())) == (0, Counter(NAMES))
    assert (only_delivery(site)["state"], only_delivery(site)["posted"]) == ("delivered", 24)


@pytest.mark.usefixtures("announced")
async def test_with_little_time_a_part_is_put_back_after_a_page(
    worker: Worker, site: Site, faults: FaultServer
) -> None:
    assert await worker.round(SHORT_S) == 0
    assert sorted(site.jobs()) == [("0/4", 0), ("1/4", 0), ("2/4", 0), ("3/4", 0)]
    assert 4 <= len(faults.posted()) < 24


@pytest.mark.usefixtures("announced")
async def test_a_part_that_was_put_back_goes_on_after_the_last_page(
    worker: Worker, site: Site, faults: FaultServer
) -> None:
    await worker.round(SHORT_S)
    await worker.drain()
    assert Counter(faults.posted()) == Counter(NAMES)
    assert (only_delivery(site)["state"], only_delivery(site)["posted"]) == ("delivered", 24)


@pytest.mark.usefixtures("announced")
async def test_a_part_that_was_put_back_does_not_publish_again(worker: Worker, site: Site) -> None:
    await worker.round(SHORT_S)
    await worker.drain()
    assert site.told() == [[]]


async def test_what_is_written_down_is_where_the_next_run_begins(announced: MessageId, worker: Worker) -> None:
    await worker.round(SHORT_S)
    for part in ("0/4", "1/4", "2/4", "3/4"):
        progress = await worker.app.deliveries.progress(Job(message_id=announced, part=part))
        assert (progress.version, progress.read, progress.cursor in NAMES) == (1, False, True)


async def test_a_job_that_comes_too_early_is_put_back_for_the_rest_of_the_wait(
    missed: Job, worker: Worker, site: Site, faults: FaultServer, clock: Clock
) -> None:
    clock.advance(seconds=2)
    await worker.app.worker.work_off(missed, time.monotonic() + 60)
    assert (sorted(site.jobs()), faults.posted()) == ([(ONLY, 3), (ONLY, 5)], [])


@pytest.mark.usefixtures("missed")
async def test_what_is_too_old_goes_round_no_more(
    worker: Worker, site: Site, faults: FaultServer, clock: Clock
) -> None:
    faults.script("PostToConnection", DENIED_POST)
    clock.advance(hours=6)
    assert (await worker.round(), site.waiting()) == (0, 0)
    await worker.sweep()
    assert only_delivery(site)["state"] == "failed"
    assert site.rows(DELIVERIES, "pending") == []
