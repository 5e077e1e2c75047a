"""What is answered, and what is left, when something fails after a message was accepted; and that it still arrives."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from app.catalogue import CONNECTIONS
from tests.integration.arrival import assert_arrived, break_down, only_delivery, recover
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer, forwarded, hang, lost
from tests.integration.rows import crowd
from tests.integration.site import Clock, Site
from tests.integration.wire import (
    DENIED,
    DENIED_POST,
    DENIED_PUBLISH,
    json_error,
    json_ok,
    query_error,
    raw,
    rest_error,
)
from tests.integration.worker import Worker

BODY = {"recipientIds": ["bob"], "content": "hi"}
KEY = {"idempotency-key": "k"}
FAILING = json_error("InternalServerError", 500)
ONLY = "0-49"  # the one part of a small message
NO_JOB: list[tuple[str, int]] = []


@dataclass(frozen=True, slots=True)
class Left:
    """What a send leaves behind."""

    state: str
    jobs: list[tuple[str, int]]
    posted: int = 0  # as the answer has it


# What fails -> what is left.
SMALL: Mapping[str, tuple[Mapping[str, Behaviour], Left]] = {
    "reading connections": ({"Query": DENIED}, Left("pending", NO_JOB)),
    "posting": ({"PostToConnection": DENIED_POST}, Left("delivering", [(ONLY, 5)])),
    "publishing": ({"Publish": DENIED_PUBLISH}, Left("delivering", [(ONLY, 0)])),
    "closing the part": ({"UpdateItem": DENIED}, Left("pending", NO_JOB)),
    "saving the progress": ({"PostToConnection": DENIED_POST, "PutItem": DENIED}, Left("pending", NO_JOB)),
    "putting back": ({"PostToConnection": DENIED_POST, "SendMessage": DENIED}, Left("pending", NO_JOB)),
    "noting what was put back": (
        {"PostToConnection": DENIED_POST, "UpdateItem": DENIED},
        Left("pending", [(ONLY, 5)]),
    ),
    "queueing": ({"Publish": DENIED_PUBLISH, "SendMessageBatch": DENIED}, Left("pending", NO_JOB)),
    "noting what was queued": ({"Publish": DENIED_PUBLISH, "UpdateItem": DENIED}, Left("pending", [(ONLY, 0)])),
    "everything": (
        dict.fromkeys(("Query", "UpdateItem", "PutItem", "SendMessage", "SendMessageBatch"), DENIED)
        | {"Publish": DENIED_PUBLISH, "PostToConnection": DENIED_POST},
        Left("pending", NO_JOB),
    ),
}
UNTAKEN = json_ok(Successful=[], Failed=[{"Id": "0", "Code": "InternalError", "SenderFault": False}])
LARGE: Mapping[str, tuple[Mapping[str, Behaviour], Left]] = {
    "queueing": ({"SendMessageBatch": DENIED}, Left("pending", NO_JOB)),
    "queueing one of them": ({"SendMessageBatch": UNTAKEN}, Left("pending", NO_JOB)),
    "noting what was queued": ({"UpdateItem": DENIED}, Left("pending", [("0-50", 0)])),
}


@pytest.mark.parametrize("what", SMALL)
async def test_whatever_fails_after_the_acceptance_the_answer_is_that_it_was_accepted(
    what: str, alice: Client, faults: FaultServer, site: Site
) -> None:
    broken, left = SMALL[what]
    break_down(faults, broken)
    status, body, _ = await alice.http("SendMessage", BODY)
    row = only_delivery(site)
    assert (status, body["delivery"]["state"], row["state"]) == (202, left.state, left.state)
    assert (site.jobs(), body["delivery"]["connections"]["posted"]) == (left.jobs, left.posted)


@pytest.mark.parametrize("what", SMALL)
async def test_whatever_failed_the_next_sweep_and_the_workers_complete_it(
    what: str, alice: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    break_down(faults, SMALL[what][0])
    await alice.http("SendMessage", BODY)
    await recover(faults, clock, worker)
    assert_arrived(site, "bob", posted=2)


@pytest.mark.parametrize("what", SMALL)
async def test_whatever_failed_the_same_key_completes_it_too(
    what: str, alice: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    break_down(faults, SMALL[what][0])
    _, first, _ = await alice.http("SendMessage", BODY, headers=KEY)
    faults.heal()
    clock.advance(seconds=31)
    status, second, _ = await alice.http("SendMessage", BODY, headers=KEY)
    assert (status, second["messageId"], second["delivery"]["state"]) == (202, first["messageId"], "delivering")
    await worker.drain()
    assert_arrived(site, "bob", posted=2)


async def test_while_it_may_still_be_running_the_same_key_says_when_to_come_again(
    alice: Client, faults: FaultServer, clock: Clock
) -> None:
    faults.script("UpdateItem", DENIED)
    await alice.http("SendMessage", BODY, headers=KEY)
    clock.advance(seconds=29.5)
    status, body, headers = await alice.http("SendMessage", BODY, headers=KEY)
    assert (status, body["code"], headers["retry-after"]) == (409, "in_progress", "1")


@pytest.mark.parametrize("what", LARGE)
async def test_a_large_message_is_accepted_whatever_becomes_of_its_jobs(
    what: str, alice: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock
) -> None:
    people = crowd(50)
    for name in people:
        site.settle(clock(), name)
    broken, left = LARGE[what]
    break_down(faults, broken)
    status, body, _ = await alice.http("SendMessage", {**BODY, "recipientIds": people})
    assert (status, body["delivery"]["state"], site.jobs()) == (202, left.state, left.jobs)
    await recover(faults, clock, worker)
    assert_arrived(site, *people, posted=0)


async def test_jobs_of_which_only_some_were_queued_are_all_queued_by_the_sweeper(
    alice: Client, worker: Worker, faults: FaultServer, site: Site, clock: Clock, moto: str
) -> None:
    people = crowd(150)
    for name in people:
        site.settle(clock(), name)
    faults.script("SendMessageBatch", forwarded(moto), UNTAKEN)
    content = "x" * 16 * 1024  # so long that fourteen recipients are a part, and eleven parts two batches of jobs
    status, body, _ = await alice.http("SendMessage", {"recipientIds": people, "content": content})
    before = {part for part, _ in site.jobs()}
    faults.heal()
    clock.advance(seconds=31)
    await worker.sweep()
    accepted = await worker.app.deliveries.get(body["messageId"])
    assert accepted is not None
    assert (status, len(accepted.parts), before < accepted.parts) == (202, 11, True)
    assert {part for part, _ in site.jobs()} == accepted.parts


async def test_a_topic_that_fails_stops_no_post(alice: Client, faults: FaultServer) -> None:
    faults.script("Publish", query_error("InternalError", 500))
    await alice.http("SendMessage", BODY)
    assert sorted(faults.posted()) == ["b1", "b2"]


async def test_what_was_posted_is_not_posted_again_because_the_topic_failed(
    alice: Client, worker: Worker, faults: FaultServer, site: Site
) -> None:
    faults.script("Publish", raw(503, b"no upstream"))
    await alice.http("SendMessage", BODY)
    faults.heal()
    await worker.drain()
    assert (sorted(faults.posted()), site.told()) == (["b1", "b2"], [["bob"]])


@pytest.mark.parametrize("status", [500, 403])
async def test_one_connection_that_fails_does_not_stop_the_other(
    status: int, alice: Client, faults: FaultServer, site: Site
) -> None:
    only_b1(faults, rest_error(None, status))
    answered, body, _ = await alice.http("SendMessage", BODY)
    assert (answered, body["delivery"]["connections"]["posted"], site.told()) == (202, 1, [["bob"]])


async def test_a_post_that_was_missed_is_made_by_a_worker_and_no_other(
    alice: Client, worker: Worker, faults: FaultServer, site: Site
) -> None:
    only_b1(faults, DENIED_POST)
    await alice.http("SendMessage", BODY)
    faults.heal()
    await worker.drain()
    assert sorted(faults.posted()) == ["b1", "b1", "b2"]
    assert_arrived(site, "bob", posted=2)


async def test_a_connection_that_can_never_take_it_counts_as_failed(alice: Client, faults: FaultServer) -> None:
    only_b1(faults, rest_error(None, 413))
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["state"]) == (201, "delivered")
    assert body["delivery"]["connections"] == {"posted": 1, "gone": 0, "failed": 1}


async def test_a_connection_that_hangs_takes_nothing_from_the_other(
    alice: Client, worker: Worker, faults: FaultServer, site: Site
) -> None:
    only_b1(faults, hang())
    status, body, _ = await alice.http("SendMessage", BODY, remaining_s=6)
    assert (status, body["delivery"]["state"], body["delivery"]["connections"]["posted"]) == (202, "delivering", 1)
    faults.heal()
    await worker.drain()
    assert_arrived(site, "bob", posted=2)


async def test_gone_connections_are_counted_and_forgotten(
    alice: Client, faults: FaultServer, site: Site, clock: Clock
) -> None:
    clock.advance(seconds=11)
    faults.script("PostToConnection", rest_error("GoneException", 410))
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["connections"]["gone"], site.rows(CONNECTIONS)) == (201, 2, [])


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
async def test_gone_connections_that_cannot_be_forgotten_do_no_harm(
    operation: str, alice: Client, faults: FaultServer, clock: Clock, moto: str
) -> None:
    clock.advance(seconds=11)
    faults.script("PostToConnection", rest_error(None, 410))
    first = (forwarded(moto),) if operation == "BatchGetItem" else ()  # which reads the profiles as well
    faults.script(operation, *first, FAILING)
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["connections"]["gone"]) == (201, 2)


async def test_a_table_that_hangs_after_the_acceptance_leaves_the_message_accepted(
    alice: Client, faults: FaultServer
) -> None:
    faults.script("UpdateItem", hang())
    status, body, _ = await alice.http("SendMessage", BODY, remaining_s=4.5)
    assert (status, body.get("delivery", {}).get("state")) == (202, "pending")


async def test_a_part_whose_closing_was_not_answered_is_closed_once(
    alice: Client, faults: FaultServer, site: Site, moto: str
) -> None:
    faults.script("UpdateItem", lost(forwarded(moto)), forwarded(moto))
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["connections"]["posted"]) == (201, 2)
    assert_arrived(site, "bob", posted=2)


def only_b1(faults: FaultServer, fault: Behaviour) -> None:
    """Has one of Bob's connections fail."""
    works = raw(200)
    faults.script("PostToConnection", lambda request: (fault if "b1" in request.path else works)(request))
