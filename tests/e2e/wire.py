"""A network that can fail: it passes TCP connections on, or breaks them and refuses new ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Wire:
    """Passes on to this port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._whole = True
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Resets what is open; until it is mended nothing gets through."""
        self._whole = False
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        both = {writer, far_writer}
        self._open |= both
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        self._open -= both


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        writer.transport.abort()
    else:
        writer.close()


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[tuple[Wire, int]]:
    """Gives a wire to this port, and the port at its near end."""
    passing = Wire(port)
    async with await asyncio.start_server(passing.accept, "127.0.0.1") as server:
        yield passing, server.sockets[0].getsockname()[1]
        passing.cut()
