"""The queue `deliveries`, as the app uses it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.application import App
from app.catalogue import DELIVERIES_QUEUE
from app.channels.queue import Queue
from app.errors import UnavailableError
from tests.integration.faults import FaultServer, forwarded
from tests.integration.site import Site
from tests.integration.wire import json_ok


@pytest.fixture
def queue(app: App) -> Queue:
    return app.queue(DELIVERIES_QUEUE)


@pytest.fixture
def fragile_queue(fragile: App) -> Queue:
    return fragile.queue(DELIVERIES_QUEUE)


def bodies(count: int) -> Iterator[str]:
    return (json.dumps({"part": str(number)}) for number in range(count))


def received(site: Site) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = site.aws.sqs.receive_message(QueueUrl=site.queue, MaxNumberOfMessages=10).get(
        "Messages", []
    )
    return messages


async def test_what_is_sent_is_received(queue: Queue, site: Site) -> None:
    await queue.send('{"part":"Öz 🙂"}')
    assert [message["Body"] for message in received(site)] == ['{"part":"Öz 🙂"}']


@pytest.mark.parametrize("wait_s", [0, 5, 405, 900])
async def test_what_has_to_wait_is_received_after_so_many_seconds(wait_s: int, queue: Queue, site: Site) -> None:
    await queue.send('{"part":"0"}', wait_s)
    assert site.jobs() == [("0", wait_s)]
    assert len(received(site)) == int(wait_s == 0)


@pytest.mark.parametrize("count", [0, 1, 10, 11, 100])
async def test_all_are_sent_each_once(count: int, queue: Queue, site: Site) -> None:
    await queue.send_all(bodies(count))
    assert sorted(int(part) for part, _ in site.jobs()) == list(range(count))


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (10, 1), (11, 2), (100, 10)])
async def test_ten_are_sent_in_one_request(
    count: int, requests: int, fragile_queue: Queue, faults: FaultServer
) -> None:
    await fragile_queue.send_all(bodies(count))
    assert len(faults.attempts("SendMessageBatch")) == requests


@pytest.mark.parametrize("fault_of_ours", [True, False])
async def test_one_that_was_not_taken_makes_all_unavailable(
    fault_of_ours: bool, fragile_queue: Queue, faults: FaultServer
) -> None:
    refused = {"Id": "1", "Code": "InternalError", "SenderFault": fault_of_ours}
    taken = {"Id": "0", "MessageId": "m", "MD5OfMessageBody": "a02b857f2eff73e8e188f35529dd91be"}
    faults.script("SendMessageBatch", json_ok(Successful=[taken], Failed=[refused]))
    with pytest.raises(UnavailableError):
        await fragile_queue.send_all(bodies(2))


async def test_one_batch_that_failed_among_many_is_told(fragile_queue: Queue, faults: FaultServer, moto: str) -> None:
    good, bad = forwarded(moto), json_ok(Successful=[], Failed=[{"Id": "0", "Code": "x", "SenderFault": False}])
    faults.script("SendMessageBatch", good, bad, good)
    with pytest.raises(UnavailableError):
        await fragile_queue.send_all(bodies(30))


async def test_what_is_hidden_for_no_time_comes_again_at_once(queue: Queue, site: Site) -> None:
    await queue.send('{"part":"0"}')
    [message] = received(site)
    assert received(site) == []
    await queue.hide(message["ReceiptHandle"], 0)
    assert [again["MessageId"] for again in received(site)] == [message["MessageId"]]


async def test_what_is_hidden_stays_so_for_the_seconds_given(
    fragile_queue: Queue, site: Site, faults: FaultServer
) -> None:
    await fragile_queue.send('{"part":"0"}')
    [message] = received(site)
    await fragile_queue.hide(message["ReceiptHandle"], 160)
    [seen] = faults.attempts("ChangeMessageVisibility")
    assert json.loads(seen.body)["VisibilityTimeout"] == 160
    assert received(site) == []
