import asyncio
import time
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from app.catalogue import CONNECTIONS
from app.delivery.lane import Outcome
from tests.unit.aws import condition_failed, down, hang, page, refusal
from tests.unit.delivering import Site, connection, names
from tests.unit.people import ADA, BOB, CLEO
from tests.unit.sending import BOBS, CLEOS, KEY, MESSAGE, counted, counts, send, state, to, told

UNFORESEEN = refusal("AccessDeniedException", 403)
UNREACHABLE = EndpointConnectionError(endpoint_url="https://example.test")
ERRORS = [down(), refusal("ThrottlingException"), UNREACHABLE, UNFORESEEN]
SHORT_MS = 5_200  # 4.2 s for the delivery, of which 4 are kept for writing down how far it has come


@pytest.fixture(autouse=True)
def everybody(site: Site) -> None:
    site.join(ADA, BOB, CLEO)


@pytest.mark.parametrize("error", ERRORS)
async def test_what_sns_does_not_take_is_left_to_the_queue(site: Site, error: Exception) -> None:
    site.aws.on("publish", error)
    assert state(await send(site, key=KEY)) == (202, "delivering")
    assert site.queued() == [(MESSAGE, "0-49")]


@pytest.mark.parametrize("error", ERRORS)
async def test_a_topic_that_takes_nothing_does_not_stop_the_posts(site: Site, error: Exception) -> None:
    site.aws.on("publish", error)
    await send(site, key=KEY)
    assert site.posted() == sorted([BOBS, CLEOS])


async def test_a_worker_goes_on_where_the_request_has_ended(site: Site) -> None:
    site.aws.on("publish", down(), {})
    await send(site, key=KEY)
    posted = site.posted()
    await site.work_off(message_id=MESSAGE)
    assert (site.posted(), site.delivery(MESSAGE).state) == (posted, "delivered")
    assert site.counts(MESSAGE) == (2, 0, 0)


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.FAILED, Outcome.UNKNOWN])
async def test_a_post_that_is_missed_is_left_to_the_queue(site: Site, outcome: Outcome) -> None:
    site.lane.on(BOBS, outcome)
    answer = await send(site)
    assert (state(answer), counts(answer)) == ((202, "delivering"), (1, 0, 0))
    assert site.put_back() == [("0-49", 5)]


async def test_posts_that_fail_do_not_stop_the_publish(site: Site) -> None:
    site.lane.otherwise = Outcome.FAILED
    await send(site)
    assert len(site.aws.named("publish")) == 1


async def test_a_connection_that_refuses_is_counted_but_not_tried_again(site: Site) -> None:
    site.lane.on(BOBS, Outcome.REFUSED)
    answer = await send(site)
    assert (answer.status, counts(answer)) == (201, (1, 0, 1))


async def test_a_gone_connection_is_forgotten(site: Site) -> None:
    site.lane.on(BOBS, Outcome.GONE)
    answer = await send(site)
    assert (answer.status, counts(answer)) == (201, (1, 1, 0))
    assert sorted(row["connectionId"] for row in site.tables.rows(CONNECTIONS)) == sorted([f"c-{ADA}", CLEOS])


async def test_a_connection_that_may_just_be_opening_is_kept(site: Site) -> None:
    site.tables.plant(CONNECTIONS, connection(BOBS, age_s=10))
    site.lane.on(BOBS, Outcome.GONE)
    await send(site)
    assert BOBS in {row["connectionId"] for row in site.tables.rows(CONNECTIONS)}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("operation", ["batch_get_item", "batch_write_item"])
async def test_a_gone_connection_that_stays_is_no_failure(site: Site, operation: str, error: Exception) -> None:
    site.lane.on(BOBS, Outcome.GONE)
    whole = {"batch_get_item": site.tables.batch_get, "batch_write_item": site.tables.batch_write}
    profiles = [whole[operation]] if operation == "batch_get_item" else []
    site.aws.on(operation, *profiles, error)
    assert (await send(site)).status == 201


@pytest.mark.parametrize("error", ERRORS)
async def test_an_expired_connection_that_stays_is_no_failure(site: Site, error: Exception) -> None:
    site.tables.plant(CONNECTIONS, connection(BOBS, expires_in_s=-1))
    site.aws.on("delete_connection", error)
    answer = await send(site)
    assert (answer.status, counts(answer)) == (201, (1, 0, 0))


@pytest.mark.parametrize("error", ERRORS[:3])
async def test_connections_that_cannot_be_looked_up_are_left_to_the_queue(site: Site, error: Exception) -> None:
    site.aws.on("query", error)
    assert state(await send(site, key=KEY)) == (202, "delivering")
    assert site.queued() == [(MESSAGE, "0-49")]


