"""The table Messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.models.ids import MessageId, UserId
from app.models.messages import Message
from app.stores.dynamo import DynamoTable, Item


@dataclass(frozen=True, slots=True)
class Messages:
    table: DynamoTable

    def put_action(self, message: Message) -> Item:
        return self.table.put_action(message.to_item(), "attribute_not_exists(messageId)")

    async def get(self, message_id: MessageId, user_id: UserId) -> Message | None:
        item = await self.table.get({"messageId": message_id, "userId": user_id})
        return None if item is None else Message.from_item(item)

    async def get_many(self, message_id: MessageId, user_ids: Sequence[UserId]) -> list[Message]:
        """Returns the rows of those of at most 100 recipients who have one."""
        keys = [{"messageId": message_id, "userId": user_id} for user_id in user_ids]
        return [Message.from_item(item) for item in await self.table.get_many(keys)]

    async def of(self, message_id: MessageId) -> list[Message]:
        """Returns the rows of one message: what each of its recipients has."""
        return [Message.from_item(item) async for item in self.table.query("messageId = :id", id=message_id)]
