"""The table Notifications: what people were told, and what they did with it.

What is for everyone is one row under the user id "*". Once a reader has read or acknowledged it, a row of their own
says so: its mark. Marks have no `createdAt`, so no list has them, and the reader in their partition key, so that a
million readers do not write to one partition. The mark of "*" says up to when a reader has read everything.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from app.errors import ConditionFailedError
from app.models.ids import MessageId, NotificationId, UserId
from app.models.notifications import Kind, Notification, seen_key, seen_keys
from app.models.times import iso
from app.resources import EVERYONE, NOTIFICATIONS
from app.stores.dynamo import DynamoTable, Item
from app.stores.timeline import Timeline
from app.together import batched, together

EVERYTHING = NotificationId("*")
KEYS = 100  # that DynamoDB reads in one request


class Notifications(NamedTuple):
    table: DynamoTable

    @property
    def by_user(self) -> Timeline:
        return Timeline(self.table, NOTIFICATIONS, NOTIFICATIONS.index("byUser"))

    @property
    def unread(self) -> Timeline:
        """What is unread, keys only; what is for everyone stays in it."""
        return Timeline(self.table, NOTIFICATIONS, NOTIFICATIONS.index("unread"))

    def put_action(self, notification: Notification) -> Item:
        return self.table.put_action(notification.to_item(), "attribute_not_exists(notificationId)")

    async def own(self, ids: Sequence[NotificationId], user_id: UserId) -> list[Notification]:
        """Returns those of at most 100 notifications that are this person's own, in the order given."""
        rows = await self.table.get_many([_key(each, user_id) for each in ids])
        found = {row["notificationId"]: Notification.from_item(row) for row in rows if "createdAt" in row}
        return [found[each] for each in ids if each in found]

    async def given(self, ids: Sequence[NotificationId], reader: UserId) -> list[Notification]:
        """Returns those of at most 100 notifications that this person was given: their own, and what is everyone's.

        Those of everyone are as this reader has marked them.
        """
        wanted = [*dict.fromkeys(ids)]
        keys = [key for each in wanted for key in (_key(each, reader), _key(each, EVERYONE), _mark_key(each, reader))]
        found = await together(self.table.get_many(some) for some in batched(keys, KEYS))
        rows = {row["notificationId"] + row["userId"]: row for some in found for row in some}
        own = [rows[each + reader] for each in wanted if each + reader in rows]
        shared = [
            rows[each + EVERYONE] | _marked(rows.get(_mark_key(each, reader)["notificationId"] + reader, {}))
            for each in wanted
            if each + EVERYONE in rows
        ]
        return [Notification.from_item(row) for row in (*own, *shared)]

    async def read_by(self, ids: Sequence[NotificationId], reader: UserId) -> frozenset[NotificationId]:
        """Returns which of at most 100 notifications of everyone a reader has read."""
        marks = {_mark_key(each, reader)["notificationId"]: each for each in ids}
        rows = await self.table.get_many([_mark_key(each, reader) for each in ids])
        return frozenset(marks[row["notificationId"]] for row in rows if row.get("read"))

    async def seen_by(
        self, notification_id: NotificationId, user_ids: Iterable[UserId], told_everyone_at: str | None
    ) -> set[UserId]:
        """Returns those of at most 50 people who have read it, or whose device has said that it was shown.

        `told_everyone_at` is when, if it is for everyone: who has since marked all of that as read is among them.
        """
        keys = [key for user_id in user_ids for key in _told(notification_id, user_id)]
        found = await together(self.table.get_many(some) for some in batched(keys, KEYS))
        return {UserId(row["userId"]) for some in found for row in some if _is_seen(row, told_everyone_at)}

    async def mark_read(self, notification_id: NotificationId, user_id: UserId) -> None:
        """Marks a person's own notification; raises ConditionFailedError if there is none."""
        key, there = _key(notification_id, user_id), "attribute_exists(notificationId)"
        await self.table.update(key, "SET #read = :read REMOVE unread", there, read=True)

    async def mark_shared_read(self, notification_id: NotificationId, reader: UserId) -> None:
        """Notes that a reader has read what is for everyone."""
        await self.table.update(_mark_key(notification_id, reader), "SET #read = :read", read=True)

    async def acknowledge(self, notification: Notification, reader: UserId, now: datetime) -> None:
        """Notes when a device first saw it; `notification` is the reader's own, or everyone's."""
        seen = seen_key(notification.message_id, notification.type, reader)
        key, first = _mark_key(notification.notification_id, reader), "attribute_not_exists(seenAt)"
        if notification.user_id != EVERYONE:
            key = _key(notification.notification_id, reader)
            first += " AND attribute_exists(notificationId)"
        try:
            await self.table.update(key, "SET seenAt = :now, seen = :seen", first, now=iso(now), seen=seen)
        except ConditionFailedError:
            return  # another device was first, or it has been erased

    async def count_seen(self, message_id: MessageId, kind: Kind) -> int:
        """Returns how many of those that a message was for have seen it on a device."""
        keys = seen_keys(message_id, kind)
        return sum(await together(self.table.count("seen = :seen", "seen", seen=key) for key in keys))

    async def count_unread(self, user_id: UserId) -> int:
        """Returns how many of a person's own notifications are unread."""
        return await self.table.count("unread = :user", "unread", user=user_id)

    async def shared_since(self, moment: str) -> dict[NotificationId, str]:
        """Returns what everyone was told after this moment, with when that was, the oldest first."""
        rows = self.table.query(
            "unread = :everyone AND createdAt > :moment", "unread", everyone=EVERYONE, moment=moment
        )
        return {row["notificationId"]: row["createdAt"] async for row in rows}

    async def read_up_to(self, reader: UserId) -> str | None:
        """Returns up to when a reader has read all that is for everyone, if they have said so."""
        row = await self.table.get(_mark_key(EVERYTHING, reader))
        return row["readUpTo"] if row else None

    async def mark_shared_read_up_to(self, moment: str, reader: UserId) -> None:
        """Notes that a reader has read all that is for everyone up to a moment; an earlier one changes nothing."""
        later = "attribute_not_exists(readUpTo) OR readUpTo < :moment"
        try:
            await self.table.update(_mark_key(EVERYTHING, reader), "SET readUpTo = :moment", later, moment=moment)
        except ConditionFailedError:
            return

    async def retitle(self, notification_id: NotificationId, user_id: UserId, title: str) -> None:
        """Changes the title of a row; it is no error if there is none."""
        there = "attribute_exists(notificationId)"
        with suppress(ConditionFailedError):
            await self.table.update(_key(notification_id, user_id), "SET title = :title", there, title=title)

    async def delete_own(self, ids: Iterable[NotificationId], user_id: UserId) -> None:
        await self.table.delete_many([_key(each, user_id) for each in ids])

    async def delete_marks(self, ids: Iterable[NotificationId], reader: UserId) -> None:
        await self.table.delete_many([_mark_key(each, reader) for each in (EVERYTHING, *ids)])


def _marked(row: Item) -> Item:
    return {name: row[name] for name in ("read", "seenAt") if name in row}


def _key(notification_id: NotificationId, user_id: str) -> Item:
    return {"notificationId": notification_id, "userId": user_id}


def _mark_key(notification_id: NotificationId, reader: UserId) -> Item:
    return {"notificationId": f"{notification_id}#{reader}", "userId": reader}


def _told(notification_id: NotificationId, user_id: UserId) -> tuple[Item, ...]:
    """Returns the keys of what says whether somebody has seen it: their own row, or their marks."""
    return _key(notification_id, user_id), _mark_key(notification_id, user_id), _mark_key(EVERYTHING, user_id)


def _is_seen(row: Item, told_everyone_at: str | None) -> bool:
    up_to = told_everyone_at is not None and row.get("readUpTo", "") >= told_everyone_at
    return row.get("read", False) or "seenAt" in row or up_to
