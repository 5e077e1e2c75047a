"""Keeps a person to so many connections: a new one is let in, and those that end first make room for it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from app.channels.sockets import Sockets
from app.errors import RefusedError, UnavailableError
from app.log import log, log_exception
from app.models.connections import Connection
from app.models.ids import ConnectionId
from app.stores.connections import Connections
from app.together import together

MOST = 10  # connections of one person; app/stores/connections.py says how many are posted to
CROWDING_S = 1.5  # at most: the handshake waits for it
TELLING_S = 0.5  # of that


class Crowding(NamedTuple):
    """Closes the surplus as far as the index knows of it, which may lag: what it misses, the next handshake finds.

    The new one is not refused instead, because a connection that vanished without a word may stay in the table for two
    hours: ten of those would lock their person out.
    """

    connections: Connections
    sockets: Sockets
    now: Callable[[], datetime]

    async def make_room(self, opened: Connection, request_id: str) -> None:
        """Ends what its person has beyond MOST connections, this one among them; never raises."""
        try:
            async with asyncio.timeout(CROWDING_S):
                page = await self.connections.of(opened.user_id, self.now())
                others = [each for each in page.live if each != opened.connection_id]  # those that last longest first
                await together(self._end(each, request_id) for each in others[MOST - 1 :])
        except Exception as error:  # noqa: BLE001 - a connection too many is no reason to lose the new one
            log_exception("surplus connections kept", error, connectionId=opened.connection_id)

    async def _end(self, connection_id: ConnectionId, request_id: str) -> None:
        """Tells the client why, so that it does not come back by itself, and closes the connection."""
        why = {"type": "error", "code": "too_many_connections", "status": 429, "requestId": request_id}
        with suppress(RefusedError, TimeoutError, UnavailableError):  # closing is what counts
            async with asyncio.timeout(TELLING_S):
                await self.sockets.post(connection_id, why)
        await self.sockets.close(connection_id)
        await self.connections.delete(connection_id)
        log("surplus connection closed", connectionId=connection_id)
