"""A person's messages: those received, those sent, one of them, and the report of a delivery."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

from app.errors import NotFoundError
from app.inbox.merging import Entries, Entry, Page, starts, take
from app.models.cursors import Position
from app.models.deliveries import Delivery
from app.models.ids import MessageId, UserId
from app.models.messages import Message
from app.resources import EVERYONE
from app.stores.deliveries import Deliveries
from app.stores.messages import Messages
from app.stores.notifications import KEYS, Notifications
from app.stores.timeline import Start
from app.together import together

SHARED_PAGE = 10  # see app/inbox/notifications.py


class MessageLists(NamedTuple):
    messages: Messages
    deliveries: Deliveries
    notifications: Notifications

    async def inbox(self, reader: UserId, position: Position | None, limit: int) -> Page:
        """Returns a page of what a person received, the newest first."""
        own, shared = starts(position)
        received = self._received(reader, own, limit + 1)
        return await take(received, self._shared(reader, shared), position, limit=limit, newest_first=True)

    async def sent(self, sender: UserId, position: Position | None, limit: int) -> Page:
        """Returns a page of what a person sent within the 30 days that deliveries are kept, the newest first."""
        start, _ = starts(position)
        return await take(
            self._sent(sender, start, min(limit + 1, KEYS)), _nothing(), position, limit=limit, newest_first=True
        )

    async def one(self, user_id: UserId, message_id: MessageId) -> dict[str, Any]:
        """Returns a message as its recipient, or else as its sender sees it; raises NotFoundError."""
        if received := await self.messages.received(message_id, user_id):
            return received.shown()
        delivery = await self._own_delivery(user_id, message_id)
        return await self._shown_to_sender(delivery, await self._rows_of([delivery]))

    async def report(self, user_id: UserId, message_id: MessageId) -> dict[str, Any]:
        """Returns how the delivery of one's own message stands; raises NotFoundError."""
        delivery = await self._own_delivery(user_id, message_id)
        return delivery.report(seen=await self.notifications.count_seen(message_id, delivery.kind))

    async def _own_delivery(self, user_id: UserId, message_id: MessageId) -> Delivery:
        delivery = await self.deliveries.get(message_id)
        if delivery is None or delivery.sender_id != user_id:
            raise NotFoundError
        return delivery

    async def _received(self, reader: UserId, start: Start | None, page: int) -> Entries:
        async with aclosing(self._pages(reader, start, page)) as pages:
            async for rows in pages:
                for row in rows:
                    yield Entry(row.created_at, row.message_id, False, row.shown())

    async def _shared(self, reader: UserId, start: Start | None) -> Entries:
        async with aclosing(self._pages(UserId(EVERYONE), start, SHARED_PAGE)) as pages:
            async for rows in pages:
                read = await self.messages.read_by([row.message_id for row in rows], reader)
                for row in rows:
                    seen_by = row.model_copy(update={"read": row.message_id in read})
                    yield Entry(row.created_at, row.message_id, True, seen_by.shown())

    async def _pages(self, owner: UserId, start: Start | None, page: int) -> AsyncGenerator[list[Message], None]:
        rows = self.messages.by_recipient.rows(owner, start, page=page, newest_first=True)
        async with aclosing(rows) as pages:
            async for items in pages:
                yield [Message.from_item(item) for item in items]

    async def _sent(self, sender: UserId, start: Start | None, page: int) -> Entries:
        async with aclosing(self.deliveries.by_sender.rows(sender, start, page=page, newest_first=True)) as pages:
            async for items in pages:
                deliveries = [Delivery.from_item(item) for item in items]
                rows = await self._rows_of(deliveries)
                shown = await together(self._shown_to_sender(delivery, rows) for delivery in deliveries)
                for delivery, item in zip(deliveries, shown, strict=True):
                    yield Entry(delivery.created_at, delivery.message_id, False, item)

    async def _rows_of(self, deliveries: Sequence[Delivery]) -> dict[MessageId, Message]:
        """Returns for each delivery the row of its first recipient, where that is still there."""
        keys = [(delivery.message_id, delivery.first_recipient) for delivery in deliveries]
        return {row.message_id: row for row in await self.messages.get_all(keys)}

    async def _shown_to_sender(self, delivery: Delivery, rows: dict[MessageId, Message]) -> dict[str, Any]:
        row = rows.get(delivery.message_id)
        title, content, priority = (row.title, row.content, row.priority) if row else await self._rest_of(delivery)
        return {
            "messageId": delivery.message_id,
            "senderId": delivery.sender_id,
            "audience": delivery.audience,
            "title": title,
            "content": content,
            "priority": priority,
            "createdAt": delivery.created_at,
            "recipients": delivery.recipient_count,
            "state": delivery.state,
        }

    async def _rest_of(self, delivery: Delivery) -> tuple[str | None, str | None, str | None]:
        """Returns what a message says whose first recipient has no row, or has not got it yet."""
        if delivery.large and (work := await self.deliveries.kept_work(delivery.message_id)):
            return work.title, work.content, work.priority
        rows = await self.messages.of(delivery.message_id)
        return (rows[0].title, rows[0].content, rows[0].priority) if rows else (None, None, None)


async def _nothing() -> Entries:
    nothing: tuple[Entry, ...] = ()
    for entry in nothing:
        yield entry
