import pytest

from app.catalogue import CONNECTIONS
from app.delivery import plan
from app.delivery.lane import Outcome
from app.errors import UnavailableError
from app.models.deliveries import Progress, Tally
from tests.unit.aws import down, refusal
from tests.unit.delivering import SMALL, Site, connection, names, work_of
from tests.unit.people import BOB, CLEO

BOBS, CLEOS = f"c-{BOB}", f"c-{CLEO}"
FIRST, OTHER = "0/4", "1/4"  # segments


@pytest.fixture
async def named(site: Site) -> Site:
    site.join(BOB, CLEO)
    await site.accept(work_of(BOB, CLEO))
    return site


@pytest.fixture
async def everyone(site: Site) -> Site:
    site.join(*names(60))
    site.tables.most_in_page = 4
    await site.accept(work_of())
    return site


async def later(site: Site, part: str = SMALL) -> None:
    """Works a part off when its missed ones may be tried again."""
    progress = site.progress(part)
    site.clock.advance(seconds=progress.early_s(site.clock()) if progress else 0)
    await site.work_off(part)


def written(site: Site, part: str = SMALL) -> Progress:
    progress = site.progress(part)
    assert progress is not None
    return progress


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.FAILED, Outcome.UNKNOWN])
async def test_what_is_missed_is_written_down_and_put_back(named: Site, outcome: Outcome) -> None:
    named.lane.on(BOBS, outcome)
    await named.work_off()
    assert (written(named).missed, written(named).tally) == ([BOBS], Tally(posted=1))
    assert named.put_back() == [(SMALL, 5)]
    assert named.delivery().state == "delivering"


async def test_only_what_is_missed_is_posted_again(named: Site) -> None:
    named.lane.on(BOBS, Outcome.FAILED, Outcome.POSTED)
    await named.work_off()
    await later(named)
    assert named.pages()[1:] == [[BOBS]]
    assert (named.delivery().state, named.counts()) == ("delivered", (2, 0, 0))


async def test_the_waits_get_three_times_as_long_until_it_counts_as_failed(named: Site) -> None:
    named.lane.on(BOBS, Outcome.THROTTLED)
    for _ in range(6):
        await later(named)
    assert [wait for _, wait in named.put_back()] == [5, 15, 45, 135, 405]
    assert (named.delivery().state, named.counts()) == ("delivered", (1, 0, 1))


async def test_no_wait_is_longer_than_the_queue_allows(named: Site) -> None:
    assert plan.RETRY_S * 3 ** (plan.RETRIES - 1) <= 900
    assert named


async def test_a_missed_connection_that_has_gone_since_is_counted_as_gone(named: Site) -> None:
    named.lane.on(BOBS, Outcome.FAILED, Outcome.GONE)
    await named.work_off()
    await later(named)
    assert named.counts() == (1, 1, 0)


async def test_what_there_was_no_time_for_is_missed(named: Site) -> None:
    named.lane.time_for = 1
    await named.work_off()
    assert (len(written(named).missed), written(named).tally) == (1, Tally(posted=1))
    assert named.put_back() == [(SMALL, 5)]


async def test_a_retry_that_ran_out_of_time_is_no_attempt(named: Site) -> None:
    named.lane.otherwise = Outcome.FAILED
    await named.work_off()
    named.lane.otherwise, named.lane.time_for = Outcome.POSTED, 1
    await later(named)
    assert (len(written(named).missed), written(named).attempt) == (1, 0)


async def test_retries_that_get_nowhere_are_attempts_that_end(named: Site) -> None:
    named.lane.time_for = 0
    for _ in range(6):
        await later(named)
    assert (named.delivery().state, named.counts()) == ("delivered", (0, 0, 2))


async def test_posting_that_breaks_off_leaves_the_rest_missed(named: Site) -> None:
    named.lane.time_for, named.lane.error = 1, UnavailableError()
    await named.work_off()
    assert (written(named).tally, len(written(named).missed)) == (Tally(posted=1), 1)
    named.lane.time_for = 2
    await later(named)
    assert (named.delivery().state, named.counts()) == ("delivered", (2, 0, 0))


async def test_a_bug_of_the_lane_is_raised_and_writes_nothing_down(named: Site) -> None:
    named.lane.time_for, named.lane.error = 1, RuntimeError()
    with pytest.raises(RuntimeError):
        await named.work_off()
    assert (named.progress(), named.put_back(), named.delivery().parts) == (None, [], frozenset({SMALL}))


async def test_posting_that_cannot_begin_loses_nobody(named: Site) -> None:
    named.lane.time_for, named.lane.error = 0, UnavailableError()
    await named.work_off()
    assert sorted(written(named).missed) == sorted([BOBS, CLEOS])


async def test_a_job_that_comes_too_early_is_put_back_and_tells_nobody(named: Site) -> None:
    named.lane.on(BOBS, Outcome.FAILED)
    await named.work_off()
    named.aws.calls.clear()
    named.clock.advance(seconds=1.5)
    await named.work_off()
    assert (named.put_back(), named.done("post", "publish", "put_item")) == ([(SMALL, 4)], [])


