"""Erases a person from every table: what was theirs goes, and what they sent to others no longer says their name."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from app.channels.people import People
from app.channels.sockets import Sockets
from app.models.deliveries import Delivery
from app.models.ids import MessageId, UserId, notification_id
from app.models.work import Work, nameless
from app.outreach.registering import Registry
from app.resources import EVERYONE
from app.stores.claims import Claims
from app.stores.connections import Connections
from app.stores.deliveries import Deliveries
from app.stores.dynamo import Item
from app.stores.messages import Messages
from app.stores.notifications import Notifications
from app.stores.timeline import Timeline
from app.stores.users import Users
from app.together import batched, together

PAGE = 100  # rows that are deleted together
AT_ONCE = 16  # rows whose title is changed


@dataclass(frozen=True, slots=True)
class Eraser:
    """Every step may be repeated, and a repeat goes on where the time ran out: what is done is not found again."""

    users: Users
    people: People
    sockets: Sockets
    connections: Connections
    registry: Registry
    messages: Messages
    notifications: Notifications
    deliveries: Deliveries
    claims: Claims

    async def erase(self, user_id: UserId) -> bool:
        """Erases somebody; False if nobody knows them. The profile stays until all else has gone.

        Tickets, claims and the progress of deliveries hold ids only, and expire.
        """
        known = await self.users.exists(user_id)
        await self._end_connections(user_id)
        await self.registry.remove_all(user_id)
        await _each_page(self.deliveries.by_sender, user_id, self._leave_to_others)
        await self._empty_inbox(user_id)
        known |= await self.people.delete(user_id)  # also somebody who signed up and never made a profile
        await self.users.delete(user_id)
        await self._empty_inbox(user_id)  # nobody can send them anything from here on; this came until then
        return known

    async def _end_connections(self, user_id: UserId) -> None:
        for connection in [connection async for connection in self.connections.all_of(user_id)]:
            await self.sockets.close(connection)
            await self.connections.delete(connection)

    async def _empty_inbox(self, user_id: UserId) -> None:
        """Deletes what somebody was sent, and what they have marked of what everyone was told."""
        await _each_page(self.notifications.by_user, user_id, partial(self._delete_own, user_id))
        await _each_page(self.messages.by_recipient, user_id, partial(self._delete_messages, user_id))
        await _each_page(self.notifications.by_user, UserId(EVERYONE), partial(self._delete_marks, user_id))

    async def _delete_own(self, user_id: UserId, rows: Sequence[Item]) -> None:
        await self.claims.forget([row["messageId"] for row in rows], f"mail#{user_id}")
        await self.notifications.delete_own([row["notificationId"] for row in rows], user_id)

    async def _delete_messages(self, user_id: UserId, rows: Sequence[Item]) -> None:
        await self.messages.delete_own([row["messageId"] for row in rows], user_id)

    async def _delete_marks(self, user_id: UserId, rows: Sequence[Item]) -> None:
        ids = [row["messageId"] for row in rows]
        await together(
            [
                self.claims.forget(ids, f"mail#{user_id}"),
                self.notifications.delete_marks([row["notificationId"] for row in rows], user_id),
                self.messages.delete_marks(ids, user_id),
            ]
        )

    async def _leave_to_others(self, rows: Sequence[Item]) -> None:
        """Takes the sender's name out of the titles that we made; the rest belongs to those who were sent it.

        Finds what was sent within the 30 days for which deliveries are kept. One that is under way is finished.
        """
        for delivery in map(Delivery.from_item, rows):
            ended = delivery.state == "delivered"
            if delivery.large and not ended:
                await self.deliveries.change_work(delivery.message_id, _without_name)
            await self._retitle(delivery.message_id)
            if ended:
                await self.deliveries.delete(delivery.message_id)

    async def _retitle(self, message_id: MessageId) -> None:
        titles = await self.messages.titles(message_id)
        named = ((owner, nameless(title)) for owner, title in titles.items() if nameless(title) != title)
        for some in batched(named, AT_ONCE):
            await together(self._retitle_one(message_id, owner, title) for owner, title in some)

    async def _retitle_one(self, message_id: MessageId, owner: UserId, title: str) -> None:
        await self.notifications.retitle(notification_id(message_id), owner, title)
        await self.messages.retitle(message_id, owner, title)  # last, because it is by this one that both are found


def _without_name(work: Work) -> Work:
    return work.model_copy(update={"title": nameless(work.title)})


async def _each_page(timeline: Timeline, owner: UserId, do: Callable[[Sequence[Item]], Awaitable[None]]) -> None:
    async with aclosing(timeline.rows(owner, None, page=PAGE, newest_first=True)) as pages:
        async for rows in pages:
            await do(rows)
