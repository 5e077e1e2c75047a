"""A person's notifications: lists, all or unread, and how many are unread."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from app.catalogue import EVERYONE
from app.errors import NotFoundError
from app.inbox.merging import Entries, Entry, Page, starts, take
from app.models.cursors import Position
from app.models.ids import NotificationId, UserId
from app.models.notifications import Notification
from app.models.times import iso
from app.stores.notifications import KEYS, Notifications
from app.stores.timeline import Start
from app.stores.users import Users
from app.together import batched, together

SHARED_PAGE = 10  # rows of everyone that are read at a time: there are few of them, and each list reads them


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads, and up to when what is for everyone counts as read by them."""

    user_id: UserId
    read_up_to: str


@dataclass(frozen=True, slots=True)
class NotificationLists:
    notifications: Notifications
    users: Users
    now: Callable[[], datetime]

    async def reader(self, user_id: UserId) -> Reader:
        """Returns somebody who reads. What everyone was told before they came counts as read."""
        moment = await self.notifications.read_up_to(user_id)
        if moment is None:
            try:
                moment = (await self.users.get(user_id)).created_at
            except NotFoundError:
                moment = iso(self.now())
        return Reader(user_id, moment)

    async def all(
        self, reader: Reader, position: Position | None, limit: int, *, newest_first: bool = True, **size: int
    ) -> Page:
        """Returns a page of all notifications; `max_bytes` bounds its items."""
        own, shared = starts(position)
        return await take(
            self._own(reader, own, limit + 1, newest_first),
            self._shared(reader, shared, newest_first),
            position,
            limit=limit,
            newest_first=newest_first,
            **size,
        )

    async def unread(self, reader: Reader, position: Position | None, limit: int) -> Page:
        """Returns a page of unread notifications, the newest first."""
        own, shared = starts(position)
        return await take(
            self._own_unread(reader, own, min(limit + 1, KEYS)),
            self._shared_unread(reader, shared),
            position,
            limit=limit,
            newest_first=True,
        )

    async def count_unread(self, reader: Reader) -> int:
        """Returns how many notifications are unread, counted anew each time, so that it cannot drift."""
        own, shared = await together([self.notifications.count_unread(reader.user_id), self._count_shared(reader)])
        return own + shared

    async def shared_unread(self, reader: Reader) -> dict[NotificationId, str]:
        """Returns what everyone was told and this reader has not read, with when it was told."""
        told = await self.notifications.shared_since(reader.read_up_to)
        read = [await self.notifications.read_by(some, reader.user_id) for some in batched(told, KEYS)]
        return {each: moment for each, moment in told.items() if not any(each in some for some in read)}

    async def _count_shared(self, reader: Reader) -> int:
        return len(await self.shared_unread(reader))

    async def _own(self, reader: Reader, start: Start | None, page: int, newest_first: bool) -> Entries:
        async with aclosing(self._pages(reader.user_id, start, page, newest_first)) as pages:
            async for rows in pages:
                for row in rows:
                    yield _entry(row)

    async def _own_unread(self, reader: Reader, start: Start | None, page: int) -> Entries:
        rows = self.notifications.unread.rows(reader.user_id, start, page=page, newest_first=True)
        async with aclosing(rows) as pages:
            async for keys in pages:
                ids = [NotificationId(key["notificationId"]) for key in keys]
                for each in await self.notifications.own(ids, reader.user_id):
                    if not each.read:  # the index may still have what was read a moment ago
                        yield _entry(each)

    async def _shared(self, reader: Reader, start: Start | None, newest_first: bool) -> Entries:
        async with aclosing(self._pages(EVERYONE, start, SHARED_PAGE, newest_first)) as pages:
            async for page in pages:
                read = await self.notifications.read_by([each.notification_id for each in page], reader.user_id)
                for each in page:
                    known = each.created_at <= reader.read_up_to or each.notification_id in read
                    yield _entry(each.model_copy(update={"read": known}))

    async def _shared_unread(self, reader: Reader, start: Start | None) -> Entries:
        async with aclosing(self._shared(reader, start, newest_first=True)) as entries:
            async for entry in entries:
                if entry.at <= reader.read_up_to:
                    return
                if not entry.item["read"]:
                    yield entry

    async def _pages(
        self, owner: str, start: Start | None, page: int, newest_first: bool
    ) -> AsyncGenerator[list[Notification], None]:
        rows = self.notifications.by_user.rows(owner, start, page=page, newest_first=newest_first)
        async with aclosing(rows) as pages:
            async for items in pages:
                yield [Notification.from_item(item) for item in items]


def _entry(row: Notification) -> Entry:
    return Entry(row.created_at, row.notification_id, row.user_id == EVERYONE, row.shown())
