"""Shows what a person has read on one device on their other ones."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from app.channels.sockets import Sockets
from app.log import log_exception
from app.models.ids import ConnectionId, NotificationId, UserId
from app.stores.connections import Connections
from app.together import batched

IDS = 500  # in one frame: some 18 KB, of 32
ECHO_S = 2.0  # at most: the marks are written, and whoever missed the frame sees them in the list


class Echo(NamedTuple):
    connections: Connections
    sockets: Sockets
    now: Callable[[], datetime]

    async def read(self, user_id: UserId, ids: Sequence[NotificationId], *, but: ConnectionId | None = None) -> None:
        """Tells a person's live connections, but for the one that said so, what was read; never raises."""
        if not ids:
            return
        try:
            async with asyncio.timeout(ECHO_S):
                page = await self.connections.of(user_id, self.now())
        except Exception as error:  # noqa: BLE001 - see ECHO_S
            log_exception("echo failed", error, userId=user_id)
            return
        await asyncio.gather(*(self._post(each, ids) for each in page.live if each != but))

    async def _post(self, connection_id: ConnectionId, ids: Sequence[NotificationId]) -> None:
        try:
            async with asyncio.timeout(ECHO_S):
                for some in batched(ids, IDS):
                    await self.sockets.post(connection_id, {"type": "read", "notificationIds": some})
        except Exception as error:  # noqa: BLE001 - one connection does not keep the others from hearing it
            log_exception("echo failed", error, connectionId=connection_id)
