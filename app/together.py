"""Runs what stands or falls together."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


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
