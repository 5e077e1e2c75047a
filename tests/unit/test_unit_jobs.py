import asyncio
from typing import Any

import pytest

from app.channels.queue import Queue
from app.errors import UnavailableError
from app.models.deliveries import Progress, State
from app.models.ids import ConnectionId
from tests.unit.aws import Aws, down
from tests.unit.delivering import MESSAGE, Site, names, work_of
from tests.unit.people import BOB

URL = "https://queue.example.test/deliveries"


@pytest.fixture
def queue(aws: Aws) -> Queue:
    return Queue(aws, URL)


async def test_a_message_is_put_on_the_queue_with_its_wait(queue: Queue, aws: Aws) -> None:
    await queue.send("body", 45)
    assert aws.calls == [("send_message", {"QueueUrl": URL, "MessageBody": "body", "DelaySeconds": 45})]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (100, [10] * 10)])
async def test_messages_are_put_on_the_queue_in_tens(queue: Queue, aws: Aws, count: int, sizes: list[int]) -> None:
    await queue.send_all(f"m{number}" for number in range(count))
    batches = [call["Entries"] for call in aws.named("send_message_batch")]
    assert [len(entries) for entries in batches] == sizes
    assert [entry["MessageBody"] for entries in batches for entry in entries] == [f"m{n}" for n in range(count)]
    assert all(len({entry["Id"] for entry in entries}) == len(entries) for entries in batches)


async def test_all_batches_are_on_their_way_together(queue: Queue, aws: Aws) -> None:
    together = asyncio.Barrier(10)

    async def meet(**_: Any) -> dict[str, Any]:
        await together.wait()
        return {}

    aws.on("send_message_batch", meet)
    async with asyncio.timeout(5):
        await queue.send_all(names(100))


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_one_message_that_is_not_taken_is_raised(queue: Queue, aws: Aws, failing: int) -> None:
    taken: dict[str, Any] = {"Successful": [], "Failed": []}
    replies = [taken, taken, taken]
    replies[failing] = {"Failed": [{"Id": "4", "SenderFault": False, "Code": "InternalError"}]}
    aws.on("send_message_batch", *replies)
    with pytest.raises(UnavailableError):
        await queue.send_all(names(30))


async def test_what_was_received_is_hidden_for_a_while(queue: Queue, aws: Aws) -> None:
    await queue.hide("receipt", 20)
    hidden = {"QueueUrl": URL, "ReceiptHandle": "receipt", "VisibilityTimeout": 20}
    assert aws.calls == [("change_message_visibility", hidden)]


async def test_each_open_part_has_a_job_and_no_other(site: Site) -> None:
    delivery = await site.accept(work_of(*names(150)), "pending")
    await site.app.jobs.put_all(delivery.model_copy(update={"parts": frozenset({"50-100", "0-50"})}))
    assert site.queued() == [(MESSAGE, "0-50"), (MESSAGE, "50-100")]


async def test_jobs_are_noted_once_they_are_on_the_queue(site: Site) -> None:
    delivery = await site.accept(work_of(BOB), "pending")
    site.clock.advance(seconds=40)
    assert (await site.app.jobs.put_all(delivery)).state == "delivering"
    assert site.aws.operations() == ["send_message_batch", "update_item"]
    assert (site.delivery().state, site.delivery().pending_since) == ("delivering", "2026-11-22T18:00:40.000Z")


async def test_jobs_that_are_not_on_the_queue_are_not_noted(site: Site) -> None:
    delivery = await site.accept(work_of(BOB), "pending")
    site.aws.on("send_message_batch", down())
    with pytest.raises(UnavailableError):
        await site.app.jobs.put_all(delivery)
    assert site.delivery() == delivery


async def test_a_part_is_put_back_with_its_wait_and_noted(site: Site) -> None:
    delivery = await site.accept(work_of(BOB), "pending")
    progress = Progress(message_id=MESSAGE, part="0-49", missed=[ConnectionId("c")])
    assert (await site.app.jobs.put_back(delivery, progress, 135)).state == "delivering"
    assert (site.put_back(), site.delivery().state) == ([("0-49", 135)], "delivering")


async def test_what_has_been_delivered_meanwhile_stays_so(site: Site) -> None:
    delivery = await site.accept(work_of(BOB))
    await site.work_off()
    await site.app.jobs.put_all(delivery)
    assert site.delivery().state == "delivered"


@pytest.mark.parametrize("state", ["pending", "delivering", "failed"])
async def test_what_is_not_delivered_is_in_the_sparse_index_once_its_jobs_are_queued(site: Site, state: State) -> None:
    delivery = await site.accept(work_of(BOB), state)
    await site.app.jobs.put_all(delivery)
    site.clock.advance(minutes=15)
    assert [found async for found in site.app.deliveries.due(site.clock())] == [MESSAGE]


async def test_a_delivery_that_is_too_old_is_not_put_back_any_more(site: Site) -> None:
    delivery = await site.accept(work_of(BOB))
    site.clock.advance(hours=6)
    progress = Progress(message_id=MESSAGE, part="0-49", missed=[ConnectionId("c")])
    assert await site.app.jobs.put_back(delivery, progress, 5) == delivery
    assert site.aws.calls == []
