"""Marks what a person has read, and notes what their devices have seen; nothing of it is ever undone."""

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.errors import ConditionFailedError, NotFoundError, UnavailableError
from app.inbox.notifications import NotificationLists
from app.models.ids import MessageId, NotificationId, UserId, notification_id
from app.models.times import iso
from app.resources import EVERYONE
from app.stores.messages import Messages
from app.stores.notifications import KEYS, Notifications
from app.stores.timeline import Start
from app.stores.users import Users
from app.together import batched, together

LATE = timedelta(seconds=60)  # the longest that something takes to get into the inbox after its `createdAt`
AT_ONCE = 16  # writes in flight


class Marking(NamedTuple):
    messages: Messages
    notifications: Notifications
    lists: NotificationLists
    users: Users
    now: Callable[[], datetime]

    async def message_read(self, reader: UserId, message_id: MessageId) -> list[NotificationId]:
        """Marks a message and its notification, which it returns; raises NotFoundError."""
        message = await self.messages.received(message_id, reader)
        if message is None or (message.user_id == EVERYONE and not await self.users.exists(reader)):
            raise NotFoundError
        try:
            if not message.read:
                await self.messages.mark_read(message, reader, self.now())
        except ConditionFailedError:
            raise NotFoundError from None  # erased since
        return await self.notifications_read(reader, [notification_id(message_id)])

    async def notification_read(self, reader: UserId, each: NotificationId) -> list[NotificationId]:
        """Marks a notification and returns it; raises NotFoundError."""
        marked = await self.notifications_read(reader, [each])
        if not marked:
            raise NotFoundError
        return marked

    async def notifications_read(self, reader: UserId, ids: Sequence[NotificationId]) -> list[NotificationId]:
        """Marks those of at most 100 notifications that this person was given, and returns them.

        Also those that were marked before: whoever repeats this may have been stopped before others were told.
        """
        given = await self.notifications.given(ids, reader)
        unread = [each for each in given if not each.read]
        own = [each.notification_id for each in unread if each.user_id != EVERYONE]
        shared = [each for each in unread if each.user_id == EVERYONE]
        if shared:
            read_up_to = (await self.lists.reader(reader)).read_up_to
            shared = [each for each in shared if each.created_at > read_up_to]
        await self._mark(reader, own, (each.notification_id for each in shared))
        return [each.notification_id for each in given]

    async def all_read(
        self, user_id: UserId, up_to: datetime | None, deadline: float
    ) -> AsyncGenerator[list[NotificationId], None]:
        """Marks all that came up to a moment, by default now, and yields what was unread, some at a time.

        What comes later stays unread, also if its `createdAt` is earlier: it was not there to be read. Raises
        UnavailableError at the `deadline` (of time.monotonic); a repeat goes on.
        """
        now = self.now()
        moment, settled = iso(min(up_to or now, now)), iso(min(up_to or now, now - LATE))
        reader = await self.lists.reader(user_id)
        shared = {each: at for each, at in reader.unread.items() if at <= moment}
        await self._mark(user_id, (), [each for each, at in shared.items() if at > settled])
        if settled > reader.read_up_to:
            await self.notifications.mark_shared_read_up_to(settled, user_id)
        yield [*shared]
        rows = self.notifications.unread.rows(user_id, Start(moment), page=KEYS, newest_first=True)
        async with aclosing(rows) as pages:
            async for keys in pages:
                if time.monotonic() > deadline:
                    raise UnavailableError
                own = [NotificationId(key["notificationId"]) for key in keys]
                await self._mark(user_id, own, ())
                yield own

    async def acknowledge(self, reader: UserId, ids: Sequence[NotificationId]) -> None:
        """Notes that a device has seen those of at most 100 notifications that this person was given."""
        given = await self.notifications.given(ids, reader)
        unseen = (each for each in given if each.seen_at is None)
        await _some_at_once(self.notifications.acknowledge(each, reader, self.now()) for each in unseen)

    async def _mark(self, reader: UserId, own: Iterable[NotificationId], shared: Iterable[NotificationId]) -> None:
        await _some_at_once(self._mark_own(each, reader) for each in own)
        await _some_at_once(self.notifications.mark_shared_read(each, reader) for each in shared)

    async def _mark_own(self, each: NotificationId, reader: UserId) -> None:
        try:
            await self.notifications.mark_read(each, reader)
        except ConditionFailedError:
            return  # erased since


async def _some_at_once(calls: Iterable[Coroutine[Any, Any, None]]) -> None:
    for some in batched(calls, AT_ONCE):
        await together(some)
