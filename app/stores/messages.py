"""The table Messages."""

from dataclasses import dataclass

from app.models.messages import Message
from app.stores.dynamo import DynamoTable, Item


@dataclass(frozen=True, slots=True)
class Messages:
    table: DynamoTable

    def put_action(self, message: Message) -> Item:
        return self.table.put_action(message.to_item(), "attribute_not_exists(messageId)")
