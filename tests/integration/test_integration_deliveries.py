"""The table Deliveries: how a delivery goes on, part by part, and what stands beside it."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from app.application import App
from app.catalogue import DELIVERIES
from app.errors import ConditionFailedError
from app.models.deliveries import Delivery, Job, Progress, Tally
from app.models.ids import ConnectionId, MessageId
from app.models.times import epoch_s
from tests.integration.faults import FaultServer, forwarded, lost
from tests.integration.rows import BOB, MESSAGE, crowd, delivery, work
from tests.integration.site import Clock, Site

NOW, LATER = "2026-11-22T12:00:00.000Z", "2026-11-22T12:00:40.000Z"
ONLY, FIRST, SECOND, THIRD = "0-49", "0-50", "50-100", "100-150"  # parts: of one recipient, and of 150
JOB = Job(message_id=MESSAGE, part=FIRST)
TALLIES = {
    FIRST: Tally(posted=1, failed=7),
    SECOND: Tally(posted=20, gone=3),
    THIRD: Tally(posted=300, gone=5, failed=40),
}
TOTAL = Tally(posted=321, gone=8, failed=47)
ORDERS = list(itertools.permutations(TALLIES))


async def accepted(app: App, clock: Clock, people: int = 1, message_id: MessageId = MESSAGE) -> Delivery:
    """A delivery to so many: one part for each fifty of them."""
    of = work(clock(), *(crowd(people) if people > 1 else [BOB]), message_id=message_id)
    new = delivery(of, clock())
    assert await app.deliveries.accept(new, of, [])
    return new


async def due(app: App, clock: Clock) -> list[MessageId]:
    return [message_id async for message_id in app.deliveries.due(clock())]


def own(site: Site) -> dict[str, Any]:
    """Returns the row of the delivery itself."""
    [row] = [row for row in site.rows(DELIVERIES) if row["messageId"] == MESSAGE]
    return row


async def test_a_delivery_that_never_was_is_none(app: App) -> None:
    assert await app.deliveries.get(MESSAGE) is None


@pytest.mark.parametrize("people", [1, 50, 150])
async def test_a_delivery_is_read_as_it_was_written(people: int, app: App, clock: Clock) -> None:
    new = await accepted(app, clock, people)
    assert await app.deliveries.get(MESSAGE) == new


async def test_a_part_that_nobody_has_touched_is_at_its_beginning(app: App) -> None:
    assert await app.deliveries.progress(JOB) == Progress(message_id=MESSAGE, part=FIRST)


async def test_how_far_a_part_has_come_is_read_as_it_was_written(app: App, clock: Clock) -> None:
    written = Progress(
        message_id=MESSAGE,
        part=FIRST,
        run="r",
        version=1,
        published=True,
        read=True,
        cursor=ConnectionId("c2"),
        tally=TALLIES[THIRD],
        missed=[ConnectionId("c1"), ConnectionId("c2=")],
        attempt=3,
        not_before=NOW,
    )
    await app.deliveries.save(written, clock())
    assert await app.deliveries.progress(JOB) == written
    other = Job(message_id=MESSAGE, part=SECOND)
    assert await app.deliveries.progress(other) == Progress(message_id=MESSAGE, part=SECOND)


async def test_how_far_a_part_has_come_is_kept_for_30_days(app: App, site: Site, clock: Clock) -> None:
    await app.deliveries.save(Progress(message_id=MESSAGE, part=FIRST, version=1), clock())
    [row] = site.rows(DELIVERIES)
    assert (row["messageId"], row["expiresAt"]) == (f"{MESSAGE}#{FIRST}", epoch_s(clock()) + 30 * 24 * 3600)


@pytest.mark.parametrize(("versions", "late"), [([1], 1), ([1, 2], 1), ([1, 2], 2), ([], 2), ([1], 3)], ids=str)
async def test_of_two_runs_of_a_part_only_the_faster_one_gets_ahead(
    versions: list[int], late: int, app: App, clock: Clock
) -> None:
    for version in versions:
        await app.deliveries.save(Progress(message_id=MESSAGE, part=FIRST, version=version), clock())
    before = await app.deliveries.progress(JOB)
    with pytest.raises(ConditionFailedError):
        await app.deliveries.save(Progress(message_id=MESSAGE, part=FIRST, version=late, attempt=4), clock())
    assert await app.deliveries.progress(JOB) == before


async def test_what_stands_beside_a_delivery_is_in_no_index(app: App, site: Site, clock: Clock) -> None:
    await accepted(app, clock, 150)
    await app.deliveries.save(Progress(message_id=MESSAGE, part=FIRST, version=1), clock())
    assert len(site.rows(DELIVERIES)) == 4
    for index in ("bySender", "pending"):
        assert [row["messageId"] for row in site.rows(DELIVERIES, index)] == [MESSAGE]


async def test_what_stands_beside_a_delivery_is_not_due(app: App, clock: Clock) -> None:
    new = await accepted(app, clock, 150)
    await app.deliveries.save(Progress(message_id=MESSAGE, part=FIRST, version=1), clock())
    clock.advance(days=1)
    assert await due(app, clock) == [new.message_id]


async def test_a_delivery_whose_jobs_are_on_the_queue_is_pending_since_then(app: App, site: Site, clock: Clock) -> None:
    await accepted(app, clock)
    before = own(site)
    clock.advance(seconds=40)
    assert await app.deliveries.queued(MESSAGE, clock())
    assert own(site) == {**before, "state": "delivering", "pending": "delivering-3", "pendingSince": LATER}


async def test_a_delivery_that_was_given_up_is_pending_again_once_it_is_queued(
    app: App, site: Site, clock: Clock
) -> None:
    await accepted(app, clock)
    before = own(site)
    await app.deliveries.fail(MESSAGE)
    assert await app.deliveries.queued(MESSAGE, clock())
    assert own(site) == {**before, "state": "delivering", "pending": "delivering-3"}


async def test_one_part_of_several_is_closed_and_the_others_stay_open(app: App, site: Site, clock: Clock) -> None:
    before = await accepted(app, clock, 150)
    clock.advance(seconds=40)
    closed = await app.deliveries.close(before, SECOND, TALLIES[SECOND], clock())
    now = {"parts": frozenset({FIRST, THIRD}), "pending_since": LATER}
    assert closed == before.counting(TALLIES[SECOND]).model_copy(update=now)
    assert await app.deliveries.get(MESSAGE) == closed
    assert own(site)["pending"] == "pending-3"


async def test_the_last_part_makes_a_delivery_delivered_and_leaves_nothing_open(
    app: App, site: Site, clock: Clock
) -> None:
    before = await accepted(app, clock)
    closed = await app.deliveries.close(before, ONLY, TALLIES[FIRST], clock())
    row = own(site)
    assert (closed.state, closed.parts, row["state"]) == ("delivered", frozenset(), "delivered")
    assert {"parts", "pending"} & row.keys() == set()
    assert [len(site.rows(DELIVERIES, index)) for index in ("bySender", "pending")] == [1, 0]


@pytest.mark.parametrize("order", ORDERS, ids="".join)
async def test_closed_in_any_order_a_delivery_is_delivered_with_the_last_part(
    order: Sequence[str], app: App, clock: Clock
) -> None:
    seen = await accepted(app, clock, 150)
    states = [(await app.deliveries.close(seen, part, TALLIES[part], clock())).state for part in order]
    assert states == ["pending", "pending", "delivered"]
    assert await _tally(app) == TOTAL


@pytest.mark.parametrize("order", ORDERS, ids="".join)
async def test_every_part_counts_once_however_often_it_is_closed(order: Sequence[str], app: App, clock: Clock) -> None:
    seen = await accepted(app, clock, 150)
    for part in [part for number in range(3) for part in order[: number + 1]]:
        await app.deliveries.close(seen, part, TALLIES[part], clock())
    assert await _tally(app) == TOTAL


async def test_a_part_that_is_not_open_changes_nothing(app: App, site: Site, clock: Clock) -> None:
    seen = await accepted(app, clock)
    before = own(site)
    assert await app.deliveries.close(seen, "7-8", TALLIES[FIRST], clock()) == seen
    assert own(site) == before


async def test_a_delivery_that_was_given_up_is_pending_no_more_and_keeps_its_open_parts(
    app: App, site: Site, clock: Clock
) -> None:
    await accepted(app, clock, 150)
    before = own(site)
    assert await app.deliveries.fail(MESSAGE)
    assert own(site) == {**{name: before[name] for name in before if name != "pending"}, "state": "failed"}


@pytest.mark.parametrize(("after_s", "found"), [(0, False), (29.999, False), (30, True), (31, True)])
async def test_a_pending_delivery_is_due_after_30_seconds(after_s: float, found: bool, app: App, clock: Clock) -> None:
    new = await accepted(app, clock)
    clock.advance(seconds=after_s)
    assert await due(app, clock) == ([new.message_id] if found else [])


@pytest.mark.parametrize(("after_min", "found"), [(1, False), (14.999, False), (15, True)])
async def test_a_delivery_on_the_queue_is_due_a_quarter_of_an_hour_after_the_last_touch(
    after_min: float, found: bool, app: App, clock: Clock
) -> None:
    await accepted(app, clock)
    clock.advance(hours=1)
    await app.deliveries.queued(MESSAGE, clock())
    clock.advance(minutes=after_min)
    assert await due(app, clock) == ([MESSAGE] if found else [])


async def test_a_delivery_that_has_ended_is_never_due(app: App, clock: Clock) -> None:
    new = await accepted(app, clock)
    given_up = await accepted(app, clock, message_id=MessageId("f" * 32))
    await app.deliveries.close(new, ONLY, TALLIES[FIRST], clock())
    await app.deliveries.fail(given_up.message_id)
    clock.advance(hours=5)
    assert await due(app, clock) == []


async def test_what_is_due_is_found_in_every_shard_and_beyond_ten(app: App, clock: Clock) -> None:
    ids = [MessageId(f"{number:08x}" + "0" * 24) for number in range(25)]
    for message_id in ids:
        await accepted(app, clock, message_id=message_id)
    clock.advance(minutes=1)
    assert sorted(await due(app, clock)) == ids


async def test_a_checkpoint_whose_answer_was_lost_is_written(
    fragile: App, faults: FaultServer, clock: Clock, moto: str
) -> None:
    faults.script("PutItem", lost(forwarded(moto)), forwarded(moto))
    written = Progress(message_id=MESSAGE, part=FIRST, run="mine", version=1)
    await fragile.deliveries.save(written, clock())
    assert await fragile.deliveries.progress(JOB) == written


async def _tally(app: App) -> Tally:
    delivered = await app.deliveries.get(MESSAGE)
    assert delivered is not None
    assert (delivered.state, delivered.parts) == ("delivered", frozenset())
    return Tally(posted=delivered.posted, gone=delivered.gone, failed=delivered.failed)
