from datetime import timedelta

import pytest

from app.catalogue import DELIVERIES, MESSAGES
from app.delivery.lane import Outcome
from app.errors import UnavailableError
from app.models.times import iso
from app.models.work import Work
from tests.unit.aws import down
from tests.unit.delivering import MESSAGE, Site, names, work_of
from tests.unit.people import ADA, BOB, CLEO, NOW

PEOPLE = names(50)
LARGE = work_of(*PEOPLE)


def at(work: Work, **later: float) -> Work:
    return work.model_copy(update={"created_at": iso(NOW + timedelta(**later))})


async def test_the_rows_of_50_recipients_are_one_transaction(site: Site) -> None:
    await site.app.inbox.write(LARGE, LARGE.recipient_ids, NOW)
    (transaction,) = site.aws.named("transact_write_items")
    assert len(transaction["TransactItems"]) == 100


async def test_without_recipients_nothing_is_written(site: Site) -> None:
    await site.app.inbox.write(LARGE, [], NOW)
    assert site.aws.calls == []


async def test_rows_are_written_once(site: Site) -> None:
    for _ in range(2):
        await site.app.inbox.write(LARGE, LARGE.recipient_ids, NOW)
    assert len(site.tables.rows(MESSAGES)) == 50


async def test_rows_that_cannot_be_written_are_raised(site: Site) -> None:
    site.aws.on("transact_write_items", down())
    with pytest.raises(UnavailableError):
        await site.app.inbox.write(LARGE, LARGE.recipient_ids, NOW)


async def test_rows_of_an_earlier_message_of_the_same_id_are_not_taken_for_these(site: Site) -> None:
    await site.app.inbox.write(LARGE, LARGE.recipient_ids, NOW)
    with pytest.raises(LookupError):
        await site.app.inbox.write(at(LARGE, days=31), LARGE.recipient_ids, NOW)


async def test_rows_of_others_are_not_taken_for_those_of_a_recipient(site: Site) -> None:
    await site.app.inbox.write(LARGE, LARGE.recipient_ids[1:], NOW)
    await site.app.inbox.write(LARGE, LARGE.recipient_ids, NOW)
    assert sorted(row["userId"] for row in site.tables.rows(MESSAGES)) == sorted(LARGE.recipient_ids)


async def test_a_recipient_who_left_and_came_back_between_two_runs_does_not_stop_the_others(site: Site) -> None:
    site.join(*PEOPLE)
    await site.accept(LARGE)
    site.leave(PEOPLE[0])
    site.lane.on(f"c-{PEOPLE[1]}", Outcome.FAILED, Outcome.POSTED)
    await site.work_off("0-50")
    site.join(PEOPLE[0])
    site.clock.advance(seconds=5)
    await site.work_off("0-50")
    assert site.delivery().state == "delivered"


async def test_a_small_message_is_read_back_without_those_who_have_deleted_it(site: Site) -> None:
    delivery = await site.accept(work_of(BOB, CLEO))
    rest = [row for row in site.tables.rows(MESSAGES) if row["userId"] == CLEO]
    site.tables.clear(MESSAGES)
    site.tables.plant(MESSAGES, *rest)
    assert await site.app.inbox.work(delivery) == work_of(CLEO)


async def test_a_small_message_is_read_back_without_the_rows_of_an_earlier_one_of_the_same_id(site: Site) -> None:
    delivery = await site.accept(work_of(BOB))
    (row,) = site.tables.rows(MESSAGES)
    site.tables.plant(MESSAGES, {**row, "userId": CLEO, "createdAt": iso(NOW - timedelta(days=31))})
    assert await site.app.inbox.work(delivery) == work_of(BOB)


async def test_an_announcement_is_read_back_whoever_has_read_it(site: Site) -> None:
    delivery = await site.accept(work_of())
    site.tables.plant(MESSAGES, {"messageId": MESSAGE, "userId": ADA, "read": True})
    assert await site.app.inbox.work(delivery) == work_of()


@pytest.mark.parametrize("work", [work_of(BOB), work_of()])
async def test_a_message_whose_rows_are_gone_is_no_work(site: Site, work: Work) -> None:
    delivery = await site.accept(work)
    site.tables.clear(MESSAGES)
    assert await site.app.inbox.work(delivery) is None


async def test_a_message_is_read_back_as_of_now(site: Site) -> None:
    for work in (work_of(BOB), work_of()):
        delivery = await site.accept(work)
        await site.app.inbox.work(delivery)
        site.tables.clear(DELIVERIES)
        site.tables.clear(MESSAGES)
        reads = [*site.aws.named("query"), *site.aws.named("get_item")]
        assert [read["ConsistentRead"] for read in reads] == [True]
