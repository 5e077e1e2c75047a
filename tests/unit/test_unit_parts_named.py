import json
from typing import Any

import pytest

from app.catalogue import CONNECTIONS, DELIVERIES, MESSAGES, NOTIFICATIONS
from app.delivery.lane import Outcome
from app.delivery.parts import SETTLE_S
from app.errors import UnavailableError
from app.models.deliveries import Progress, Tally
from app.models.ids import notification_id
from tests.unit.aws import down
from tests.unit.delivering import MESSAGE, PLENTY_S, SMALL, Site, connection, names, work_of
from tests.unit.people import ADA, BOB, CLEO, NOW

LARGE = names(120)
FIRST, SECOND, THIRD = "0-50", "50-100", "100-150"


@pytest.fixture
async def small(site: Site) -> Site:
    site.join(BOB, CLEO)
    await site.accept(work_of(BOB, CLEO))
    return site


@pytest.fixture
async def large(site: Site) -> Site:
    site.join(*LARGE)
    await site.accept(work_of(*LARGE))
    return site


def owners(site: Site) -> list[str]:
    """Returns whose inbox the message is in, having seen that their notification is there too."""
    found = sorted(row["userId"] for row in site.tables.rows(MESSAGES))
    assert found == sorted(row["userId"] for row in site.tables.rows(NOTIFICATIONS))
    return found


def published(site: Site) -> list[list[str]]:
    return [json.loads(call["Message"])["recipientIds"] for call in site.aws.named("publish")]


async def test_a_part_of_a_large_message_is_for_its_own_recipients_alone(large: Site) -> None:
    await large.work_off(SECOND)
    fifty = names(50, start=50)
    assert owners(large) == fifty
    assert large.posted() == [f"c-{name}" for name in fifty]
    assert published(large) == [fifty]


async def test_all_parts_together_are_for_all_recipients(large: Site) -> None:
    for part in (THIRD, FIRST, SECOND):
        await large.work_off(part)
    assert owners(large) == LARGE
    assert large.posted() == [f"c-{name}" for name in LARGE]


async def test_the_rows_of_a_part_are_the_message(large: Site) -> None:
    await large.work_off(THIRD)
    shared = {"messageId": MESSAGE, "userId": LARGE[100], "senderId": ADA, "content": "hello"}
    assert next(row for row in large.tables.rows(MESSAGES) if row["userId"] == LARGE[100]).items() >= shared.items()
    told = {"notificationId": notification_id(MESSAGE), "unread": LARGE[100], **shared}
    assert next(row for row in large.tables.rows(NOTIFICATIONS) if row["userId"] == LARGE[100]).items() >= told.items()


async def test_the_rows_of_a_part_are_written_before_anybody_is_told(large: Site) -> None:
    await large.work_off(FIRST)
    done = large.done("transact_write_items", "publish", "post")
    assert (done[0], sorted(done[1:])) == ("transact_write_items", ["post", "publish"])


async def test_the_rows_of_a_small_message_are_not_written_again(small: Site) -> None:
    await small.work_off()
    assert small.aws.named("transact_write_items") == []
    assert small.posted() == sorted([f"c-{BOB}", f"c-{CLEO}"])


async def test_rows_that_an_earlier_run_has_written_stay_as_they_are(large: Site) -> None:
    await large.work_off(THIRD)
    large.tables.plant(MESSAGES, {**large.tables.rows(MESSAGES)[0], "read": True})
    large.tables.plant(DELIVERIES, {**large.delivery().to_item(), "parts": {THIRD}})
    await large.work_off(THIRD)
    assert [row["read"] for row in large.tables.rows(MESSAGES)] == [True] + [False] * 19


async def test_rows_that_an_earlier_run_has_written_do_not_end_a_run(large: Site) -> None:
    await large.app.inbox.write(work_of(*LARGE), work_of(*LARGE).recipients(THIRD), NOW)
    await large.work_off(THIRD)
    assert len(large.posted()) == 20


async def test_nobody_is_told_of_rows_that_cannot_be_written(large: Site) -> None:
    large.aws.on("transact_write_items", down())
    with pytest.raises(UnavailableError):
        await large.work_off(FIRST)
    assert large.done("post", "publish") == []
    assert large.delivery().parts == {FIRST, SECOND, THIRD}


async def test_a_recipient_who_has_left_gets_no_row_and_is_not_told(large: Site) -> None:
    large.leave(LARGE[100], LARGE[119])
    await large.work_off(THIRD)
    rest = LARGE[101:119]
    assert (owners(large), published(large)) == (rest, [rest])
    assert large.posted() == [f"c-{name}" for name in rest]


async def test_a_part_whose_recipients_have_all_left_is_not_published(large: Site) -> None:
    large.leave(*LARGE)
    await large.work_off(THIRD)
    assert published(large) == []


async def test_a_small_message_whose_recipients_have_left_is_not_published(small: Site) -> None:
    small.leave(BOB, CLEO)
    await small.work_off()
    assert published(small) == []


async def test_a_part_whose_recipients_have_all_left_is_closed(large: Site) -> None:
    large.leave(*LARGE)
    await large.work_off(THIRD)
    assert (large.delivery().parts, owners(large), large.posted()) == (frozenset({FIRST, SECOND}), [], [])


