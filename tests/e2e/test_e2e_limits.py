"""What one person may take: messages a minute, connections at a time; and what need not be sent twice."""

import asyncio
import time

import aioboto3
import pytest

from app.aws import Clients, Service
from app.models.ids import UserId
from app.models.times import utc_now
from app.stores.dynamo import DynamoTable
from app.stores.rates import SendRates
from infra.stages import STAGES
from laptop.synth import STAGE
from tests.e2e.aws import Aws
from tests.e2e.client import Person

MOST = STAGES[STAGE].sends_per_min


def _use_up(aws: Aws, person: Person, count: int = MOST) -> None:
    """Counts so many sends of somebody in this minute and in the next."""
    this = int(time.time()) // 60
    for minute in (this, this + 1):
        key = f"{person.user_id}#rate#{minute}"
        aws.put("Deliveries", messageId=key, sends=count, expiresAt=(minute + 2) * 60)


async def test_who_has_sent_too_much_is_told_when_to_come_again(alice: Person, bob: Person, aws: Aws) -> None:
    first = await alice.send(bob, key="first")
    _use_up(aws, alice)

    refused = await alice.send(bob)

    assert first.status == 201
    assert (refused.status, refused.problem()["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert len(aws.rows("Messages", userId=bob.user_id)) == 1
    assert (await bob.send(alice)).status == 201
    repeated = await alice.send(bob, key="first")
    assert (repeated.status, repeated.json()) == (201, first.json())


async def test_the_last_of_a_minute_is_sent(alice: Person, bob: Person, aws: Aws) -> None:
    if (left_s := 60 - time.time() % 60) < 20:  # else the minute might end in between
        await asyncio.sleep(left_s)
    _use_up(aws, alice, MOST - 1)

    statuses = [(await alice.send(bob)).status for _ in range(2)]

    assert statuses == [201, 429]


async def test_of_sends_at_the_same_time_exactly_as_many_count_as_may(
    alice: Person, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoints.aws)
    clients = Clients("", _session=aioboto3.Session("test", "test", region_name=aws.endpoints.region))
    rates = SendRates(DynamoTable(Service(clients, "dynamodb"), aws.endpoints.tables["Deliveries"]), most=20)
    now = utc_now()
    try:
        waits = await asyncio.gather(*(rates.take(UserId(alice.user_id), now) for _ in range(60)))
    finally:
        await clients.close()
    assert sum(wait_s == 0 for wait_s in waits) == 20
    assert [row["sends"] for row in aws.rows("Deliveries") if row["messageId"].startswith(alice.user_id)] == [20]


async def test_the_eleventh_connection_closes_the_one_that_ends_first(alice: Person, aws: Aws) -> None:
    first = await alice.connect()
    [row] = aws.rows("Connections", userId=alice.user_id)
    aws.change("Connections", row, expiresAt=row["expiresAt"] - 60)
    others = [await alice.connect() for _ in range(9)]
    assert await first.quiet()

    eleventh = await alice.connect()

    why = await first.frame()
    assert (why.pop("type"), why.pop("code"), why.pop("status")) == ("error", "too_many_connections", 429)
    assert await first.dropped()
    assert [await each.quiet() for each in (*others, eleventh)] == [True] * 10
    assert len(aws.rows("Connections", userId=alice.user_id)) == 10


async def test_a_profile_may_be_kept_by_the_reader_and_is_asked_for_every_time(alice: Person) -> None:
    answer = await alice.call("GET", f"/users/{alice.user_id}")
    unchanged = await alice.call(
        "GET", f"/users/{alice.user_id}", headers={"If-None-Match": f'"x", W/{answer.headers["ETag"]}'}
    )

    assert (answer.status, unchanged.status) == (200, 304)
    assert answer.headers["Cache-Control"] == unchanged.headers["Cache-Control"] == "private, no-cache"


async def test_the_state_that_an_update_answered_is_the_one_that_is_read(alice: Person) -> None:
    updated = await alice.call("PUT", f"/users/{alice.user_id}", json={"firstName": "Al"})

    answer = await alice.call("GET", f"/users/{alice.user_id}", headers={"If-None-Match": updated.headers["ETag"]})

    assert answer.status == 304


async def test_what_others_see_has_a_tag_of_its_own(alice: Person, bob: Person) -> None:
    own = await alice.call("GET", f"/users/{alice.user_id}")

    answer = await bob.call("GET", f"/users/{alice.user_id}", headers={"If-None-Match": own.headers["ETag"]})

    assert (answer.status, answer.headers["ETag"] != own.headers["ETag"]) == (200, True)
