"""What the API answers and sends: the stored models without what is not shown, and what handlers put together."""

from collections.abc import Collection
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from app.models.connections import TicketGrant
from app.models.cursors import RowId
from app.models.deliveries import State
from app.models.deliveries import Tally as StoredTally
from app.models.devices import Device as StoredDevice
from app.models.ids import TICKET
from app.models.messages import Message as StoredMessage
from app.models.messages import Priority
from app.models.notifications import Notification as StoredNotification
from app.models.users import User as StoredUser

Time = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        json_schema_extra={"format": "date-time"},
    ),
]
UserId = Annotated[str, Field(min_length=1, max_length=128)]
Count = Annotated[int, Field(ge=0)]
Cursor = str | None
Absent = SkipJsonSchema[None]  # of a member that may be left out and is never null

# What the stored models leave to those who write them.
_NARROWER: dict[str, Any] = {
    "user_id": UserId,
    "sender_id": UserId,
    "message_id": RowId,
    "notification_id": RowId,
    "device_id": RowId,
    "created_at": Time,
    "updated_at": Time,
    "posted": Count,
    "gone": Count,
    "failed": Count,
}


class Answer(BaseModel):
    """Base of all that is answered; a later version may answer with more members."""

    model_config = ConfigDict(alias_generator=to_camel)


def _answer(name: str, doc: str, **members: Any) -> type[Answer]:
    """Returns a model of these members, by their types; those that may be `Absent` are not required."""
    fields = {member: (kind, None if Absent in get_args(kind) else ...) for member, kind in members.items()}
    return create_model(name, __base__=Answer, __doc__=doc, **fields)  # type: ignore[call-overload,no-any-return]


def _shown(model: type[BaseModel], name: str, doc: str, *, hidden: Collection[str] = (), **more: Any) -> type[Answer]:
    """Returns a stored model as it is shown: all of its members but the hidden ones, and `more`."""
    members = {
        member: _NARROWER.get(member, info.rebuild_annotation())
        for member, info in model.model_fields.items()
        if member not in hidden
    }
    return _answer(name, doc, **members | more)


def _many(model: type[Answer]) -> Any:
    return list[model]  # type: ignore[valid-type]


User = _shown(StoredUser, "User", "A profile, as its owner and administrators see it.")
PublicUser = _shown(
    StoredUser,
    "PublicUser",
    "A profile, as everybody else sees it.",
    hidden={"email", "settings", "created_at", "updated_at"},
)
Audience = Literal["everyone"] | None
ReceivedMessage = _shown(
    StoredMessage, "ReceivedMessage", "A message, as a recipient sees it.", hidden={"user_id"}, audience=Audience
)
SentMessage = _shown(
    StoredMessage,
    "SentMessage",
    "A message, as its sender sees it; title, content and priority are null once it was erased.",
    hidden={"user_id", "read", "updated_at"},
    title=str | None,
    content=str | None,
    priority=Priority | None,
    audience=Audience,
    recipients=Count,
    state=State,
)
Device = _shown(
    StoredDevice, "Device", "A phone that gets pushes.", hidden={"user_id", "token", "endpoint_arn", "version"}
)
_KEPT = {"user_id", "read", "seen_at"}
Notification = _shown(StoredNotification, "Notification", "A notification in a list.", hidden=_KEPT - {"read"})
Missed = _shown(
    StoredNotification,
    "Missed",
    "A notification in a page; its content is null where it is too large for a frame.",
    hidden=_KEPT - {"read"},
    content=str | None,
)
MessageFrame = _shown(
    StoredNotification,
    "MessageFrame",
    "A message to named recipients; its content is null where it is too large for a frame.",
    hidden=_KEPT,
    type=Literal["message"],
    content=str | None,
)
AnnouncementFrame = _shown(
    StoredNotification,
    "AnnouncementFrame",
    "A message to everyone; its content is null where it is too large for a frame.",
    hidden=_KEPT,
    type=Literal["announcement"],
    content=str | None,
)
Connections = _shown(
    StoredTally, "Connections", "How many connections were posted to, had ended, or could not be reached."
)
Ticket = _shown(
    TicketGrant,
    "Ticket",
    "It opens one WebSocket.",
    hidden={"user_id", "token_expires_at"},
    ticket=Annotated[str, Field(pattern=f"^{TICKET.pattern}$")],
    expires_at=Time,
)
DeliveryReport = _answer(
    "DeliveryReport",
    "How a delivery stands.",
    message_id=RowId,
    state=State,
    recipients=Annotated[Count, Field(description="0 for everyone")],
    connections=Connections,
    seen=Annotated[Count, Field(description="how many acknowledged it: counted by the report only, elsewhere 0")],
)
Accepted = _answer(
    "Accepted", "A message that was accepted.", message_id=RowId, created_at=Time, delivery=DeliveryReport
)
ReceivedPage = _answer(
    "ReceivedPage", "A page of the inbox, the newest first.", items=_many(ReceivedMessage), cursor=Cursor
)
SentPage = _answer("SentPage", "A page of what was sent, the newest first.", items=_many(SentMessage), cursor=Cursor)
NotificationPage = _answer(
    "NotificationPage",
    "A page of notifications, the newest first, and how many are unread in all.",
    items=_many(Notification),
    cursor=Cursor,
    unread=Count,
)
DeviceList = _answer(
    "DeviceList", "All devices of a person, the first registered first.", items=_many(Device), cursor=None
)
Pong = _answer("Pong", "The answer to `ping`.", type=Literal["pong"])
PageFrame = _answer(
    "PageFrame",
    "The answer to `sync`: notifications, the oldest first.",
    type=Literal["page"],
    items=_many(Missed),
    cursor=str,
    more=bool,
    unread=Count,
)
ReadFrame = _answer(
    "ReadFrame",
    "What this person has marked as read on another connection, or by a request.",
    type=Literal["read"],
    notification_ids=list[RowId],
)
ErrorFrame = _answer(
    "ErrorFrame",
    "What was wrong with a frame, or why the connection is closed; `replyTo` is the `id` of the client's frame.",
    type=Literal["error"],
    code=str,
    status=int,
    request_id=str,
    reply_to=str | int | Absent,
)
Flaw = _answer(
    "Flaw",
    "One thing that is wrong with a body or a query.",
    pointer=Annotated[str, Field(description="JSON pointer (RFC 6901) into it; empty for the whole of it")],
    code=str,
    detail=str,
)
Problem = _answer(
    "Problem",
    "A refusal of ours (RFC 9457).",
    type=Literal["about:blank"],
    title=str,
    status=int,
    code=str,
    detail=str,
    request_id=str,
    errors=_many(Flaw) | Absent,
)
GatewayMessage = _answer("GatewayMessage", "A refusal of API Gateway's own.", message=str)
