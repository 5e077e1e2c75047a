"""Forgets connections that have gone, and ends those whose token has."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from app.channels.sockets import Sockets
from app.log import log_exception
from app.models.ids import ConnectionId
from app.stores.connections import Connections
from app.together import batched, together

TIDY_S = 1.0  # at most, for each page
KEYS = 100  # that DynamoDB reads in one request
MOST_ENDED = 100  # of one page: each is a request out of the account's quota, beyond our share of it
AT_ONCE = 16


class Tidy(NamedTuple):
    """Does what it can within a second and never raises: what is left is found again the next time."""

    connections: Connections
    sockets: Sockets
    now: Callable[[], datetime]

    async def forget(self, gone: Sequence[ConnectionId]) -> None:
        """Deletes the rows of connections that answered 410."""
        try:
            async with asyncio.timeout(TIDY_S):
                for some in batched(gone, KEYS):
                    await self.connections.forget_gone(some, self.now())
        except Exception as error:  # noqa: BLE001 - tidying up must not make a delivery fail
            log_exception("gone connections kept", error, count=len(gone))

    async def end(self, expired: Sequence[ConnectionId]) -> None:
        """Closes connections whose token has ended, and deletes their rows."""
        try:
            async with asyncio.timeout(TIDY_S):
                for some in batched(expired[:MOST_ENDED], AT_ONCE):
                    await together(self.sockets.close(connection) for connection in some)
                    await self.connections.delete_many(some)
        except Exception as error:  # noqa: BLE001 - see above
            log_exception("expired connections kept", error, count=len(expired))
