"""Marks what a person has read, and notes what their devices have seen; nothing of it is ever undone."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.catalogue import EVERYONE
from app.errors import ConditionFailedError, NotFoundError
from app.inbox.notifications import NotificationLists
from app.models.ids import MessageId, NotificationId, UserId, notification_id
from app.models.notifications import Notification
from app.models.times import iso
from app.stores.messages import Messages
from app.stores.notifications import KEYS, Notifications
from app.stores.timeline import Start
from app.together import batched, together

LATE = timedelta(seconds=60)  # the longest that something takes to get into the inbox after its `createdAt`
AT_ONCE = 16  # writes in flight


@dataclass(frozen=True, slots=True)
class Marking:
    messages: Messages
    notifications: Notifications
    lists: NotificationLists
    now: Callable[[], datetime]

    async def message_read(self, reader: UserId, message_id: MessageId) -> list[NotificationId]:
        """Marks a message and its notification; returns the notification if it was unread. Raises NotFoundError."""
        message = await self.messages.received(message_id, reader)
        if message is None:
            raise NotFoundError
        changed = await self.notifications_read(reader, [notification_id(message_id)])
        try:
            if not message.read:
                await self.messages.mark_read(message, reader, self.now())
        except ConditionFailedError:
            raise NotFoundError from None  # erased since
        return changed

    async def notification_read(self, reader: UserId, each: NotificationId) -> list[NotificationId]:
        """Marks a notification; returns it if it was unread. Raises NotFoundError."""
        given = await self.notifications.given([each], reader)
        if not given:
            raise NotFoundError
        return await self._mark_unread(reader, given)

    async def notifications_read(self, reader: UserId, ids: Sequence[NotificationId]) -> list[NotificationId]:
        """Marks those of at most 100 notifications that this person was given; returns those that were unread."""
        return await self._mark_unread(reader, await self.notifications.given(ids, reader))

    async def all_read(self, user_id: UserId, up_to: datetime | None) -> list[NotificationId]:
        """Marks all that came up to a moment, by default now; returns what was unread.

        What comes later stays unread, also if its `createdAt` is earlier: it was not there to be read. Where the time
        runs out, some is marked, and a repeat goes on.
        """
        now = self.now()
        moment, settled = iso(min(up_to or now, now)), iso(min(up_to or now, now - LATE))
        reader = await self.lists.reader(user_id)
        shared = {each: at for each, at in (await self.lists.shared_unread(reader)).items() if at <= moment}
        await self._mark(user_id, (), [each for each, at in shared.items() if at > settled])
        own = [each async for each in self._mark_own_up_to(user_id, moment)]
        if settled > reader.read_up_to:
            await self.notifications.mark_shared_read_up_to(settled, user_id)
        return [*own, *shared]

    async def acknowledge(self, reader: UserId, ids: Sequence[NotificationId]) -> None:
        """Notes that a device has seen those of at most 100 notifications that this person was given."""
        given = await self.notifications.given(ids, reader)
        unseen = (each for each in given if each.seen_at is None)
        await _some_at_once(self.notifications.acknowledge(each, reader, self.now()) for each in unseen)

    async def _mark_unread(self, reader: UserId, given: Sequence[Notification]) -> list[NotificationId]:
        own = [each.notification_id for each in given if not each.read and each.user_id != EVERYONE]
        shared = [each.notification_id for each in given if not each.read and each.user_id == EVERYONE]
        await self._mark(reader, own, shared)
        return [*own, *shared]

    async def _mark_own_up_to(self, user_id: UserId, moment: str) -> AsyncIterator[NotificationId]:
        rows = self.notifications.unread.rows(user_id, Start(moment), page=KEYS, newest_first=True)
        async with aclosing(rows) as pages:
            async for keys in pages:
                ids = [NotificationId(key["notificationId"]) for key in keys]
                await self._mark(user_id, ids, ())
                for each in ids:
                    yield each

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
