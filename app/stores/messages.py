"""The table Messages.

What is for everyone is one row under the user id "*"; a reader who has read it has a row of their own beside it, which
has no `createdAt`, so the lists pass it over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.catalogue import EVERYONE, MESSAGES
from app.models.ids import MessageId, UserId
from app.models.messages import Message
from app.models.times import iso
from app.stores.dynamo import DynamoTable, Item
from app.stores.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Messages:
    table: DynamoTable

    @property
    def by_recipient(self) -> Timeline:
        return Timeline(self.table, MESSAGES, MESSAGES.index("byRecipient"))

    def put_action(self, message: Message) -> Item:
        return self.table.put_action(message.to_item(), "attribute_not_exists(messageId)")

    async def get(self, message_id: MessageId, user_id: UserId) -> Message | None:
        item = await self.table.get(_key(message_id, user_id))
        return None if item is None else Message.from_item(item)

    async def received(self, message_id: MessageId, reader: UserId) -> Message | None:
        """Returns a message as somebody got it, by name or as one of everyone; None if they did not."""
        rows = await self.table.get_many([_key(message_id, reader), _key(message_id, UserId(EVERYONE))])
        by_owner = {row["userId"]: row for row in rows}
        own, shared = by_owner.get(reader), by_owner.get(EVERYONE)
        if own and "createdAt" in own:
            return Message.from_item(own)
        return Message.from_item({**shared, "read": own is not None}) if shared else None

    async def get_many(self, message_id: MessageId, user_ids: Sequence[UserId]) -> list[Message]:
        """Returns the rows of those of at most 100 recipients who have one."""
        return await self.get_all([(message_id, user_id) for user_id in user_ids])

    async def get_all(self, keys: Sequence[tuple[MessageId, UserId]]) -> list[Message]:
        """Returns those of at most 100 rows that exist, in any order."""
        rows = await self.table.get_many([_key(*key) for key in keys])
        return [Message.from_item(row) for row in rows if "createdAt" in row]

    async def of(self, message_id: MessageId) -> list[Message]:
        """Returns the rows of one message: what each of its recipients has."""
        rows = self.table.query("messageId = :id", id=message_id)
        return [Message.from_item(row) async for row in rows if "createdAt" in row]

    async def read_by(self, ids: Sequence[MessageId], reader: UserId) -> frozenset[MessageId]:
        """Returns which of at most 100 messages to everyone a reader has read."""
        rows = await self.table.get_many([_key(each, reader) for each in ids])
        return frozenset(row["messageId"] for row in rows)

    async def mark_read(self, message: Message, reader: UserId, now: datetime) -> None:
        """Marks a message as read by one reader; raises ConditionFailedError if it was theirs alone and is gone."""
        change, own = "SET #read = :read, updatedAt = :now", message.user_id == reader
        there = "attribute_exists(messageId)" if own else None
        await self.table.update(_key(message.message_id, reader), change, there, read=True, now=iso(now))


def _key(message_id: MessageId, user_id: UserId) -> Item:
    return {"messageId": message_id, "userId": user_id}
