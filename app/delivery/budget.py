"""Keeps what a lane does within the time that its caller has for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def within(ends_at: float, work: Callable[[], Awaitable[T]]) -> T | None:
    """Returns what `work` comes to, or None when it is `ends_at` (in the loop's time); what it raises is raised."""
    if asyncio.get_running_loop().time() >= ends_at:
        return None
    try:
        async with asyncio.timeout_at(ends_at) as limit:
            return await work()
    except TimeoutError:
        if limit.expired():
            return None
        raise  # it is its own