async def test_a_job_that_comes_in_time_is_not_too_early(named: Site) -> None:
    named.lane.on(BOBS, Outcome.FAILED, Outcome.POSTED)
    await named.work_off()
    named.clock.advance(seconds=5)
    await named.work_off()
    assert named.delivery().state == "delivered"


async def test_missed_ones_wait_for_the_end_of_the_segment(everyone: Site) -> None:
    everyone.lane.otherwise = Outcome.THROTTLED
    await everyone.work_off(OTHER)
    assert len(everyone.aws.named("scan")) > 2
    assert everyone.put_back() == [(OTHER, 5)]
    assert sorted(written(everyone, OTHER).missed) == everyone.posted()


async def test_missed_ones_come_before_reading_on(everyone: Site) -> None:
    everyone.lane.otherwise = Outcome.FAILED
    await everyone.work_off(OTHER, left_s=14)
    everyone.lane.otherwise = Outcome.POSTED
    await everyone.work_off(OTHER)
    pages = everyone.pages()
    assert pages[1] == pages[0]
    assert not set(pages[2]) & set(pages[0])
    assert OTHER not in everyone.delivery().parts


async def test_too_many_missed_ones_stop_the_reading(site: Site) -> None:
    site.tables.plant(CONNECTIONS, *(connection(f"c{number:05}") for number in range(4 * 3000)))
    await site.accept(work_of())
    site.lane.otherwise = Outcome.THROTTLED
    await site.work_off(OTHER)
    assert (len(site.posted()), len(written(site, OTHER).missed)) == (2000, 2000)
    assert (written(site, OTHER).read, site.put_back()) == (False, [(OTHER, 5)])


@pytest.mark.parametrize("error", [down(), refusal("InvalidParameterException"), refusal("AccessDenied", 403)])
async def test_posts_count_although_sns_takes_nothing(named: Site, error: Exception) -> None:
    named.aws.on("publish", error)
    with pytest.raises(UnavailableError):
        await named.work_off()
    assert (written(named).published, written(named).read, written(named).tally) == (False, True, Tally(posted=2))


async def test_what_only_sns_did_not_take_is_left_to_the_patience_of_the_queue(named: Site) -> None:
    named.aws.on("publish", down())
    with pytest.raises(UnavailableError):
        await named.work_off()
    assert named.done("send_message", "update_item") == []


async def test_once_sns_is_up_again_nobody_is_posted_to_twice(named: Site) -> None:
    named.aws.on("publish", down(), {})
    with pytest.raises(UnavailableError):
        await named.work_off()
    posted = named.posted()
    await named.work_off()
    assert named.posted() == posted
    assert (named.delivery().state, named.counts()) == ("delivered", (2, 0, 0))


async def test_while_sns_stays_down_nobody_is_posted_to_twice(named: Site) -> None:
    named.aws.on("publish", down(), down(), {})
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await named.work_off()
    await named.work_off()
    assert (len(named.posted()), named.counts()) == (2, (2, 0, 0))


async def test_while_posts_are_missed_sns_is_tried_again_with_them(named: Site) -> None:
    named.aws.on("publish", down(), {})
    named.lane.on(BOBS, Outcome.FAILED, Outcome.POSTED)
    await named.work_off()
    assert named.put_back() == [(SMALL, 5)]
    await later(named)
    assert (named.delivery().state, len(named.aws.named("publish"))) == ("delivered", 2)


async def test_what_sns_has_taken_is_not_published_again(named: Site) -> None:
    named.lane.on(BOBS, Outcome.FAILED, Outcome.POSTED)
    await named.work_off()
    await later(named)
    assert len(named.aws.named("publish")) == 1


async def test_a_segment_that_sns_does_not_take_is_posted_once_and_published_by_the_next_run(everyone: Site) -> None:
    everyone.aws.on("publish", down(), {})
    with pytest.raises(UnavailableError):
        await everyone.work_off(FIRST)
    posted = everyone.posted()
    await everyone.work_off(FIRST)
    assert (everyone.posted(), len(everyone.aws.named("publish"))) == (posted, 2)
    assert FIRST not in everyone.delivery().parts


@pytest.mark.parametrize("operation", ["batch_get_item", "query", "put_item"])
async def test_a_part_that_dynamodb_throttles_is_put_back_for_a_while(named: Site, operation: str) -> None:
    named.lane.on(BOBS, Outcome.FAILED)
    named.aws.on(operation, refusal("ProvisionedThroughputExceededException"))
    await named.work_off()
    ((part, wait),) = named.put_back()
    assert (part, 5 <= wait <= 20) == (SMALL, True)


async def test_a_queue_that_takes_nothing_back_is_raised_with_the_page_written_down(named: Site) -> None:
    named.lane.on(BOBS, Outcome.FAILED)
    named.aws.on("send_message", down())
    with pytest.raises(UnavailableError):
        await named.work_off()
    assert written(named).missed == [BOBS]


async def test_a_delivery_that_was_given_up_is_taken_up_again_by_a_job(named: Site) -> None:
    await named.app.deliveries.fail(named.delivery().message_id)
    named.lane.on(BOBS, Outcome.FAILED, Outcome.POSTED)
    await named.work_off()
    assert named.delivery().state == "delivering"
    await later(named)
    assert named.delivery().state == "delivered"
