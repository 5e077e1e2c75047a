"""Messages that go by way of the queue: to more people than one transaction holds, and to everyone."""

from collections import Counter
from typing import Any

import pytest

from app.application import App
from app.catalogue import CONNECTIONS, DELIVERIES, MESSAGES, NOTIFICATIONS, USERS
from app.models.ids import UserId
from app.models.times import epoch_s
from tests.integration.events import Client
from tests.integration.faults import FaultServer
from tests.integration.rows import ALICE, QUIET, crowd, user
from tests.integration.site import Clock, Site
from tests.integration.worker import Worker

PEOPLE = crowd(60)
TO_PEOPLE = {"recipientIds": PEOPLE, "content": "hi"}
TO_ALL = {"audience": "everyone", "content": "hi"}


@pytest.fixture
def sender(fragile: App, site: Site, clock: Clock) -> Client:
    """Alice, an administrator, and sixty people with a connection each."""
    site.settle(clock(), ALICE)
    for name in PEOPLE:
        site.settle(clock(), name, f"{name}=")
    return Client(fragile, clock, "alice", admin=True)


def connections_of(people: list[UserId]) -> Counter[str]:
    return Counter(f"{name}=" for name in people)


def delivery(site: Site) -> dict[str, Any]:
    [row] = site.rows(DELIVERIES, "bySender")
    return row


async def test_a_large_message_is_accepted_with_a_job_for_each_part(sender: Client, site: Site) -> None:
    status, body, _ = await sender.http("SendMessage", TO_PEOPLE)
    report = {"state": "delivering", "recipients": 60, "connections": {"posted": 0, "gone": 0, "failed": 0}, "seen": 0}
    assert (status, body["delivery"]) == (202, {"messageId": body["messageId"], **report})
    assert sorted(site.jobs()) == [("0-50", 0), ("50-100", 0)]


async def test_every_recipient_gets_one_row_of_each_kind(sender: Client, worker: Worker, site: Site) -> None:
    await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    for table in (MESSAGES, NOTIFICATIONS):
        assert sorted(row["userId"] for row in site.rows(table)) == PEOPLE


async def test_every_connection_gets_one_post(sender: Client, worker: Worker, faults: FaultServer) -> None:
    await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    assert Counter(faults.posted()) == connections_of(PEOPLE)


async def test_the_topic_is_told_once_for_each_part(sender: Client, worker: Worker, site: Site) -> None:
    await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    assert site.told() == [PEOPLE[:50], PEOPLE[50:]]


async def test_a_large_message_ends_delivered_with_the_sum_of_its_parts(
    sender: Client, worker: Worker, site: Site
) -> None:
    await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    row = delivery(site)
    assert (row["state"], row["posted"], row.get("parts"), row.get("pending")) == ("delivered", 60, None, None)


async def test_a_job_that_comes_twice_does_no_harm(
    sender: Client, worker: Worker, site: Site, faults: FaultServer
) -> None:
    _, body, _ = await sender.http("SendMessage", TO_PEOPLE)
    accepted = await sender.app.deliveries.get(body["messageId"])
    assert accepted is not None
    await sender.app.jobs.put_all(accepted)
    assert site.waiting() == 4
    await worker.drain()
    assert Counter(faults.posted()) == connections_of(PEOPLE)
    assert (delivery(site)["posted"], len(site.rows(MESSAGES))) == (60, 60)


async def test_who_wants_no_frames_has_the_row_all_the_same(
    sender: Client, worker: Worker, site: Site, clock: Clock, faults: FaultServer
) -> None:
    site.insert(USERS, **user(PEOPLE[7], clock(), QUIET).to_item())
    await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    assert Counter(faults.posted()) == connections_of([name for name in PEOPLE if name != PEOPLE[7]])
    assert len(site.rows(MESSAGES)) == 60


async def test_who_has_left_before_the_part_is_worked_off_gets_nothing(
    sender: Client, worker: Worker, site: Site, faults: FaultServer
) -> None:
    await sender.http("SendMessage", TO_PEOPLE)
    await sender.app.users.delete(PEOPLE[7])
    await worker.drain()
    left = [name for name in PEOPLE if name != PEOPLE[7]]
    assert sorted(row["userId"] for row in site.rows(MESSAGES)) == left
    assert site.told() == [left[:49], left[49:]]
    assert (Counter(faults.posted()), delivery(site)["state"]) == (connections_of(left), "delivered")


