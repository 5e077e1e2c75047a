from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from app.catalogue import DELIVERIES
from app.errors import ConditionFailedError, UnavailableError
from app.models.deliveries import TRANSITIONS, Delivery, Job, Progress, State, Tally
from app.models.times import iso
from app.stores.deliveries import Deliveries
from tests.unit.aws import condition_failed, down
from tests.unit.delivering import MESSAGE, Site, names, work_of
from tests.unit.people import BOB, NOW

TALLY = Tally(posted=3, gone=2, failed=1)
STATES: tuple[State, ...] = ("pending", "delivering", "delivered", "failed")
Write = Callable[[Deliveries, Delivery], Awaitable[object]]
WRITES: list[tuple[State, Write]] = [
    ("delivering", lambda store, _: store.queued(MESSAGE, NOW)),
    ("delivered", lambda store, seen: store.close(seen, "0-49", TALLY, NOW)),
    ("failed", lambda store, _: store.fail(MESSAGE)),
]


@pytest.fixture
def store(site: Site) -> Deliveries:
    return site.app.deliveries


async def in_state(site: Site, state: State) -> Delivery:
    """Returns a delivery with one part as it was seen while that was open."""
    seen = await site.accept(work_of(BOB), state)
    if state == "delivered":
        row = {name: value for name, value in seen.to_item().items() if name not in {"pending", "parts"}}
        site.tables.plant(DELIVERIES, row)
    return seen


@pytest.mark.parametrize(("to", "write"), WRITES, ids=[to for to, _ in WRITES])
@pytest.mark.parametrize("state", STATES)
async def test_a_state_is_written_only_where_the_table_says_so(
    site: Site, store: Deliveries, state: State, to: State, write: Write
) -> None:
    seen = await in_state(site, state)
    await write(store, seen)
    assert site.delivery().state == (to if to in TRANSITIONS[state] else state)


async def test_what_is_given_up_is_out_of_the_sparse_index_and_keeps_its_open_parts(
    site: Site, store: Deliveries
) -> None:
    await site.accept(work_of(*names(60)))
    assert await store.fail(MESSAGE)
    (row,) = [row for row in site.tables.rows(DELIVERIES) if row["messageId"] == MESSAGE]
    assert ("pending" in row, row["parts"]) == (False, {"0-50", "50-100"})


async def test_giving_up_again_because_an_answer_was_lost_is_no_conflict(site: Site, store: Deliveries) -> None:
    await site.accept(work_of(BOB))
    assert [await store.fail(MESSAGE) for _ in range(2)] == [True, True]


async def test_what_was_delivered_meanwhile_is_not_given_up(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(BOB))
    await store.close(seen, "0-49", TALLY, NOW)
    assert not await store.fail(MESSAGE)


async def test_a_part_closes_once(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(*names(60)))
    for _ in range(3):
        await store.close(seen, "50-100", TALLY, NOW)
    assert (site.delivery().parts, site.counts()) == (frozenset({"0-50"}), (3, 2, 1))


async def test_the_last_part_closes_once(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(BOB))
    for _ in range(3):
        assert (await store.close(seen, "0-49", TALLY, NOW)).state == "delivered"
    assert site.counts() == (3, 2, 1)


@pytest.mark.parametrize(("first", "last"), [("0-50", "50-100"), ("50-100", "0-50")])
async def test_two_parts_that_were_both_seen_open_close_the_delivery(
    site: Site, store: Deliveries, first: str, last: str
) -> None:
    seen = await site.accept(work_of(*names(60)))
    await store.close(seen, first, TALLY, NOW)
    delivered = await store.close(seen, last, TALLY, NOW)
    assert (delivered.state, delivered.parts, site.counts()) == ("delivered", frozenset(), (6, 4, 2))


async def test_a_delivery_is_not_delivered_while_another_part_is_open(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(*names(60)))
    await store.close(seen.model_copy(update={"parts": frozenset({"0-50"})}), "0-50", TALLY, NOW)
    assert (site.delivery().state, site.delivery().parts) == ("delivering", frozenset({"50-100"}))


async def test_a_part_that_is_not_open_is_not_closed(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(BOB))
    assert await store.close(seen, "50-100", TALLY, NOW) == seen
    assert site.aws.calls == []


async def test_closing_a_part_of_a_delivery_that_has_expired_ends(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(BOB))
    site.tables.clear(DELIVERIES)
    tries = [condition_failed()] * 5
    site.aws.on("update_item", *tries, AssertionError("goes on"))
    await store.close(seen, "0-49", TALLY, NOW)


