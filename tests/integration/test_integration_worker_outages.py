"""A worker for whom something fails: the job comes again, and what was done stays done."""

from collections import Counter
from collections.abc import Mapping

import pytest
import pytest_asyncio

from app.application import App
from app.catalogue import MESSAGES
from tests.integration.arrival import assert_arrived, break_down, only_delivery, recover
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer, forwarded, hang, lost
from tests.integration.rows import ALICE, crowd
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED, DENIED_POST, DENIED_PUBLISH, cancelled, rest_error
from tests.integration.worker import Worker

PEOPLE = crowd(50)
CONNECTIONS = [f"{name}=" for name in PEOPLE[:3]]
QUARTER_H = 15 * 60
# What fails -> how many jobs fail, of the one of a large message.
LARGE: Mapping[str, tuple[Mapping[str, Behaviour], int]] = {
    "reading the delivery": ({"GetItem": DENIED}, 1),
    "reading the profiles": ({"BatchGetItem": DENIED}, 1),
    "writing the rows": ({"TransactWriteItems": DENIED}, 1),
    "writing the rows in somebody's way": ({"TransactWriteItems": cancelled("TransactionConflict", "None")}, 0),
    "reading connections": ({"Query": DENIED}, 1),
    "posting": ({"PostToConnection": DENIED_POST}, 0),
    "publishing": ({"Publish": DENIED_PUBLISH}, 1),
    "closing the part": ({"UpdateItem": DENIED}, 1),
    "saving the progress": ({"PostToConnection": DENIED_POST, "PutItem": DENIED}, 1),
    "putting back": ({"PostToConnection": DENIED_POST, "SendMessage": DENIED}, 1),
    "noting what was put back": ({"PostToConnection": DENIED_POST, "UpdateItem": DENIED}, 1),
    "coming again soon": ({"Query": DENIED, "ChangeMessageVisibility": DENIED}, 1),
}
# Of the four of an announcement.
EVERYONE: Mapping[str, tuple[Mapping[str, Behaviour], int]] = {
    "reading the delivery": ({"GetItem": DENIED}, 4),
    "reading connections": ({"Scan": DENIED}, 4),
    "posting": ({"PostToConnection": DENIED_POST}, 0),
    "publishing": ({"Publish": DENIED_PUBLISH}, 1),
    "closing the parts": ({"UpdateItem": DENIED}, 4),
}


@pytest_asyncio.fixture
async def sender(fragile: App, site: Site, clock: Clock) -> Client:
    """Alice, an administrator, and fifty people of whom three are connected."""
    site.settle(clock(), ALICE)
    for number, name in enumerate(PEOPLE):
        site.settle(clock(), name, *CONNECTIONS[number : number + 1])
    return Client(fragile, clock, "alice", admin=True)


@pytest_asyncio.fixture
async def large(sender: Client) -> str:
    _, body, _ = await sender.http("SendMessage", {"recipientIds": PEOPLE, "content": "hi"})
    return str(body["messageId"])


@pytest_asyncio.fixture
async def announced(sender: Client) -> str:
    _, body, _ = await sender.http("SendMessage", {"audience": "everyone", "content": "hi"})
    return str(body["messageId"])


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("what", LARGE)
async def test_whatever_fails_a_part_comes_again_and_is_completed(
    what: str, worker: Worker, faults: FaultServer, site: Site
) -> None:
    broken, failed = LARGE[what]
    break_down(faults, broken)
    assert (await worker.round(), site.waiting() >= 1) == (failed, True)
    faults.heal()
    await worker.drain()
    assert_arrived(site, *PEOPLE, posted=3)


@pytest.mark.usefixtures("announced")
@pytest.mark.parametrize("what", EVERYONE)
async def test_whatever_fails_an_announcement_comes_again_and_is_completed(
    what: str, worker: Worker, faults: FaultServer, site: Site
) -> None:
    broken, failed = EVERYONE[what]
    break_down(faults, broken)
    assert await worker.round() == failed
    faults.heal()
    await worker.drain()
    assert_arrived(site, "*", posted=3)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutItem", "UpdateItem", "SendMessage", "Publish"])
