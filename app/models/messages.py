"""Messages: what a sender may send, and the row that each recipient gets."""

import hashlib
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.models.ids import MessageId, UserId
from app.models.wire import Stored, Wire
from app.resources import EVERYONE

MAX_CONTENT_BYTES = 16 * 1024
MAX_SEND_BYTES = 320 * 1024  # of a body with all of these; what of it is stored stays below DynamoDB's 400 KB
MAX_RECIPIENTS = 5_000

Priority = Literal["normal", "critical"]


def _at_most_16_kib(content: str) -> str:
    if len(content.encode()) > MAX_CONTENT_BYTES:
        raise PydanticCustomError("content_too_long", "This is longer than 16 KiB in UTF-8.")
    return content


Content = Annotated[str, StringConstraints(min_length=1), AfterValidator(_at_most_16_kib)]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]*$")
]
Recipient = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class SendMessage(Wire):
    """The body of `POST /messages`: named recipients, or the audience "everyone"."""

    recipient_ids: Annotated[list[Recipient], Field(min_length=1, max_length=MAX_RECIPIENTS)] | None = None
    audience: Literal["everyone"] | None = None
    content: Content
    title: Title | None = None
    priority: Priority = "normal"

    @model_validator(mode="after")
    def _one_of_two(self) -> "SendMessage":
        if (self.recipient_ids is None) == (self.audience is None):
            raise PydanticCustomError("one_of_two", "Give either recipientIds or audience.")
        return self

    def recipients(self) -> tuple[UserId, ...]:
        """Returns each named recipient once, in the order given."""
        return tuple(UserId(name) for name in dict.fromkeys(self.recipient_ids or ()))

    def digest(self) -> str:
        """Returns the same text for two bodies that ask for the same, also once later versions have more fields."""
        wish = {**self.model_dump(exclude_defaults=True), "recipient_ids": self.recipients()}
        return hashlib.sha256(orjson.dumps(wish, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Message(Stored):
    """A message as one recipient has it."""

    message_id: MessageId
    user_id: UserId
    sender_id: UserId
    title: str
    content: str
    priority: Priority
    read: bool
    created_at: str
    updated_at: str

    def to_item(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)

    def shown(self) -> dict[str, Any]:
        """Returns what its recipient sees."""
        audience = "everyone" if self.user_id == EVERYONE else None
        return {**self.model_dump(by_alias=True, exclude={"user_id"}), "audience": audience}