async def test_a_part_that_cannot_be_closed_is_raised(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(BOB))
    site.aws.on("update_item", down())
    with pytest.raises(UnavailableError):
        await store.close(seen, "0-49", TALLY, NOW)


async def test_of_two_that_write_the_same_version_one_is_refused(site: Site, store: Deliveries) -> None:
    for version in (1, 2):
        progress = Progress(message_id=MESSAGE, part="0/4", version=version)
        await store.save(progress, site.clock())
        with pytest.raises(ConditionFailedError):
            await store.save(progress.model_copy(update={"tally": TALLY}), site.clock())
        assert site.progress("0/4") == progress


async def test_a_write_whose_answer_was_lost_is_no_conflict(site: Site, store: Deliveries) -> None:
    for version in (1, 2):
        progress = Progress(message_id=MESSAGE, part="0/4", version=version, run="r")
        await store.save(progress, site.clock())
        await store.save(progress, site.clock())
        assert site.progress("0/4") == progress


async def test_another_run_that_came_as_far_is_a_conflict(site: Site, store: Deliveries) -> None:
    progress = Progress(message_id=MESSAGE, part="0/4", version=1, run="r")
    await store.save(progress, site.clock())
    with pytest.raises(ConditionFailedError):
        await store.save(progress.model_copy(update={"run": "other"}), site.clock())


async def test_a_version_that_skips_one_is_refused(site: Site, store: Deliveries) -> None:
    await store.save(Progress(message_id=MESSAGE, part="0/4", version=1), site.clock())
    with pytest.raises(ConditionFailedError):
        await store.save(Progress(message_id=MESSAGE, part="0/4", version=3), site.clock())


async def test_an_untouched_part_has_come_nowhere(store: Deliveries) -> None:
    job = Job(message_id=MESSAGE, part="3/4")
    assert await store.progress(job) == Progress(message_id=MESSAGE, part="3/4")


async def test_parts_do_not_share_their_progress(site: Site, store: Deliveries) -> None:
    for part in ("1/4", "11/4"):
        await store.save(Progress(message_id=MESSAGE, part=part, version=1), site.clock())
    assert (await store.progress(Job(message_id=MESSAGE, part="11/4"))).part == "11/4"


async def test_progress_expires_with_its_delivery_and_is_in_no_index(site: Site, store: Deliveries) -> None:
    await store.save(Progress(message_id=MESSAGE, part="0/4", version=1), site.clock())
    (row,) = site.tables.rows(DELIVERIES)
    assert row["expiresAt"] == int(NOW.timestamp()) + 30 * 24 * 3600
    assert set(row) == {"messageId", "progress", "version", "expiresAt"}


async def test_a_message_that_was_accepted_before_is_not_accepted(site: Site, store: Deliveries) -> None:
    seen = await site.accept(work_of(BOB))
    assert not await store.accept(seen, work_of(BOB), [])


@pytest.mark.parametrize(("state", "due_s"), [("pending", 30), ("delivering", 900)])
async def test_an_open_delivery_is_due_when_nobody_has_got_on_with_it_for_long(
    site: Site, store: Deliveries, state: State, due_s: float
) -> None:
    await site.accept(work_of(BOB), state)
    moments = (site.clock() + timedelta(seconds=due_s, milliseconds=ms) for ms in (-1, 0))
    assert [[found async for found in store.due(moment)] for moment in moments] == [[], [MESSAGE]]


@pytest.mark.parametrize("part", ["0-50", "50-100"])
async def test_closing_a_part_puts_off_when_the_others_are_due(site: Site, store: Deliveries, part: str) -> None:
    seen = await site.accept(work_of(*names(60)))
    later = site.clock() + timedelta(minutes=14)
    assert (await store.close(seen, part, TALLY, later)).pending_since == iso(later)
    assert [found async for found in store.due(later + timedelta(minutes=14))] == []
    assert [found async for found in store.due(later + timedelta(minutes=15))] == [MESSAGE]


@pytest.mark.parametrize("state", ["delivered", "failed"])
async def test_what_has_ended_is_never_due(site: Site, store: Deliveries, state: State) -> None:
    seen = await site.accept(work_of(BOB))
    await (store.fail(MESSAGE) if state == "failed" else store.close(seen, "0-49", TALLY, NOW))
    assert site.delivery().state == state
    assert [found async for found in store.due(site.clock() + timedelta(days=9))] == []
