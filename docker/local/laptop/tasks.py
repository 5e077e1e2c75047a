"""Work that goes on side by side."""

import asyncio
from collections.abc import Coroutine


async def until_one_ends(*work: Coroutine[None, None, None]) -> None:
    """Waits until one of them ends, and ends the others; raises what that one raised."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
