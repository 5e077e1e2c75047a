"""Catches a client up on what it missed, page by page, from where it was last.

Nothing may be missed by a client that comes back with the last cursor it was given, although messages can commit later
than others with a later `createdAt`, and indexes lag. So while there is more, a cursor says exactly where its page
ended, and at the end it goes back to a minute before the first page was asked for. What comes twice the client drops.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from app.inbox.marking import LATE
from app.inbox.notifications import NotificationLists
from app.models.cursors import FIRST, Position, unseal
from app.models.ids import UserId
from app.models.times import from_iso, iso
from app.together import both

LIMIT = 100  # items of a page
FETCHED = 32  # rows at a time: of long messages a frame has but a few
MAX_ITEMS_BYTES = 30 * 1024  # of a page, so that the frame stays below 32 KiB


class CatchingUp(NamedTuple):
    lists: NotificationLists
    now: Callable[[], datetime]

    async def page(self, user_id: UserId, after: str | None) -> dict[str, Any]:
        """Returns the frame that answers `sync`, the oldest first; raises UnparsableError for what is no cursor."""
        position = unseal(after, "sync", user_id) if after is not None else Position(at=FIRST)
        if position.began is None:
            position = position.model_copy(update={"began": iso(self.now())})
        reader = await self.lists.reader(user_id)
        page, unread = await both(
            self.lists.all(reader, position, LIMIT, newest_first=False, fetch=FETCHED, max_bytes=MAX_ITEMS_BYTES),
            self.lists.count_unread(reader),
        )
        end = page.position or position
        cursor = end if page.more else _next_time(end)
        return {
            "type": "page",
            "items": page.items,
            "cursor": cursor.seal("sync", user_id),
            "more": page.more,
            "unread": unread,
        }


def _next_time(end: Position) -> Position:
    """Returns where to begin the next time: a minute before this run began."""
    began = end.began or end.at
    return Position(at=max(FIRST, iso(from_iso(began) - LATE)))
