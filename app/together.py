"""Runs what stands or falls together."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterable
from itertools import islice
from typing import Any, TypeVar, cast

T = TypeVar("T")
U = TypeVar("U")


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Runs all calls at once and returns their results in order; the first failure ends the others and is raised.

    Unlike `asyncio.gather` it leaves nothing running: Lambda would freeze it, and wake it inside the next invocation.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Runs two calls that differ in kind; see `together`."""
    one, two = await together([first, second])
    return cast("T", one), cast("U", two)


async def settled(calls: Iterable[Coroutine[Any, Any, T]], at_once: int) -> list[T | Exception]:
    """Runs all calls, so many at once, each regardless of the others; returns what became of them in order.

    `calls` should make each call when it is asked for it, so that an end in between leaves none that never ran.
    """
    return [end for some in batched(calls, at_once) for end in await together(_caught(call) for call in some)]


async def _caught(call: Coroutine[Any, Any, T]) -> T | Exception:
    try:
        return await call
    except Exception as error:  # noqa: BLE001 - whoever asked looks at it
        return error


def batched(items: Iterable[T], size: int) -> Iterable[list[T]]:
    """Yields the items in lists of `size`, of which the last may be shorter (itertools has it from Python 3.12 on)."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


async def ahead(items: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yields what `items` yields, and asks for the next one while the last is in use.

    Close it with `aclosing`: that ends the asking and closes `items`.
    """
    asking = asyncio.create_task(_next(items))
    try:
        while some := await asking:
            asking = asyncio.create_task(_next(items))
            yield some[0]
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await items.aclose()


async def _next(items: AsyncIterator[T]) -> tuple[T] | None:
    async for item in items:
        return (item,)
    return None
