import asyncio
from typing import Any

import pytest

from app.catalogue import DELIVERIES, MESSAGES, NOTIFICATIONS
from app.models.work import Work
from tests.unit.aws import down
from tests.unit.delivering import Site, names
from tests.unit.people import ADA, NOW_S
from tests.unit.sending import KEY, MESSAGE, rows, send, state, to, told

MANY = names(5_000)


@pytest.fixture(autouse=True)
def everybody(site: Site) -> None:
    site.join(*MANY)


async def test_50_recipients_are_answered_202(site: Site) -> None:
    answer = await send(site, to(*MANY[:50]), key=KEY)
    assert state(answer) == (202, "delivering")
    assert (answer.body["delivery"]["recipients"], site.queued()) == (50, [(MESSAGE, "0-50")])


async def test_the_request_itself_tells_nobody_of_a_large_message(site: Site) -> None:
    await send(site, to(*MANY[:50]))
    assert told(site) == {"send_message_batch"}


async def test_a_large_message_writes_its_work_and_no_rows(site: Site) -> None:
    await send(site, to(*MANY), key=KEY)
    assert [(table, item["messageId"]) for table, item in rows(site)] == [
        ("deliveries_table", MESSAGE),
        ("deliveries_table", f"{MESSAGE}#work"),
        ("deliveries_table", f"{MESSAGE}#used"),
    ]
    assert site.tables.rows(MESSAGES) + site.tables.rows(NOTIFICATIONS) == []


async def test_the_work_names_every_recipient(site: Site) -> None:
    await send(site, to(*MANY), key=KEY)
    work = Work.from_item(rows(site)[1][1]["work"])
    assert (work.recipient_ids, work.sender_id, work.content) == (MANY, ADA, "hello")


async def test_the_work_is_kept_as_long_as_its_delivery_and_out_of_its_indexes(site: Site) -> None:
    await send(site, to(*MANY[:50]))
    item = rows(site)[1][1]
    assert item["expiresAt"] == NOW_S + 30 * 24 * 3600
    assert set(item) == {"messageId", "work", "expiresAt"}
    assert not {index.partition for index in DELIVERIES.indexes} & set(item)


async def test_that_a_key_was_used_for_a_large_message_is_kept_for_ever(site: Site) -> None:
    await send(site, to(*MANY[:50]), key=KEY)
    site.tables.clear(DELIVERIES)
    site.tables.plant(DELIVERIES, rows(site)[2][1])
    assert rows(site)[2][1] == {"messageId": f"{MESSAGE}#used"}
    answer = await send(site, to(*MANY[:50]), key=KEY)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")


async def test_neither_work_nor_delivery_is_written_over(site: Site) -> None:
    await send(site, to(*MANY[:50]))
    puts = [action["Put"] for action in site.aws.named("transact_write_items")[0]["TransactItems"]]
    assert {put["ConditionExpression"] for put in puts} == {"attribute_not_exists(messageId)"}


async def test_there_is_a_job_for_each_50_recipients(site: Site) -> None:
    await send(site, to(*MANY), key=KEY)
    assert sorted(site.queued()) == sorted((MESSAGE, f"{start}-{start + 50}") for start in range(0, 5_000, 50))


async def test_jobs_are_put_on_the_queue_in_tens(site: Site) -> None:
    await send(site, to(*MANY))
    batches = [call["Entries"] for call in site.aws.named("send_message_batch")]
    assert [len(entries) for entries in batches] == [10] * 10
    assert all(len({entry["Id"] for entry in entries}) == 10 for entries in batches)


async def test_profiles_are_read_in_hundreds(site: Site) -> None:
    await send(site, to(*MANY))
    asked = [len(call["RequestItems"]["users_table"]["Keys"]) for call in site.aws.named("batch_get_item")]
    assert sorted(asked) == [1, *[100] * 50]


async def test_profiles_are_read_16_requests_at_a_time(site: Site) -> None:
    together, read = asyncio.Barrier(16), site.tables.batch_get

    async def meet(**asked: Any) -> dict[str, Any]:
        if len(site.aws.named("batch_get_item")) <= 48:
            await together.wait()
        return await read(**asked)

    site.aws.on("batch_get_item", meet)
    async with asyncio.timeout(10):
        assert (await send(site, to(*MANY))).status == 202
    assert together.n_waiting == 0


async def test_every_unknown_one_of_5000_is_pointed_at(site: Site) -> None:
    site.leave(MANY[0], MANY[2_500], MANY[-1])
    answer = await send(site, to(*MANY))
    assert [pointer for pointer, _ in answer.faults] == [f"/recipientIds/{place}" for place in (0, 2_500, 4_999)]
    assert (answer.status, site.aws.named("transact_write_items")) == (422, [])


@pytest.mark.parametrize("reply", [down(), {"Failed": [{"Id": "0"}]}])
async def test_a_queue_that_takes_nothing_leaves_an_accepted_message_pending(site: Site, reply: Any) -> None:
    site.aws.on("send_message_batch", reply)
    assert state(await send(site, to(*MANY[:50]), key=KEY)) == (202, "pending")
    assert site.delivery(MESSAGE).parts == {"0-50"}


async def test_one_batch_of_jobs_that_was_not_taken_leaves_the_delivery_pending(site: Site) -> None:
    site.aws.on("send_message_batch", {}, {}, {"Failed": [{"Id": "3"}]}, {})
    assert state(await send(site, to(*MANY), key=KEY)) == (202, "pending")
    assert site.delivery(MESSAGE).state == "pending"


async def test_jobs_are_on_the_queue_before_it_is_noted(site: Site) -> None:
    await send(site, to(*MANY))
    assert site.done("send_message_batch", "update_item")[1:] == ["send_message_batch"] * 10 + ["update_item"]
