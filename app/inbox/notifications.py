"""A person's notifications: lists, all or unread, and how many are unread."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import NamedTuple

from app.errors import NotFoundError
from app.inbox.merging import MAX_PAGE_BYTES, Entries, Entry, Page, starts, take
from app.models.cursors import Position
from app.models.ids import NotificationId, UserId
from app.models.notifications import Notification
from app.models.times import iso
from app.resources import EVERYONE
from app.stores.notifications import KEYS, Notifications
from app.stores.timeline import Start
from app.stores.users import Users
from app.together import batched, together

REMEMBERED = timedelta(days=90)  # for so long, what is for everyone waits to be read
SHARED_PAGE = 10  # rows of everyone that are read at a time: there are few of them, and each list reads them


class Reader(NamedTuple):
    """Somebody who reads, and what they have read of what is for everyone."""

    user_id: UserId
    read_up_to: str  # all up to then
    read: frozenset[NotificationId]  # one by one, since then
    unread: Mapping[NotificationId, str]  # the rest since then, with when each was told, the oldest first


class NotificationLists(NamedTuple):
    notifications: Notifications
    users: Users
    now: Callable[[], datetime]

    async def reader(self, user_id: UserId) -> Reader:
        """Returns somebody who reads.

        What everyone was told before they came, or more than 90 days ago, counts as read: so little is looked at.
        """
        moment = max(await self._read_up_to(user_id), iso(self.now() - REMEMBERED))
        told = await self.notifications.shared_since(moment)
        marked = await together(self.notifications.read_by(some, user_id) for some in batched(told, KEYS))
        read = frozenset[NotificationId]().union(*marked)
        return Reader(user_id, moment, read, {each: at for each, at in told.items() if each not in read})

    async def _read_up_to(self, user_id: UserId) -> str:
        moment = await self.notifications.read_up_to(user_id)
        if moment is not None:
            return moment
        try:
            return (await self.users.get(user_id)).created_at
        except NotFoundError:  # somebody who has been erased, and whose token has not ended
            return iso(self.now())

    async def all(
        self,
        reader: Reader,
        position: Position | None,
        limit: int,
        *,
        newest_first: bool = True,
        fetch: int = KEYS,
        max_bytes: int = MAX_PAGE_BYTES,
    ) -> Page:
        """Returns a page of all notifications, of at most `max_bytes`; rows are read by `fetch` at a time."""
        own, shared = starts(position)
        return await take(
            self._own(reader, own, min(limit + 1, fetch), newest_first),
            self._shared(reader, shared, newest_first),
            position,
            limit=limit,
            newest_first=newest_first,
            max_bytes=max_bytes,
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
        return await self.notifications.count_unread(reader.user_id) + len(reader.unread)

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
            async for rows in pages:
                for row in rows:
                    read = row.created_at <= reader.read_up_to or row.notification_id in reader.read
                    yield _entry(row.model_copy(update={"read": read}))

    async def _shared_unread(self, reader: Reader, start: Start | None) -> Entries:
        """Yields what is unread, as `reader` has it; `start` names the last that was shown of its moment."""
        newest = sorted(((at, each) for each, at in reader.unread.items()), reverse=True)
        rest = [each for at, each in newest if start is None or _is_before(at, each, start)]
        for some in batched(rest, SHARED_PAGE):
            for row in await self.notifications.own(some, UserId(EVERYONE)):
                yield _entry(row)

    async def _pages(
        self, owner: str, start: Start | None, page: int, newest_first: bool
    ) -> AsyncGenerator[list[Notification], None]:
        rows = self.notifications.by_user.rows(owner, start, page=page, newest_first=newest_first)
        async with aclosing(rows) as pages:
            async for items in pages:
                yield [Notification.from_item(item) for item in items]


def _entry(row: Notification) -> Entry:
    return Entry(row.created_at, row.notification_id, row.user_id == EVERYONE, row.shown())


def _is_before(at: str, each: NotificationId, start: Start) -> bool:
    return at < start.at or (at == start.at and (start.row_id is None or each < start.row_id))