async def test_a_look_up_that_fails_leaves_nothing_running(site: Site) -> None:
    site.aws.on("query", down(), hang)
    assert (await send(site)).status == 202
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("operation", ["publish", "query", "update_item", "send_message", "send_message_batch"])
async def test_a_bug_after_acceptance_is_accepted_all_the_same(site: Site, operation: str) -> None:
    site.lane.on(BOBS, Outcome.FAILED)
    counted(site, operation, UNFORESEEN)
    assert (await send(site)).status == 202


@pytest.mark.parametrize("error", [*ERRORS, condition_failed()])
async def test_a_delivery_that_cannot_be_closed_is_accepted_all_the_same(site: Site, error: Exception) -> None:
    counted(site, "update_item", error)
    site.aws.on("get_item", error)
    assert state(await send(site)) == (202, "pending")


@pytest.mark.parametrize("error", [*ERRORS, condition_failed()])
async def test_progress_that_cannot_be_written_down_is_accepted_all_the_same(site: Site, error: Exception) -> None:
    site.lane.on(BOBS, Outcome.FAILED)
    site.aws.on("put_item", error)
    assert (await send(site)).status == 202


async def test_a_queue_and_a_topic_that_take_nothing_leave_the_delivery_pending(site: Site) -> None:
    for operation in ("publish", "send_message_batch"):
        site.aws.on(operation, down())
    assert state(await send(site, key=KEY)) == (202, "pending")
    assert site.delivery(MESSAGE).parts == {"0-49"}


async def test_a_missed_post_that_cannot_be_put_back_goes_to_the_queue_without_waiting(site: Site) -> None:
    site.lane.on(BOBS, Outcome.FAILED)
    site.aws.on("send_message", down())
    assert state(await send(site, key=KEY)) == (202, "delivering")
    assert site.queued() == [(MESSAGE, "0-49")]


async def test_who_does_not_want_it_is_not_posted_to(site: Site) -> None:
    site.join(BOB, realtime=False)
    assert (await send(site)).status == 201
    assert site.posted() == [CLEOS]


async def test_recipients_without_a_connection_are_told_by_the_topic_alone(site: Site) -> None:
    site.tables.clear(CONNECTIONS)
    answer = await send(site)
    assert (answer.status, counts(answer), site.posted()) == (201, (0, 0, 0), [])
    assert told(site) >= {"publish"}


async def test_publish_and_posts_run_at_the_same_time(site: Site) -> None:
    together = asyncio.Barrier(2)

    async def meet(**_: Any) -> dict[str, Any]:
        await together.wait()
        return {}

    async def posting() -> None:
        await together.wait()

    site.aws.on("publish", meet)
    site.lane.first = posting
    async with asyncio.timeout(5):
        assert (await send(site)).status == 201  # each of the two waits for the other


async def test_connections_of_many_people_are_looked_up_at_the_same_time(site: Site) -> None:
    site.join(*names(16))
    together = asyncio.Barrier(16)

    async def meet(**_: Any) -> dict[str, Any]:
        await together.wait()
        return page()

    site.aws.on("query", meet)
    async with asyncio.timeout(5):
        assert (await send(site, to(*names(16)))).status == 201


@pytest.mark.parametrize("operation", ["query", "update_item", "put_item", "send_message"])
async def test_what_hangs_is_left_pending_in_time(site: Site, operation: str) -> None:
    site.lane.on(BOBS, Outcome.FAILED)
    counted(site, operation, hang)
    started = time.monotonic()
    answer = await send(site, ms=1_400)
    assert (answer.status, time.monotonic() - started < 1.4) == (202, True)


async def test_a_topic_that_hangs_leaves_time_to_write_down_what_was_posted(site: Site) -> None:
    site.aws.on("publish", hang)
    assert state(await send(site, key=KEY, ms=SHORT_MS)) == (202, "delivering")
    progress = site.progress(message_id=MESSAGE)
    assert progress is not None
    assert progress.tally.posted == 2


async def test_tidying_that_hangs_takes_none_of_the_time_for_closing(site: Site) -> None:
    site.lane.on(BOBS, Outcome.GONE)
    site.aws.on("batch_write_item", hang)
    answer = await send(site, ms=SHORT_MS)
    assert (answer.status, counts(answer)) == (201, (1, 1, 0))


async def test_without_time_left_a_message_is_accepted_and_pending(site: Site) -> None:
    site.aws.on("query", hang)
    assert state(await send(site, ms=1_000)) == (202, "pending")


async def test_out_of_time_leaves_nothing_running(site: Site) -> None:
    for operation in ("publish", "query"):
        site.aws.on(operation, hang)
    await send(site, ms=1_200)
    assert asyncio.all_tasks() == {asyncio.current_task()}
