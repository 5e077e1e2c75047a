"""The state table: from each state every write of a state happens, or leaves the row as it was."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest

from app.application import App
from app.catalogue import DELIVERIES
from app.models.deliveries import TRANSITIONS, Delivery, State, Tally
from app.stores.deliveries import Deliveries
from tests.integration.rows import BOB, MESSAGE, delivery, work
from tests.integration.site import Clock, Site

STATES: tuple[State, ...] = get_args(State)
OPEN, ONLY = ("pending", "delivering"), "0-49"
TALLY = Tally(posted=1, gone=2, failed=3)


async def _queue(store: Deliveries, _: Delivery, clock: Clock) -> None:
    await store.queued(MESSAGE, clock())


async def _close(store: Deliveries, seen: Delivery, clock: Clock) -> None:
    await store.close(seen, ONLY, TALLY, clock())


async def _fail(store: Deliveries, _: Delivery, __: Clock) -> None:
    await store.fail(MESSAGE)


Write = Callable[[Deliveries, Delivery, Clock], Awaitable[None]]
WRITES: tuple[tuple[Write, State], ...] = ((_queue, "delivering"), (_close, "delivered"), (_fail, "failed"))
CASES = [pytest.param(state, write, to, id=f"{state} to {to}") for state in STATES for write, to in WRITES]


def test_every_state_but_the_first_has_a_write() -> None:
    assert {to for _, to in WRITES} == set(STATES) - {"pending"} == {to for each in TRANSITIONS.values() for to in each}


@pytest.mark.parametrize(("state", "write", "to"), CASES)
async def test_a_state_is_left_only_where_the_table_says_so(
    state: State, write: Write, to: State, app: App, site: Site, clock: Clock
) -> None:
    seen = plant(site, clock, state)
    [before] = site.rows(DELIVERIES)
    clock.advance(minutes=1)
    async with asyncio.timeout(10):
        await write(app.deliveries, seen, clock)
    [after] = site.rows(DELIVERIES)
    assert (after["state"] if to in TRANSITIONS[state] else after) == (to if to in TRANSITIONS[state] else before)


@pytest.mark.parametrize(("state", "write", "to"), CASES)
async def test_only_what_is_open_is_in_the_index_pending(
    state: State, write: Write, to: State, app: App, site: Site, clock: Clock
) -> None:
    seen = plant(site, clock, state)
    await write(app.deliveries, seen, clock)
    [row] = site.rows(DELIVERIES)
    assert len(site.rows(DELIVERIES, "pending")) == int(row["state"] in OPEN), to


@pytest.mark.parametrize("state", STATES)
async def test_what_was_refused_is_told(state: State, app: App, site: Site, clock: Clock) -> None:
    plant(site, clock, state)
    assert await app.deliveries.queued(MESSAGE, clock()) is ("delivering" in TRANSITIONS[state])
    plant(site, clock, state)
    assert await app.deliveries.fail(MESSAGE) is (state == "failed" or "failed" in TRANSITIONS[state])


async def test_a_delivery_that_is_not_there_is_not_made_by_any_write(app: App, site: Site, clock: Clock) -> None:
    assert not await app.deliveries.queued(MESSAGE, clock())
    assert not await app.deliveries.fail(MESSAGE)
    assert site.rows(DELIVERIES) == []


async def test_closing_a_part_of_a_delivery_that_has_expired_ends_and_makes_none(
    app: App, site: Site, clock: Clock
) -> None:
    seen = delivery(work(clock(), BOB), clock())
    async with asyncio.timeout(1):
        await app.deliveries.close(seen, ONLY, TALLY, clock())
    assert site.rows(DELIVERIES) == []


def plant(site: Site, clock: Clock, state: State) -> Delivery:
    """Writes a delivery with one part as it lies there in this state; returns how somebody saw it before."""
    seen = delivery(work(clock(), BOB), clock())
    item: dict[str, Any] = {**seen.to_item(), "state": state}
    gone = {"pending": (), "delivering": (), "delivered": ("pending", "parts"), "failed": ("pending",)}[state]
    site.insert(DELIVERIES, **{name: item[name] for name in item if name not in gone})
    return seen
