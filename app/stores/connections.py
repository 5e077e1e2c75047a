"""The table Connections."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.models.connections import Connection, Page
from app.models.ids import ConnectionId, UserId
from app.models.times import epoch_s, iso
from app.stores.dynamo import DynamoTable

MAX_PER_USER = 20  # are posted to, so that nobody makes one message into thousands of posts
PAGE = 2_000  # connections of a segment: what a crash may make a worker post again
HANDSHAKE = timedelta(seconds=10)  # a connection that is still being opened answers 410 like one that has ended


class Connections(NamedTuple):
    table: DynamoTable

    async def put(self, connection: Connection) -> None:
        await self.table.put(connection.to_item())

    async def delete(self, connection_id: ConnectionId) -> None:
        await self.table.delete({"connectionId": connection_id})

    async def delete_many(self, connections: Iterable[ConnectionId]) -> None:
        await self.table.delete_many([{"connectionId": connection} for connection in connections])

    async def forget_gone(self, connections: Sequence[ConnectionId], now: datetime) -> None:
        """Deletes connections, at most 100, that answered 410; not those so young that they may just be opening.

        A row never changes and no connection id comes twice, so nothing can happen between reading and deleting.
        """
        rows = await self.table.get_many([{"connectionId": connection} for connection in connections])
        young = iso(now - HANDSHAKE)
        await self.delete_many(row["connectionId"] for row in rows if row["timestamp"] < young)

    async def of(self, user_id: UserId, now: datetime) -> Page:
        """Returns the connections of one person; of very many, those that last longest."""
        rows = await self.table.last(MAX_PER_USER, "userId = :user", "byUser", user=user_id)
        return _page([(row["connectionId"], row["expiresAt"]) for row in rows], now)

    async def all_of(self, user_id: UserId) -> AsyncIterator[ConnectionId]:
        """Yields every row that a person has, also those whose token has ended."""
        async for item in self.table.query("userId = :user", "byUser", user=user_id):
            yield ConnectionId(item["connectionId"])

    async def segment(
        self, number: int, count: int, after: ConnectionId | None, now: Callable[[], datetime]
    ) -> AsyncGenerator[Page, None]:
        """Yields one of `count` segments of all connections, from after a connection on: pages, at least one."""
        start = {"connectionId": after} if after else None
        async for items, last in self.table.segment(number, count, PAGE, start, "connectionId, expiresAt"):
            # Read without the SDK's decoder, which would cost a page more time than its posts.
            rows = [(item["connectionId"]["S"], int(item["expiresAt"]["N"])) for item in items]
            yield _page(rows, now(), last["connectionId"] if last else None)


def _page(rows: Iterable[tuple[str, int]], now: datetime, cursor: str | None = None) -> Page:
    moment = epoch_s(now)
    live, expired = list[ConnectionId](), list[ConnectionId]()
    for connection, expires_at in rows:
        (live if expires_at > moment else expired).append(ConnectionId(connection))
    return Page(live, expired, ConnectionId(cursor) if cursor else None)