async def test_a_row_that_was_read_between_two_runs_stays_read(sender: Client, worker: Worker, site: Site) -> None:
    _, body, _ = await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    read = next(row for row in site.rows(MESSAGES) if row["userId"] == PEOPLE[0]) | {"read": True}
    site.insert(MESSAGES, **read)
    reopened = {**delivery(site), "state": "pending", "parts": {"0-50"}, "pending": "pending-0"}
    site.insert(DELIVERIES, **reopened)
    await sender.app.jobs.queue.send(f'{{"messageId":"{body["messageId"]}","part":"0-50"}}')
    await worker.drain()
    assert [row["read"] for row in site.rows(MESSAGES) if row["userId"] == PEOPLE[0]] == [True]


async def test_rows_of_an_older_message_under_the_same_id_are_not_taken_for_its_own(
    sender: Client, worker: Worker, site: Site
) -> None:
    _, body, _ = await sender.http("SendMessage", TO_PEOPLE)
    older = {"senderId": "alice", "title": "t", "content": "c", "priority": "normal", "read": False}
    times = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-01T00:00:00.000Z")
    site.insert(MESSAGES, messageId=body["messageId"], userId=PEOPLE[0], **older, **times)
    assert await worker.round() == 1
    assert delivery(site)["parts"] == {"0-50"}


async def test_a_connection_whose_token_has_ended_is_closed_and_gets_nothing(
    sender: Client, worker: Worker, site: Site, clock: Clock, faults: FaultServer
) -> None:
    ended = {"userId": PEOPLE[0], "timestamp": "2026-11-22T11:00:00.000Z", "expiresAt": epoch_s(clock())}
    site.insert(CONNECTIONS, connectionId="ended=", **ended)
    await sender.http("SendMessage", TO_PEOPLE)
    await worker.drain()
    assert [seen.url.rpartition("/")[2] for seen in faults.attempts("DeleteConnection")] == ["ended%3D"]
    assert "ended=" not in {row["connectionId"] for row in site.rows(CONNECTIONS)} | set(faults.posted())


async def test_an_announcement_is_accepted_with_a_job_for_each_segment(sender: Client, site: Site) -> None:
    status, body, _ = await sender.http("SendMessage", TO_ALL)
    assert (status, body["delivery"]["state"], body["delivery"]["recipients"]) == (202, "delivering", 0)
    assert sorted(site.jobs()) == [("0/4", 0), ("1/4", 0), ("2/4", 0), ("3/4", 0)]


async def test_an_announcement_reaches_every_connection_once(
    sender: Client, worker: Worker, site: Site, faults: FaultServer
) -> None:
    await sender.http("SendMessage", TO_ALL)
    await worker.drain()
    assert Counter(faults.posted()) == connections_of(PEOPLE)
    assert (delivery(site)["state"], delivery(site)["posted"]) == ("delivered", 60)


async def test_an_announcement_is_published_once_for_nobody_in_particular(
    sender: Client, worker: Worker, site: Site
) -> None:
    await sender.http("SendMessage", TO_ALL)
    await worker.drain()
    assert site.told() == [[]]


async def test_an_announcement_is_one_row_however_many_people_there_are(
    sender: Client, worker: Worker, site: Site
) -> None:
    await sender.http("SendMessage", TO_ALL)
    await worker.drain()
    assert [[row["userId"] for row in site.rows(table)] for table in (MESSAGES, NOTIFICATIONS)] == [["*"], ["*"]]


@pytest.mark.parametrize("body", ["no json", "{}", '{"messageId":"m"}', '{"messageId":"m","part":1}', "[]"])
async def test_a_job_that_is_none_stays_on_the_queue_and_stops_no_other(
    body: str, sender: Client, worker: Worker, site: Site
) -> None:
    await sender.app.jobs.queue.send(body)
    await sender.http("SendMessage", TO_PEOPLE)
    assert await worker.round() == 1
    assert (site.waiting(), delivery(site)["state"]) == (1, "delivered")


async def test_a_job_for_a_delivery_that_is_gone_is_done(sender: Client, worker: Worker, site: Site) -> None:
    await sender.app.jobs.queue.send('{"messageId":"m","part":"0"}')
    assert await worker.round() == 0
    assert (site.waiting(), site.rows(DELIVERIES)) == (0, [])
