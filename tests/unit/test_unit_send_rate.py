import asyncio
from datetime import timedelta

import pytest

from app.catalogue import DELIVERIES
from app.errors import UnavailableError
from app.models.ids import UserId
from app.stores.rates import SendRates
from tests.unit.aws import cancelled, down, hang, refusal
from tests.unit.delivering import Site
from tests.unit.people import ADA, BOB, CLEO, NOW, NOW_S, Row
from tests.unit.sending import ADMIN, BODY, KEY, TO_ALL, deliveries, send, state, to, told

MOST = 60  # the default


@pytest.fixture(autouse=True)
def everybody(site: Site) -> None:
    site.join(ADA, BOB, CLEO)


def sent(site: Site, count: int, user_id: str = ADA) -> None:
    """Has somebody have sent so many messages in this minute."""
    minute = int(site.clock().timestamp()) // 60
    site.tables.plant(DELIVERIES, {"messageId": f"{user_id}#rate#{minute}", "sends": count, "expiresAt": 0})


def counts(site: Site) -> list[Row]:
    return [row for row in site.tables.rows(DELIVERIES) if "sends" in row]


async def test_the_last_message_of_a_minute_is_sent_and_the_next_is_not(site: Site) -> None:
    sent(site, MOST - 1)
    assert (await send(site)).status == 201
    answer = await send(site)
    assert (answer.status, answer.code) == (429, "rate_limited")


async def test_who_sends_too_much_is_told_when_the_next_minute_begins(site: Site) -> None:
    site.clock.advance(seconds=17 - NOW_S % 60)
    sent(site, MOST)
    assert (await send(site)).headers["retry-after"] == "43"
    site.clock.advance(seconds=43)
    assert (await send(site)).status == 201


async def test_what_is_refused_costs_one_write_and_tells_nobody(site: Site) -> None:
    sent(site, MOST)
    await send(site)
    assert site.aws.operations() == ["update_item"]
    assert (told(site), deliveries(site)) == (set(), [])


async def test_everybody_has_a_count_of_their_own(site: Site) -> None:
    sent(site, MOST, user_id=BOB)
    assert (await send(site)).status == 201
    assert sorted(row["messageId"].partition("#")[0] for row in counts(site)) == sorted([ADA, BOB])


@pytest.mark.parametrize("body", [BODY, TO_ALL])
async def test_administrators_are_counted_too(site: Site, body: object) -> None:
    sent(site, MOST)
    assert (await send(site, body, caller=ADMIN)).status == 429


async def test_a_send_is_one_write_more_and_the_count_expires(site: Site) -> None:
    await send(site)
    assert site.done("update_item", "transact_write_items") == ["update_item", "transact_write_items", "update_item"]
    [row] = counts(site)
    assert row["sends"] == 1
    assert NOW_S + 60 < row["expiresAt"] <= NOW_S + 120


async def test_a_count_is_in_no_index(site: Site) -> None:
    await send(site)
    [row] = counts(site)
    assert not set(row) & {key for index in DELIVERIES.indexes for key in (index.partition, index.sort)}


async def test_a_repeat_of_an_accepted_message_is_answered_whoever_has_sent_too_much(site: Site) -> None:
    first = await send(site, key=KEY)
    sent(site, MOST)
    assert await send(site, key=KEY) == first


async def test_a_new_key_is_no_way_around_the_limit(site: Site) -> None:
    await send(site, key=KEY)
    sent(site, MOST)
    assert (await send(site, key="another")).status == 429


async def test_an_accepted_key_with_another_body_is_refused_for_that(site: Site) -> None:
    await send(site, key=KEY)
    sent(site, MOST)
    answer = await send(site, {**BODY, "content": "other"}, key=KEY)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")


async def test_whether_there_is_a_person_is_not_told_to_who_asks_too_often(site: Site) -> None:
    sent(site, MOST)
    assert (await send(site, to("nobody"))).status == 429


async def test_asking_for_people_who_are_not_there_counts(site: Site) -> None:
    sent(site, MOST - 1)
    assert (await send(site, to("nobody"))).status == 422
    assert (await send(site)).status == 429


@pytest.mark.parametrize("error", [down(), refusal("ThrottlingException"), cancelled("ThrottlingError")])
async def test_a_count_that_fails_is_answered_503_and_nothing_is_accepted(site: Site, error: Exception) -> None:
    site.aws.on("update_item", error)
    assert (await send(site)).status == 503
    assert (told(site), deliveries(site)) == (set(), [])


async def test_a_count_that_hangs_is_answered_503_in_time(site: Site) -> None:
    site.aws.on("update_item", hang)
    assert (await send(site, ms=700)).status == 503
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_repeat_is_answered_when_counting_is_throttled(site: Site) -> None:
    first = await send(site, key=KEY)
    site.aws.on("update_item", refusal("ThrottlingException"))
    assert await send(site, key=KEY) == first


async def test_a_delivery_that_is_taken_up_again_is_not_refused(site: Site) -> None:
    site.aws.on("query", down())
    await send(site, key=KEY)
    site.clock.advance(minutes=16)
    sent(site, MOST)
    assert state(await send(site, key=KEY)) == (202, "delivering")


@pytest.mark.parametrize(("second", "wait_s"), [(0, 60), (1, 59), (59, 1)])
async def test_the_wait_is_what_is_left_of_the_minute(site: Site, second: int, wait_s: int) -> None:
    rates = SendRates(site.app.table("deliveries_table"), most=1)
    moment = NOW - timedelta(seconds=NOW_S % 60 - second)
    assert await rates.take(UserId(ADA), moment) == 0
    assert await rates.take(UserId(ADA), moment) == wait_s


async def test_a_count_that_fails_is_no_permission(site: Site) -> None:
    site.aws.on("update_item", down())
    with pytest.raises(UnavailableError):
        await SendRates(site.app.table("deliveries_table"), most=1).take(UserId(ADA), NOW)
