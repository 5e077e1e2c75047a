import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from app.delivery.course import PAGE_S, NotWrittenError
from app.delivery.lane import Outcome
from app.models.deliveries import Tally
from app.models.ids import ConnectionId
from tests.unit.aws import condition_failed, down
from tests.unit.delivering import Site, names, work_of

SEGMENT = "1/4"
SHORT_S = PAGE_S - 1


@pytest.fixture(autouse=True)
async def announced(site: Site) -> None:
    site.join(*names(60))
    site.tables.most_in_page = 4
    await site.accept(work_of())


@pytest.fixture
async def whole(site: Site) -> list[str]:
    """The connections of the segment."""
    pages = [page async for page in site.app.connections.segment(1, 4, None, site.clock)]
    found: list[str] = [connection for page in pages for connection in page.live]
    assert len(pages) >= 3
    return found


async def until_closed(site: Site, left_s: float) -> int:
    """Works off the segment in as many jobs as it takes; returns how many."""
    for count in range(1, 100):
        await site.work_off(SEGMENT, left_s)
        if SEGMENT not in site.delivery().parts:
            return count
    raise AssertionError


async def test_each_page_is_written_down_before_the_next_is_posted(site: Site, whole: list[str]) -> None:
    cursors: list[str | None] = []

    async def look() -> None:
        progress = site.progress(SEGMENT)
        cursors.append(progress.cursor if progress else None)

    site.lane.before = dict.fromkeys(range(len(whole)), look)
    await site.work_off(SEGMENT)
    assert cursors == [whole[n - n % 4 - 1] if n >= 4 else None for n in range(len(whole))]


async def test_what_nothing_is_known_of_at_the_end_of_a_page_is_written_down_as_missed(
    site: Site, whole: list[str]
) -> None:
    late = whole[1]

    async def post(connections: AsyncIterator[ConnectionId], *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        async for connection in connections:
            if connection != late:
                yield connection, Outcome.POSTED
        yield late, Outcome.POSTED

    seen: list[list[str]] = []
    save = site.tables.put

    async def put(**call: Any) -> dict[str, Any]:
        answer = await save(**call)
        progress = site.progress(SEGMENT)
        seen.append(list(progress.missed) if progress else [])
        return answer

    site.aws.on("put_item", put)
    site.lane.post = post  # type: ignore[method-assign]
    await site.work_off(SEGMENT)
    assert seen == [[late]] * len(seen)
    assert (len(seen) > 1, site.counts()) == (True, (len(whole), 0, 0))


async def test_what_is_written_down_is_how_far_it_has_come(site: Site, whole: list[str]) -> None:
    site.lane.on(whole[0], Outcome.GONE)
    site.lane.on(whole[1], Outcome.REFUSED)
    await site.work_off(SEGMENT, SHORT_S)
    progress = site.progress(SEGMENT)
    assert progress is not None
    assert (progress.version, progress.cursor, progress.read) == (1, whole[3], False)
    assert progress.tally == Tally(posted=2, gone=1, failed=1)


async def test_with_little_time_left_one_page_is_posted_and_the_rest_put_back(site: Site, whole: list[str]) -> None:
    await site.work_off(SEGMENT, SHORT_S)
    assert (site.pages(), site.put_back()) == ([whole[:4]], [(SEGMENT, 0)])
    assert SEGMENT in site.delivery().parts


async def test_the_part_is_written_down_before_it_is_put_back(site: Site) -> None:
    await site.work_off(SEGMENT, SHORT_S)
    assert site.done("put_item", "send_message", "update_item") == ["put_item", "send_message", "update_item"]


async def test_a_part_that_is_put_back_is_not_taken_for_forgotten(site: Site) -> None:
    site.clock.advance(minutes=16)
    assert site.delivery().is_due(site.clock())
    await site.work_off(SEGMENT, SHORT_S)
    assert not site.delivery().is_due(site.clock())


async def test_jobs_one_after_the_other_post_to_everybody_once(site: Site, whole: list[str]) -> None:
    jobs = await until_closed(site, SHORT_S)
    assert jobs == len(site.pages()) > 2
    assert sorted(site.posted()) == sorted(whole)
    assert site.counts() == (len(whole), 0, 0)


async def test_a_run_that_dies_before_it_writes_a_page_down_repeats_that_page_alone(
    site: Site, whole: list[str]
) -> None:
    site.aws.on("put_item", site.tables.put, down(), site.tables.put)
    with pytest.raises(NotWrittenError):
        await site.work_off(SEGMENT)
    await site.work_off(SEGMENT)
    times = Counter(site.posted())
    assert [times[name] for name in whole] == [1] * 4 + [2] * 4 + [1] * (len(whole) - 8)
    assert site.counts() == (len(whole), 0, 0)


async def test_a_run_that_is_overtaken_stops_without_a_trace(site: Site, whole: list[str]) -> None:
    site.aws.on("put_item", site.tables.put, condition_failed())
    await site.work_off(SEGMENT)
    assert site.pages() == [whole[:8]]
    assert (SEGMENT in site.delivery().parts, site.put_back()) == (True, [])
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_of_two_runs_at_a_time_one_gets_past_a_page(site: Site, whole: list[str]) -> None:
    together = asyncio.Barrier(2)

    async def first_page() -> None:
        if len(site.pages()) <= 2:
            await together.wait()

    site.lane.first = first_page
    async with asyncio.timeout(5):
        await asyncio.gather(site.work_off(SEGMENT), site.work_off(SEGMENT))
    times = Counter(site.posted())
    assert [times[name] for name in whole] == [2] * 4 + [1] * (len(whole) - 4)
    assert site.counts() == (len(whole), 0, 0)


async def test_of_two_runs_that_end_at_a_time_one_counts(site: Site, whole: list[str]) -> None:
    site.tables.most_in_page = 100
    together = asyncio.Barrier(2)

    async def meet() -> None:
        await together.wait()

    site.lane.first = meet
    async with asyncio.timeout(5):
        await asyncio.gather(site.work_off(SEGMENT), site.work_off(SEGMENT))
    assert site.counts() == (len(whole), 0, 0)


async def test_a_worker_that_is_killed_while_it_posts_has_written_down_the_pages_before(
    site: Site, whole: list[str]
) -> None:
    posting, ever = asyncio.Event(), asyncio.Event()

    async def stop() -> None:
        posting.set()
        await ever.wait()

    site.lane.before = {8: stop}
    running = asyncio.create_task(site.work_off(SEGMENT))
    await posting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    progress = site.progress(SEGMENT)
    assert progress is not None
    assert (progress.cursor, progress.tally.posted) == (whole[7], 8)


async def test_the_page_after_the_last_word_of_a_run_is_the_first_of_the_next(site: Site, whole: list[str]) -> None:
    await site.work_off(SEGMENT, SHORT_S)
    site.aws.calls.clear()
    await site.work_off(SEGMENT, SHORT_S)
    assert site.pages() == [whole[4:8]]
    assert site.aws.named("scan")[0]["ExclusiveStartKey"] == {"connectionId": {"S": whole[3]}}


async def test_a_delivery_that_was_given_up_and_taken_up_again_goes_on_job_by_job(site: Site) -> None:
    site.clock.advance(hours=7)
    await site.app.deliveries.fail(site.delivery().message_id)
    await site.app.jobs.put_all(site.delivery())
    await site.work_off(SEGMENT, SHORT_S)
    assert site.put_back() == [(SEGMENT, 0)]
