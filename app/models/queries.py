"""What callers may ask of lists, in the query of a URL or in a frame."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.models.cursors import RowId
from app.models.ids import NotificationId
from app.models.wire import Wire

MAX_LIMIT = 100
DEFAULT_LIMIT = 50
MAX_IDS = 100  # in one frame


def _limit(text: Any) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise PydanticCustomError("out_of_range", "This is a whole number from 1 to 100.")


def _flag(text: Any) -> bool:
    if text in {"", "true", "false"}:
        return bool(text != "false")
    raise PydanticCustomError("not_allowed", "This is true or false.")


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise PydanticCustomError("malformed", "This is no time in ISO 8601 with its offset from UTC.")


Limit = Annotated[int, BeforeValidator(_limit)]
NotificationIds = Annotated[list[RowId], Field(min_length=1, max_length=MAX_IDS)]


class ListMessages(Wire):
    """The query of `GET /messages`."""

    box: Literal["inbox", "sent"] = "inbox"
    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None


class ListNotifications(Wire):
    """The query of `GET /notifications`; `?unread` alone stands for `?unread=true`."""

    unread: Annotated[bool, BeforeValidator(_flag)] = False
    limit: Limit = DEFAULT_LIMIT
    cursor: str | None = None


class ReadUpTo(Wire):
    """The body of `PUT /notifications/read`."""

    up_to: Annotated[datetime, BeforeValidator(_moment)] | None = None


class Frame(Wire):
    """What every client frame has."""

    action: str
    id: str | int | None = None


class Ping(Frame):
    pass


class Sync(Frame):
    after: str | None


class Ack(Frame):
    notification_ids: NotificationIds

    @property
    def ids(self) -> list[NotificationId]:
        return [NotificationId(each) for each in self.notification_ids]


class Read(Ack):
    pass
