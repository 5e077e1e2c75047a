"""What only the handlers know of each route: its answers, its refusals, and what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel

from app.errors import (
    ConflictError,
    ForbiddenError,
    InProgressError,
    NotFoundError,
    PreconditionError,
    ProblemError,
    RateLimitedError,
    TooLargeError,
    UnacceptableError,
    UnparsableError,
)
from app.models.devices import RegisterDevice
from app.models.messages import SendMessage
from app.models.queries import ListMessages, ListNotifications, ReadUpTo
from app.models.users import CreateUser, UpdateUser
from app.models.wire import Wire
from description import answers, examples

Headers: TypeAlias = tuple[str, ...]  # by their names in headers.py


class Nothing(Wire):
    """No members: the same as no body."""


@dataclass(frozen=True, slots=True)
class Body:
    model: type[Wire]
    examples: Mapping[str, Any]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a success says; several models are told apart by their members."""

    means: str
    models: tuple[type[BaseModel], ...] = ()
    example: Any = None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    refusals: tuple[ProblemError, ...] = ()  # beside those that every route has
    body: Body | None = None
    query: type[Wire] | None = None
    headers: Headers = ()
    more: str = ""


_INVALID = UnacceptableError(faults=(examples.FLAW,))
_BODY = (
    UnparsableError(),
    UnparsableError(code="json_too_deep", detail="The body nests more than 16 levels."),
    UnparsableError(code="duplicate_key", detail="An object in the body names a member twice."),
    TooLargeError(),
    _INVALID,
)
_LIST = (UnparsableError(code="invalid_cursor", detail="This is no cursor of this list."), _INVALID)
_PROFILE = ForbiddenError(code="profile_required", detail="Create your profile first: POST /users.")
_SHOWN = ("ETag", "Cache-Control")