async def test_a_part_is_published_once(large: Site) -> None:
    await large.work_off(FIRST)
    assert published(large) == [LARGE[:50]]


async def test_what_is_published_is_the_frame_and_whom_it_is_for(small: Site) -> None:
    await small.work_off()
    (call,) = small.aws.named("publish")
    frame = json.loads(small.aws.named("post")[0]["payload"])
    assert json.loads(call["Message"]) == {**frame, "audience": None, "recipientIds": sorted([BOB, CLEO])}


async def test_named_recipients_are_posted_to_directly_and_in_time_to_settle(small: Site) -> None:
    await small.work_off()
    (call,) = small.aws.named("post")
    assert call["direct"]
    assert PLENTY_S - SETTLE_S - 1 < call["budget_s"] <= PLENTY_S - SETTLE_S


async def test_who_does_not_want_it_is_not_posted_to(small: Site) -> None:
    small.join(BOB, realtime=False)
    await small.work_off()
    assert (small.posted(), published(small)) == ([f"c-{CLEO}"], [sorted([BOB, CLEO])])


async def test_every_connection_of_a_recipient_is_posted_to(small: Site) -> None:
    small.tables.plant(CONNECTIONS, connection("c-other", owner=BOB))
    await small.work_off()
    assert small.posted() == sorted([f"c-{BOB}", f"c-{CLEO}", "c-other"])


async def test_an_expired_connection_is_closed_and_forgotten_and_not_posted_to(small: Site) -> None:
    small.tables.plant(CONNECTIONS, connection(f"c-{BOB}", expires_in_s=0))
    await small.work_off()
    assert small.posted() == [f"c-{CLEO}"]
    assert small.aws.named("delete_connection") == [{"ConnectionId": f"c-{BOB}"}]
    assert f"c-{BOB}" not in {row["connectionId"] for row in small.tables.rows(CONNECTIONS)}


@pytest.mark.parametrize(("age_s", "kept"), [(9, True), (11, False)])
async def test_a_gone_connection_is_forgotten_unless_it_may_just_be_opening(
    small: Site, age_s: int, kept: bool
) -> None:
    small.tables.plant(CONNECTIONS, connection(f"c-{BOB}", age_s=age_s))
    small.lane.on(f"c-{BOB}", Outcome.GONE)
    await small.work_off()
    assert (f"c-{BOB}" in {row["connectionId"] for row in small.tables.rows(CONNECTIONS)}) is kept
    assert small.counts() == (1, 1, 0)


async def test_a_refusal_counts_as_failed_and_is_not_tried_again(small: Site) -> None:
    small.lane.on(f"c-{BOB}", Outcome.REFUSED)
    await small.work_off()
    assert (small.counts(), small.delivery().state, small.put_back()) == ((1, 0, 1), "delivered", [])


async def test_only_the_last_part_makes_a_delivery_delivered(large: Site) -> None:
    states = []
    for part in (SECOND, THIRD, FIRST):
        await large.work_off(part)
        states.append((large.delivery().state, large.delivery().parts))
    assert states == [("delivering", {FIRST, THIRD}), ("delivering", {FIRST}), ("delivered", frozenset())]


async def test_the_counts_of_all_parts_add_up(large: Site) -> None:
    large.lane.on("c-u0000", Outcome.GONE)
    large.lane.on("c-u0119", Outcome.REFUSED)
    for part in (FIRST, SECOND, THIRD):
        await large.work_off(part)
    assert large.counts() == (118, 1, 1)


async def test_what_is_delivered_is_in_the_sparse_index_no_longer(small: Site) -> None:
    await small.work_off()
    (row,) = small.tables.rows(DELIVERIES)
    assert not {"pending", "parts"} & set(row)


async def test_a_closed_part_is_left_alone(large: Site) -> None:
    await large.work_off(SECOND)
    large.aws.calls.clear()
    await large.work_off(SECOND)
    assert large.aws.operations() == ["get_item"]


@pytest.mark.parametrize("part", ["150-200", "0/4", "0-49", "work", "used", ""])
async def test_a_part_that_there_is_not_is_left_alone(large: Site, part: str) -> None:
    await large.work_off(part)
    assert large.aws.operations() == ["get_item"]


async def test_a_job_of_a_delivery_that_there_is_not_is_left_alone(site: Site) -> None:
    await site.work_off()
    assert site.aws.operations() == ["get_item"]


async def test_a_message_whose_rows_are_all_erased_is_closed_with_what_it_had_reached(small: Site) -> None:
    reached = Progress(message_id=small.delivery().message_id, part=SMALL, version=1, tally=Tally(posted=7))
    await small.app.deliveries.save(reached, small.clock())
    small.tables.clear(MESSAGES)
    await small.work_off()
    assert (small.delivery().state, small.counts()) == ("delivered", (7, 0, 0))
    assert small.done("post", "publish") == []


async def test_a_large_message_without_its_work_is_a_bug(large: Site) -> None:
    rows: list[dict[str, Any]] = [row for row in large.tables.rows(DELIVERIES) if "work" not in row]
    large.tables.clear(DELIVERIES)
    large.tables.plant(DELIVERIES, *rows)
    with pytest.raises(LookupError):
        await large.work_off(FIRST)
