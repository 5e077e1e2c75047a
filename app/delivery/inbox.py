"""The rows that a message leaves with its recipients: one message and one notification each."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.delivery.plan import message, notification
from app.errors import ConditionFailedError
from app.log import log
from app.models.deliveries import Delivery
from app.models.ids import UserId
from app.models.times import iso
from app.models.work import Work
from app.resources import EVERYONE
from app.stores.dynamo import Item
from app.stores.messages import Messages
from app.stores.notifications import Notifications


class Inbox(NamedTuple):
    messages: Messages
    notifications: Notifications

    def puts(self, work: Work, owners: Sequence[UserId]) -> list[Item]:
        """Returns the rows of these recipients as actions of a transaction, which fails if one of them is there."""
        return [
            *(self.messages.put_action(message(work, owner)) for owner in owners),
            *(self.notifications.put_action(notification(work, owner)) for owner in owners),
        ]

    async def write(self, work: Work, owners: Sequence[UserId], now: datetime) -> None:
        """Writes the rows of at most 50 recipients together, unless an earlier run has.

        They are dated `now`: who catches up asks for what came after a moment, and these come later than the message.
        """
        if not owners:
            return
        dated = work.model_copy(update={"created_at": max(work.created_at, iso(now))})  # clocks differ
        try:
            await self.messages.table.write(self.puts(dated, owners))
        except ConditionFailedError:
            await self._write_rest(work, dated, owners)

    async def _write_rest(self, work: Work, dated: Work, owners: Sequence[UserId]) -> None:
        """Writes the rows of those who had left when an earlier run wrote the others', and are back."""
        rows = await self.messages.get_many(work.message_id, owners)
        if any(row.created_at < work.created_at for row in rows):
            raise LookupError("the rows of another message are in the way")
        there = {row.user_id for row in rows}
        if rest := [owner for owner in owners if owner not in there]:
            await self.messages.table.write(self.puts(dated, rest))
        log("rows were written before", messageId=work.message_id, count=len(there))

    async def work(self, delivery: Delivery) -> Work | None:
        """Returns the work of a message whose rows are all written; None if all of them are deleted since."""
        if delivery.audience:
            row = await self.messages.get(delivery.message_id, UserId(EVERYONE))
            rows = [row] if row else []
        else:
            # Others are of an earlier message, whose key was used again when its 30 days were over.
            rows = [row for row in await self.messages.of(delivery.message_id) if row.created_at == delivery.created_at]
        return Work.from_rows(rows, delivery.audience) if rows else None
