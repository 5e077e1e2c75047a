"""Users: what they may say about themselves, what is kept, and who sees which part of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, StringConstraints, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from app.errors import UnacceptableError
from app.log import log
from app.models.ids import UserId
from app.models.messages import Priority
from app.models.times import MILLISECOND, from_iso, iso
from app.models.wire import STORED, Stored, Wire, check

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# No control characters, line or paragraph separators: these go into mail headers, titles and terminals.
_ONE_LINE = r"^[^\p{Cc}\p{Zl}\p{Zp}]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_ONE_LINE)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=r"^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

Channel: TypeAlias = Literal["push", "email"]  # those that reach people who are not looking


def _known_zone(name: str, info: ValidationInfo) -> str:
    if info.context == STORED:  # lists of time zones change
        return name
    if _zone(name) is None:
        raise PydanticCustomError("unknown_time_zone", "This is not a time zone of the IANA list.")
    return name


def _zone(name: str) -> "ZoneInfo | None":
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - few have quiet hours

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder of names
        return None


TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]


class Channels(Wire):
    """Where somebody wants to be told; the inbox gets everything regardless."""

    realtime: bool = True
    push: bool = True
    email: bool = True


class QuietHours(Wire):
    """A daily span, by the clock of a time zone, that may reach across midnight; its end is no part of it.

    What counts is what the clock on the wall shows: an hour that comes twice is twice in it or twice out of it.
    """

    start: Clock
    end: Clock
    time_zone: TimeZone

    @model_validator(mode="after")
    def _some_time(self, info: ValidationInfo) -> "QuietHours":
        if self.start == self.end and info.context != STORED:  # nothing or the whole day: who can tell
            raise PydanticCustomError("empty_span", "These quiet hours end when they start.")
        return self

    def cover(self, now: datetime) -> bool:
        """Whether it is quiet now; never in a time zone that is no longer known."""
        zone = _zone(self.time_zone)
        if zone is None:
            log("unknown time zone", level="WARN")
            return False
        clock = now.astimezone(zone).strftime("%H:%M")
        if self.start < self.end:
            return self.start <= clock < self.end
        return self.start > self.end and not self.end <= clock < self.start


class Preferences(Wire):
    channels: Channels = Channels()
    quiet_hours: QuietHours | None = None

    def to_map(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)

    def want(self, channel: Channel, priority: Priority, now: datetime) -> bool:
        """Whether to tell somebody now: what is critical passes quiet hours, and nothing a channel that is off."""
        on = self.channels.push if channel == "push" else self.channels.email
        quiet = self.quiet_hours is not None and self.quiet_hours.cover(now)
        return on and (priority == "critical" or not quiet)


class CreateUser(Wire):
    """The body of `POST /users`."""

    email: Email | None = None
    first_name: Name
    last_name: Name
    settings: Preferences = Preferences()

    @classmethod
    def of_account(cls, attributes: Mapping[str, str]) -> "CreateUser":
        """Returns a profile for somebody who signed up, from Cognito's attributes.

        Whoever gives no name that can be one is a new member: a part of the address would show it to everybody.
        """
        first, last = attributes.get("given_name"), attributes.get("family_name")
        return cls(first_name=_name_or("New", first), last_name=_name_or("member", last))


class UpdateUser(Wire):
    """The body of `PUT /users/{userId}`: what is left out stays."""

    # These defaults are never read: `changes` returns only what was sent, and null is refused.
    first_name: Name = ""
    last_name: Name = ""
    settings: Preferences = Preferences()

    def changes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}


def _name_or(other: str, name: str | None) -> str:
    try:
        return check(UpdateUser, {"firstName": name}).first_name
    except UnacceptableError:
        return other


class User(Stored):
    """A profile, as stored and as its owner sees it."""

    user_id: UserId
    email: Email
    first_name: Name
    last_name: Name
    settings: Preferences
    created_at: str
    updated_at: str

    @classmethod
    def create(cls, user_id: UserId, email: str, body: CreateUser, now: datetime) -> "User":
        return cls(
            user_id=user_id,
            email=email,
            first_name=body.first_name,
            last_name=body.last_name,
            settings=body.settings,
            created_at=iso(now),
            updated_at=iso(now),
        )

    def to_item(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True)

    def public(self) -> dict[str, Any]:
        """Returns what anybody who is signed in may know."""
        return {"userId": self.user_id, "firstName": self.first_name, "lastName": self.last_name}

    def updated(self, body: UpdateUser, now: datetime) -> "User":
        """Returns the changed profile; its `updatedAt` always moves on, so it can serve as a version."""
        moment = max(now, from_iso(self.updated_at) + MILLISECOND)
        return self.model_copy(update={**body.changes(), "updated_at": iso(moment)})
