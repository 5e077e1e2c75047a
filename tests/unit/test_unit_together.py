import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.together import ahead, batched, both, settled, together

NOTHINGS: list[Any] = [None, 0, "", [], False]


class Pages:
    """Numbers that are asked for one by one; the test sees which were, and whether the source was closed."""

    def __init__(self, count: int, error_at: int | None = None) -> None:
        self.count, self.error_at = count, error_at
        self.asked: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}  # a number waits for its gate
        self.closed = False

    async def numbers(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self.count):
                self.asked.append(number)
                if number in self.gates:
                    await self.gates[number].wait()
                if number == self.error_at:
                    raise LookupError
                yield number
        finally:
            self.closed = True


def alone() -> bool:
    """Whether nothing else is running."""
    return asyncio.all_tasks() == {asyncio.current_task()}


async def turns(count: int = 20) -> None:
    """Lets everything run that can."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
async def test_ahead_yields_everything_in_order(count: int) -> None:
    pages = Pages(count)
    async with aclosing(ahead(pages.numbers())) as found:
        assert [number async for number in found] == list(range(count))
    assert (pages.closed, alone()) == (True, True)


async def test_ahead_yields_what_is_false_too() -> None:
    async def nothings() -> AsyncGenerator[Any, None]:
        for nothing in NOTHINGS:
            yield nothing

    async with aclosing(ahead(nothings())) as found:
        assert [nothing async for nothing in found] == NOTHINGS


async def test_ahead_asks_for_the_next_one_while_one_is_in_use_and_for_no_more() -> None:
    pages = Pages(9)
    async with aclosing(ahead(pages.numbers())) as found:
        assert await anext(found) == 0
        await turns()
        assert pages.asked == [0, 1]


@pytest.mark.parametrize("taken", [1, 2, 5])
async def test_a_consumer_that_stops_early_leaves_nothing_running(taken: int) -> None:
    pages = Pages(9)
    pages.gates[taken] = asyncio.Event()
    async with aclosing(ahead(pages.numbers())) as found:
        for _ in range(taken):
            await anext(found)
        await turns()
        assert pages.asked[-1] == taken
    assert (pages.closed, alone()) == (True, True)


async def test_a_consumer_that_raises_leaves_nothing_running() -> None:
    pages = Pages(9)

    async def consume() -> None:
        async with aclosing(ahead(pages.numbers())) as found:
            async for number in found:
                assert 1 // number >= 0

    with pytest.raises(ZeroDivisionError):
        await consume()
    assert (pages.closed, alone()) == (True, True)


async def test_a_consumer_that_is_cancelled_leaves_nothing_running() -> None:
    pages, waiting = Pages(9), asyncio.Event()
    pages.gates[2] = asyncio.Event()

    async def consume() -> None:
        async with aclosing(ahead(pages.numbers())) as found:
            async for number in found:
                if number == 1:
                    waiting.set()

    running = asyncio.create_task(consume())
    await waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (pages.closed, alone()) == (True, True)


@pytest.mark.parametrize("error_at", [0, 1, 3])
async def test_what_the_source_raises_is_raised_after_all_that_it_yielded(error_at: int) -> None:
    pages, found = Pages(9, error_at), list[int]()

    async def consume() -> None:
        async with aclosing(ahead(pages.numbers())) as numbers:
            async for number in numbers:
                found.append(number)

    with pytest.raises(LookupError):
        await consume()
    assert (found, pages.closed, alone()) == (list(range(error_at)), True, True)


async def test_an_error_that_nobody_asked_for_any_more_is_dropped() -> None:
    pages = Pages(9, error_at=1)
    async with aclosing(ahead(pages.numbers())) as found:
        await anext(found)
        await turns()
    assert (pages.asked, alone()) == ([0, 1], True)


async def test_a_source_that_was_never_asked_is_not_begun() -> None:
    pages = Pages(9)
    async with aclosing(ahead(pages.numbers())):
        pass
    assert (pages.asked, alone()) == ([], True)


@given(st.lists(st.integers()), st.integers(1, 9))
def test_batches_are_all_items_in_order(items: list[int], size: int) -> None:
    batches = [*batched(items, size)]
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(1 <= len(batch) <= size for batch in batches)


def test_batches_take_no_more_than_they_need() -> None:
    items = iter(range(100))
    assert next(iter(batched(items, 3))) == [0, 1, 2]
    assert next(items) == 3


async def value(number: int) -> int:
    return number


async def failure() -> int:
    raise LookupError


async def test_together_returns_the_results_in_order() -> None:
    first = asyncio.Event()

    async def waits() -> int:
        await first.wait()
        return 1

    async def lets_go() -> int:
        first.set()
        return 2

    assert await together([waits(), lets_go()]) == [1, 2]


async def test_together_raises_the_first_failure_itself_and_ends_the_others() -> None:
    ended = asyncio.Event()

    async def hanging() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    calls: list[Coroutine[Any, Any, int]] = [hanging(), value(1), failure()]
    with pytest.raises(LookupError):
        await together(calls)
    assert (ended.is_set(), alone()) == (True, True)


async def test_nothing_together_is_nothing() -> None:
    assert await together([]) == []


async def test_both_results_are_returned_in_order() -> None:
    async def text() -> str:
        return "a"

    assert await both(value(1), text()) == (1, "a")


async def test_of_two_calls_the_one_that_fails_ends_the_other() -> None:
    async def hanging() -> None:
        await asyncio.Event().wait()

    with pytest.raises(LookupError):
        await both(hanging(), failure())
    assert alone()


async def test_each_of_several_calls_is_made_whatever_becomes_of_the_others() -> None:
    async def call(number: int) -> int:
        await asyncio.sleep(0)
        if number % 2:
            raise LookupError(number)
        return number

    ends = await settled((call(number) for number in range(5)), 2)
    assert [end if isinstance(end, int) else end.args for end in ends] == [0, (1,), 2, (3,), 4]


@pytest.mark.parametrize("at_once", [1, 3, 10])
async def test_no_more_calls_run_at_a_time_than_are_allowed(at_once: int) -> None:
    running: list[int] = []
    most: list[int] = []

    async def call(number: int) -> None:
        running.append(number)
        most.append(len(running))
        await turns(3)
        running.remove(number)

    await settled((call(number) for number in range(7)), at_once)
    assert max(most) == min(at_once, 7)


async def test_an_end_in_between_leaves_no_call_that_never_ran() -> None:
    ran: list[int] = []

    async def call(number: int) -> None:
        ran.append(number)
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await settled((call(number) for number in range(5)), 2)
    assert (ran, alone()) == ([0, 1], True)