OPERATIONS: Mapping[str, Operation] = {
    "POST /users": Operation(
        "createUser",
        "Users",
        "Create a profile",
        {201: Answer("It is there.", (answers.User,), examples.USER, ("Location", *_SHOWN))},
        (
            *_BODY,
            NotFoundError(),
            ConflictError(code="user_exists", detail="This person has a profile already."),
        ),
        body=Body(CreateUser, {"oneself": examples.CREATE_USER, "another, by an administrator": examples.INVITE}),
        more="`email`, where given, is the one signed in with. Of administrators another one stands for somebody else, "
        "who is created in the user pool and invited by mail. 404: whoever asks has been deleted from the user pool.",
    ),
    "GET /users/{userId}": Operation(
        "getUser",
        "Users",
        "Show a profile",
        {
            200: Answer(
                "The whole of it, or its public part.", (answers.User, answers.PublicUser), examples.USER, _SHOWN
            ),
            304: Answer("It is as `If-None-Match` says.", headers=_SHOWN),
        },
        (NotFoundError(),),
        headers=("If-None-Match",),
        more="One's own, and any to administrators; others see the public part.",
    ),
    "PUT /users/{userId}": Operation(
        "updateUser",
        "Users",
        "Change a profile",
        {200: Answer("Its new state.", (answers.User,), examples.USER, _SHOWN)},
        (*_BODY, NotFoundError(), PreconditionError()),
        body=Body(UpdateUser, {"settings": {"settings": examples.SETTINGS}}),
        headers=("If-Match",),
        more="What is left out stays; `settings` is replaced as a whole.",
    ),
    "DELETE /users/{userId}": Operation(
        "deleteUser",
        "Users",
        "Erase a person",
        {204: Answer("Nothing of them is left but their id, in what they sent to others.")},
        (NotFoundError(),),
        more="Profile, sign-in, connections, devices, inbox. A repeat goes on with what was too much for one request.",
    ),
    "POST /messages": Operation(
        "sendMessage",
        "Messages",
        "Send a message",
        {
            201: Answer("Everybody was told.", (answers.Accepted,), examples.ACCEPTED),
            202: Answer("It is accepted, and workers go on with it.", (answers.Accepted,), examples.ACCEPTED_FOR_ALL),
        },
        (
            *_BODY,
            UnparsableError(
                code="invalid_idempotency_key", detail="An Idempotency-Key has 1 to 255 visible ASCII characters."
            ),
            ForbiddenError(),
            _PROFILE,
            InProgressError(),
            UnacceptableError(code="idempotency_key_reused", detail="This Idempotency-Key came with another body."),
            RateLimitedError(),
        ),
        body=Body(SendMessage, {"named recipients": examples.SEND, "everyone, by an administrator": examples.ANNOUNCE}),
        headers=("Idempotency-Key",),
        more="A repeat with the same `Idempotency-Key` is answered like the first and sends nothing.",
    ),
    "GET /messages": Operation(
        "listMessages",
        "Messages",
        "List messages received or sent",
        {200: Answer("A page.", (answers.ReceivedPage, answers.SentPage), examples.RECEIVED_PAGE)},
        _LIST,
        query=ListMessages,
        more="Hand `cursor` back unchanged for the next page; on the last one it is null. What was sent: of 30 days.",
    ),
    "GET /messages/{messageId}": Operation(
        "getMessage",
        "Messages",
        "Show a message",
        {
            200: Answer(
                "As its recipient, or else as its sender sees it.",
                (answers.ReceivedMessage, answers.SentMessage),
                examples.RECEIVED,
            )
        },
        (NotFoundError(),),
    ),
    "PUT /messages/{messageId}/read": Operation(
        "readMessage",
        "Messages",
        "Mark a message as read",
        {204: Answer("It is read, and so is the notification that told of it.")},
        (NotFoundError(),),
    ),
    "GET /messages/{messageId}/delivery": Operation(
        "getDelivery",
        "Messages",
        "Show one's own message's delivery",
        {200: Answer("How it stands.", (answers.DeliveryReport,), examples.DELIVERED)},
        (NotFoundError(),),
    ),
    "GET /notifications": Operation(
        "listNotifications",
        "Notifications",
        "List notifications",
        {200: Answer("A page.", (answers.NotificationPage,), examples.NOTIFICATION_PAGE)},
        _LIST,
        query=ListNotifications,
    ),
    "PUT /notifications/{notificationId}/read": Operation(
        "readNotification",
        "Notifications",
        "Mark a notification as read",
        {204: Answer("It is read.")},
        (NotFoundError(),),
    ),
    "PUT /notifications/read": Operation(
        "readNotifications",
        "Notifications",
        "Mark all notifications up to a time as read",
        {204: Answer("They are read.")},
        _BODY,
        body=Body(ReadUpTo, {"up to a time": {"upTo": examples.NOON}}, required=False),
        more="Without a body: up to now.",
    ),
    "POST /tickets": Operation(
        "createTicket",
        "WebSocket",
        "Get a ticket for the WebSocket",
        {201: Answer("It opens one WebSocket within 30 seconds.", (answers.Ticket,), examples.TICKET)},
        _BODY,
        body=Body(Nothing, {}, required=False),
    ),
    "POST /devices": Operation(
        "registerDevice",
        "Devices",
        "Register a phone for pushes",
        {
            201: Answer("It is registered.", (answers.Device,), examples.DEVICE),
            200: Answer("It was the caller's already.", (answers.Device,), examples.DEVICE),
        },
        (
            *_BODY,
            _PROFILE,
            UnacceptableError(
                code="platform_not_configured", detail="This site sends no pushes to devices of this platform."
            ),
        ),
        body=Body(RegisterDevice, {"Android": examples.REGISTER}),
        more="At every start of the app, and when the push service hands out another token: with the old `deviceId` "
        "as `replaces`.",
    ),
    "GET /devices": Operation(
        "listDevices",
        "Devices",
        "List one's devices",
        {200: Answer("All of them.", (answers.DeviceList,), {"items": [examples.DEVICE], "cursor": None})},
    ),
    "DELETE /devices/{deviceId}": Operation(
        "removeDevice",
        "Devices",
        "Remove a device",
        {204: Answer("It gets no more pushes.")},
        (NotFoundError(),),
    ),
}