async def test_an_answer_that_was_lost_costs_nothing(
    operation: str, worker: Worker, faults: FaultServer, site: Site, moto: str
) -> None:
    faults.script(operation, lost(forwarded(moto)), forwarded(moto))
    missed = DENIED_POST if operation in {"PutItem", "SendMessage"} else rest_error(None, 200)
    faults.script("PostToConnection", missed, missed, missed, rest_error(None, 200))
    await worker.drain()
    assert_arrived(site, *PEOPLE, posted=3)


@pytest.mark.usefixtures("large")
async def test_a_worker_that_hangs_is_given_up_in_time_and_its_job_comes_again(
    worker: Worker, faults: FaultServer, site: Site
) -> None:
    faults.script("Query", hang())
    assert await worker.round(remaining_s=3) == 1
    faults.heal()
    await worker.drain()
    assert_arrived(site, *PEOPLE, posted=3)


@pytest.mark.usefixtures("large")
async def test_what_was_posted_is_not_posted_again_because_the_topic_failed(
    worker: Worker, faults: FaultServer, site: Site
) -> None:
    faults.script("Publish", DENIED_PUBLISH)
    await worker.round()
    await worker.round()
    faults.heal()
    await worker.drain()
    assert Counter(faults.posted()) == Counter(CONNECTIONS)
    assert_arrived(site, *PEOPLE, posted=3)


@pytest.mark.usefixtures("large")
async def test_what_was_published_is_not_published_again_because_posts_failed(
    worker: Worker, faults: FaultServer, site: Site
) -> None:
    faults.script("PostToConnection", DENIED_POST)
    await worker.round()
    faults.heal()
    await worker.drain()
    assert site.told() == [PEOPLE]


@pytest.mark.usefixtures("large")
async def test_rows_are_not_written_again_because_posts_failed(worker: Worker, faults: FaultServer, site: Site) -> None:
    faults.script("PostToConnection", DENIED_POST)
    await worker.round()
    [row, *_] = site.rows(MESSAGES)
    site.insert(MESSAGES, **{**row, "read": True})
    faults.heal()
    await worker.drain()
    assert [each["read"] for each in site.rows(MESSAGES)].count(True) == 1


@pytest.mark.usefixtures("large")
async def test_a_post_that_is_always_missed_fails_after_five_more_attempts_ever_later(
    worker: Worker, faults: FaultServer, site: Site
) -> None:
    faults.script("PostToConnection", DENIED_POST)
    waits = []
    for _ in range(6):
        assert await worker.round() == 0
        waits += [wait_s for _, wait_s in site.jobs()]
    row = only_delivery(site)
    assert waits == [5, 15, 45, 135, 405]
    assert (row["state"], row["posted"], row["failed"]) == ("delivered", 0, 3)


@pytest.mark.usefixtures("large")
async def test_a_job_whose_worker_never_came_back_is_queued_again_after_a_quarter_of_an_hour(
    worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    site.aws.sqs.purge_queue(QueueUrl=site.queue)
    await recover(faults, clock, worker, QUARTER_H - 1)
    assert only_delivery(site)["state"] == "delivering"
    await recover(faults, clock, worker, 1)
    assert_arrived(site, *PEOPLE, posted=3)


@pytest.mark.usefixtures("large")
async def test_gone_connections_are_counted_and_forgotten_but_not_the_young(
    worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    clock.advance(seconds=11)
    site.settle(clock(), PEOPLE[9], "young=")
    faults.script("PostToConnection", rest_error("GoneException", 410))
    await worker.round()
    assert (only_delivery(site)["gone"], site.connections()) == (4, ["young="])
