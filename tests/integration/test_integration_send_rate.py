"""How much one person may send, by the function and the table that AWS would run."""

import asyncio
from typing import Any

import pytest

from app.application import App
from app.catalogue import DELIVERIES
from app.models.ids import UserId
from app.models.times import epoch_s
from app.stores.rates import SendRates
from tests.integration.events import Client
from tests.integration.faults import COUNT, FaultServer, forwarded, hang, lost
from tests.integration.rows import ALICE, BOB
from tests.integration.site import Clock, Site
from tests.integration.wire import DENIED, json_error

BODY = {"recipientIds": ["bob"], "content": "hi"}
MOST = 60


def counted(site: Site) -> list[dict[str, Any]]:
    return [row for row in site.rows(DELIVERIES) if "sends" in row]


def use_up(site: Site, clock: Clock, user_id: UserId = ALICE) -> None:
    site.insert(DELIVERIES, messageId=f"{user_id}#rate#{epoch_s(clock()) // 60}", sends=MOST)


async def test_the_count_is_a_row_that_expires_and_is_in_no_index(alice: Client, site: Site, clock: Clock) -> None:
    await alice.http("SendMessage", BODY)
    minute = epoch_s(clock()) // 60
    assert counted(site) == [{"messageId": f"alice#rate#{minute}", "sends": 1, "expiresAt": (minute + 2) * 60}]
    assert len(site.rows(DELIVERIES, "bySender")) == 1
    assert site.rows(DELIVERIES, "pending") == []


async def test_who_has_sent_too_much_is_told_to_wait(alice: Client, site: Site, clock: Clock) -> None:
    clock.advance(seconds=20)
    use_up(site, clock)
    status, body, headers = await alice.http("SendMessage", BODY)
    assert (status, body["code"], headers["retry-after"]) == (429, "rate_limited", "40")
    clock.advance(seconds=40)
    assert (await alice.http("SendMessage", BODY))[0] == 201


async def test_a_repeat_of_what_was_accepted_is_answered_like_the_first(
    alice: Client, site: Site, clock: Clock
) -> None:
    key = {"idempotency-key": "k"}
    first = await alice.http("SendMessage", BODY, headers=key)
    use_up(site, clock)
    assert (await alice.http("SendMessage", BODY, headers=key))[:2] == first[:2]
    assert (await alice.http("SendMessage", BODY, headers={"idempotency-key": "l"}))[0] == 429


async def test_what_was_counted_stays_counted(app: App, site: Site, clock: Clock) -> None:
    rates = SendRates(app.table(app.settings.deliveries_table), most=2)
    answers = [await rates.take(ALICE, clock()) for _ in range(4)]
    assert [bool(wait_s) for wait_s in answers] == [False, False, True, True]
    assert await rates.take(BOB, clock()) == 0
    assert sorted(row["sends"] for row in counted(site)) == [1, 2]


@pytest.mark.parametrize("failure", [DENIED, json_error("InternalServerError", 500), hang()])
async def test_a_count_that_fails_accepts_nothing(alice: Client, faults: FaultServer, site: Site, failure: Any) -> None:
    faults.script(COUNT, failure)
    async with asyncio.timeout(30):
        status, _, _ = await alice.http("SendMessage", BODY)
    assert status in {500, 503}
    assert (site.rows(DELIVERIES), site.waiting()) == ([], 0)
    assert [seen.operation for seen in faults.seen if seen.operation != COUNT] == []


async def test_a_count_whose_answer_was_lost_counts_twice_and_never_less(
    alice: Client, faults: FaultServer, site: Site, moto: str
) -> None:
    faults.script(COUNT, lost(forwarded(moto)), forwarded(moto))
    assert (await alice.http("SendMessage", BODY))[0] == 201
    assert [row["sends"] for row in counted(site)] == [2]
