"""The table Messages.

What is for everyone is one row under the user id "*"; a reader who has read it has a row of their own that says so, as
in the table Notifications.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from app.errors import ConditionFailedError
from app.models.ids import MessageId, UserId
from app.models.messages import Message
from app.models.times import iso
from app.resources import EVERYONE, MESSAGES
from app.stores.dynamo import DynamoTable, Item
from app.stores.timeline import Timeline


class Messages(NamedTuple):
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
        keys = [_key(message_id, reader), _key(message_id, UserId(EVERYONE)), _mark_key(message_id, reader)]
        rows = {(row["messageId"], row["userId"]): row for row in await self.table.get_many(keys)}
        own, shared, mark = (rows.get((key["messageId"], key["userId"])) for key in keys)
        if own:
            return Message.from_item(own)
        return Message.from_item({**shared, "read": mark is not None}) if shared else None

    async def get_many(self, message_id: MessageId, user_ids: Sequence[UserId]) -> list[Message]:
        """Returns the rows of those of at most 100 recipients who have one."""
        return await self.get_all([(message_id, user_id) for user_id in user_ids])

    async def get_all(self, keys: Sequence[tuple[MessageId, UserId]]) -> list[Message]:
        """Returns those of at most 100 rows that exist, in any order."""
        rows = await self.table.get_many([_key(*key) for key in keys])
        return [Message.from_item(row) for row in rows]

    async def of(self, message_id: MessageId) -> list[Message]:
        """Returns the rows of one message: what each of its recipients has."""
        return [Message.from_item(row) async for row in self.table.query("messageId = :id", id=message_id)]

    async def read_by(self, ids: Sequence[MessageId], reader: UserId) -> frozenset[MessageId]:
        """Returns which of at most 100 messages to everyone a reader has read."""
        marks = {_mark_key(each, reader)["messageId"]: each for each in ids}
        rows = await self.table.get_many([_mark_key(each, reader) for each in ids])
        return frozenset(marks[row["messageId"]] for row in rows)

    async def mark_read(self, message: Message, reader: UserId, now: datetime) -> None:
        """Marks a message as read by one reader; raises ConditionFailedError if it was theirs alone and is gone."""
        shared = message.user_id == EVERYONE
        key = (_mark_key if shared else _key)(message.message_id, reader)
        there = None if shared else "attribute_exists(messageId)"
        await self.table.update(key, "SET #read = :read, updatedAt = :now", there, read=True, now=iso(now))

    async def titles(self, message_id: MessageId) -> dict[UserId, str]:
        """Returns whose rows a message has, each with its title."""
        rows = self.table.query("messageId = :id", id=message_id)
        return {UserId(row["userId"]): row["title"] async for row in rows}

    async def retitle(self, message_id: MessageId, user_id: UserId, title: str) -> None:
        """Changes the title of a row; it is no error if there is none."""
        with suppress(ConditionFailedError):
            await self.table.update(
                _key(message_id, user_id), "SET title = :title", "attribute_exists(messageId)", title=title
            )

    async def delete_own(self, ids: Iterable[MessageId], user_id: UserId) -> None:
        await self.table.delete_many([_key(each, user_id) for each in ids])

    async def delete_marks(self, ids: Iterable[MessageId], reader: UserId) -> None:
        await self.table.delete_many([_mark_key(each, reader) for each in ids])


def _key(message_id: MessageId, user_id: UserId) -> Item:
    return {"messageId": message_id, "userId": user_id}


def _mark_key(message_id: MessageId, reader: UserId) -> Item:
    return {"messageId": f"{message_id}#{reader}", "userId": reader}
