"""Reads what is typed without holding up what arrives."""

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator, Callable

STDIN = 0


async def typed(descriptor: int = STDIN) -> AsyncIterator[str]:
    """Yields lines until the end of the input, from a terminal, a pipe or a file."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def put(line: str | None) -> None:
        loop.call_soon_threadsafe(lines.put_nowait, line)

    # A thread, because asyncio cannot wait for a file; os.read, because a thread that holds the lock of sys.stdin
    # would stop the interpreter from ending.
    threading.Thread(target=_read, args=(descriptor, put), daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


def _read(descriptor: int, put: Callable[[str | None], None]) -> None:
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    try:
        while chunk := os.read(descriptor, 65_536):
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in lines:
                put(line)
        put(rest)
        put(None)
    except (OSError, RuntimeError):
        return  # the conversation has ended, and its loop with it
