"""The table Connections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import ConditionFailedError
from app.models.connections import Connection
from app.models.ids import ConnectionId, UserId
from app.models.times import epoch_s, iso
from app.stores.dynamo import DynamoTable

MAX_PER_USER = 20  # are posted to, so that nobody makes one message into thousands of posts
HANDSHAKE = timedelta(seconds=10)  # a connection that is still being opened answers 410 like one that has ended


@dataclass(frozen=True, slots=True)
class Connections:
    table: DynamoTable

    async def put(self, connection: Connection) -> None:
        await self.table.put(connection.to_item())

    async def delete(self, connection_id: ConnectionId) -> None:
        await self.table.delete({"connectionId": connection_id})

    async def forget_gone(self, connection_id: ConnectionId, now: datetime) -> None:
        """Deletes a connection that answered 410, unless it is so young that it may just be opening."""
        try:
            await self.table.delete({"connectionId": connection_id}, "#timestamp < :young", young=iso(now - HANDSHAKE))
        except ConditionFailedError:
            return

    async def of(self, user_id: UserId, now: datetime) -> list[ConnectionId]:
        """Returns the connections of one person whose token has not ended; of very many, those that last longest."""
        key = "userId = :user AND expiresAt > :now"
        items = await self.table.last(MAX_PER_USER, key, "byUser", user=user_id, now=epoch_s(now))
        return [ConnectionId(item["connectionId"]) for item in items]

    async def all_of(self, user_id: UserId) -> AsyncIterator[ConnectionId]:
        """Yields every row that a person has, also those whose token has ended."""
        async for item in self.table.query("userId = :user", "byUser", user=user_id):
            yield ConnectionId(item["connectionId"])

    async def every(self, now: datetime) -> AsyncIterator[ConnectionId]:
        """Yields all connections whose token has not ended, page by page."""
        async for item in self.table.scan("expiresAt > :now", now=epoch_s(now)):
            yield ConnectionId(item["connectionId"])
