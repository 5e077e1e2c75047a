import asyncio
import json
from typing import Any

import pytest

from app.catalogue import CONNECTIONS, EVERYONE, MESSAGES
from app.errors import UnavailableError
from app.models.work import SEGMENTS
from tests.unit.aws import down
from tests.unit.delivering import Site, connection, names, work_of
from tests.unit.people import ADA

PEOPLE = names(60)
EVERY_CONNECTION = sorted(f"c-{name}" for name in (ADA, *PEOPLE))
PARTS = [f"{number}/{SEGMENTS}" for number in range(SEGMENTS)]
FIRST, OTHER = "0/4", "1/4"


@pytest.fixture(autouse=True)
async def announced(site: Site) -> None:
    site.join(*PEOPLE)
    site.tables.most_in_page = 4
    await site.accept(work_of())


async def test_the_segments_together_reach_every_connection_once(site: Site) -> None:
    for part in PARTS:
        await site.work_off(part)
    assert (site.posted(), site.counts()) == (EVERY_CONNECTION, (61, 0, 0))
    assert site.delivery().state == "delivered"


@pytest.mark.parametrize("part", PARTS)
async def test_only_the_first_segment_publishes_and_names_nobody(site: Site, part: str) -> None:
    await site.work_off(part)
    messages = [json.loads(call["Message"]) for call in site.aws.named("publish")]
    told = [(message["audience"], message["recipientIds"], message["type"]) for message in messages]
    assert told == [("everyone", [], "announcement")] * (part == FIRST)


async def test_the_first_segment_publishes_once_however_many_pages_it_has(site: Site) -> None:
    await site.work_off(FIRST)
    assert len(site.aws.named("scan")) > 2
    assert len(site.aws.named("publish")) == 1


async def test_an_announcement_does_not_go_before_direct_messages(site: Site) -> None:
    await site.work_off(FIRST)
    assert {call["direct"] for call in site.aws.named("post")} == {False}


async def test_an_announcement_writes_no_rows_of_readers(site: Site) -> None:
    for part in PARTS:
        await site.work_off(part)
    assert [row["userId"] for row in site.tables.rows(MESSAGES)] == [EVERYONE]


async def test_an_announcement_goes_to_those_who_do_not_want_messages_too(site: Site) -> None:
    site.join(PEOPLE[0], realtime=False)
    for part in PARTS:
        await site.work_off(part)
    assert f"c-{PEOPLE[0]}" in site.posted()


async def test_an_expired_connection_is_closed_and_not_posted_to(site: Site) -> None:
    site.tables.plant(CONNECTIONS, connection(f"c-{ADA}", expires_in_s=0))
    for part in PARTS:
        await site.work_off(part)
    assert site.posted() == [name for name in EVERY_CONNECTION if name != f"c-{ADA}"]
    assert site.aws.named("delete_connection") == [{"ConnectionId": f"c-{ADA}"}]


async def test_whether_a_connection_has_expired_is_asked_when_its_page_is_read(site: Site) -> None:
    # A worker goes on for nearly a minute: what was live when it began may have ended.
    site.tables.plant(CONNECTIONS, *(connection(f"c-{name}", expires_in_s=30) for name in (ADA, *PEOPLE)))

    async def time_passes() -> None:
        site.clock.advance(seconds=31)

    site.lane.before = {0: time_passes}
    await site.work_off(FIRST)
    assert len(site.posted()) == site.tables.most_in_page


async def test_a_segment_without_connections_is_closed(site: Site) -> None:
    site.tables.clear(CONNECTIONS)
    await site.work_off(OTHER)
    assert site.delivery().parts == {*PARTS} - {OTHER}


async def test_the_next_page_is_read_while_one_is_posted(site: Site) -> None:
    read, scan = asyncio.Event(), site.tables.scan

    async def second(**page: Any) -> dict[str, Any]:
        read.set()
        return await scan(**page)

    site.aws.on("scan", scan, second)

    async def posting() -> None:
        async with asyncio.timeout(5):
            await read.wait()

    site.lane.before = {0: posting}
    await site.work_off(FIRST)
    assert FIRST not in site.delivery().parts


async def test_a_scan_that_fails_is_raised_once_the_page_before_is_written_down(site: Site) -> None:
    site.aws.on("scan", site.tables.scan, down())
    with pytest.raises(UnavailableError):
        await site.work_off(OTHER)
    progress = site.progress(OTHER)
    assert progress is not None
    assert (progress.version, progress.cursor, progress.tally.posted) == (2, site.pages()[0][-1], 4)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_run_that_was_put_back_leaves_nothing_running(site: Site) -> None:
    await site.work_off(OTHER, left_s=14)
    assert site.put_back() == [(OTHER, 0)]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_announcement_that_was_erased_is_closed(site: Site) -> None:
    site.tables.clear(MESSAGES)
    await site.work_off(OTHER)
    assert (site.delivery().parts, site.posted()) == (frozenset(PARTS) - {OTHER}, [])


async def test_an_announcement_that_somebody_has_read_is_still_for_everyone(site: Site) -> None:
    (row,) = site.tables.rows(MESSAGES)
    site.tables.plant(MESSAGES, {**row, "userId": ADA, "read": True})
    for part in PARTS:
        await site.work_off(part)
    assert site.posted() == EVERY_CONNECTION
