"""Inbox: what a person was sent and has sent, how a delivery stands, and what they have read."""

from contextlib import aclosing

from app.application import App
from app.http import Request, Response, http_routes
from app.inbox.merging import Page
from app.models.cursors import ListName, Position, unseal
from app.models.ids import MessageId, NotificationId
from app.models.queries import ListMessages, ListNotifications, ReadUpTo
from app.models.wire import check
from app.together import both

_ECHOING_S = 5.0  # of the time-out, kept for a last page of marks and for telling of them


async def messages(app: App, request: Request) -> Response:
    """Lists the messages that the caller received, or those that they sent; the newest first."""
    query, caller = check(ListMessages, dict(request.query)), request.caller.user_id
    lists = app.message_lists
    read = lists.inbox if query.box == "inbox" else lists.sent
    page = await read(caller, _position(request, query.cursor, query.box), query.limit)
    return Response(200, {"items": page.items, "cursor": _cursor(request, page, query.box)})


async def message(app: App, request: Request) -> Response:
    """Shows one message to its recipient, or to its sender."""
    return Response(200, await app.message_lists.one(request.caller.user_id, _message_id(request)))


async def report(app: App, request: Request) -> Response:
    """Shows the sender how a delivery stands."""
    return Response(200, await app.message_lists.report(request.caller.user_id, _message_id(request)))


async def read_message(app: App, request: Request) -> Response:
    """Marks a message, and the notification that told of it, as read."""
    caller = request.caller.user_id
    await app.echo.read(caller, await app.marking.message_read(caller, _message_id(request)))
    return Response(204)


async def notifications(app: App, request: Request) -> Response:
    """Lists notifications, all or unread, the newest first, and counts those that are unread."""
    query, caller = check(ListNotifications, dict(request.query)), request.caller.user_id
    name: ListName = "unread" if query.unread else "notifications"
    position, lists = _position(request, query.cursor, name), app.notification_lists
    reader = await lists.reader(caller)
    read = lists.unread if query.unread else lists.all
    page, unread = await both(read(reader, position, query.limit), lists.count_unread(reader))
    return Response(200, {"items": page.items, "cursor": _cursor(request, page, name), "unread": unread})


async def read_notification(app: App, request: Request) -> Response:
    """Marks one notification as read."""
    caller, each = request.caller.user_id, NotificationId(request.row_id("notificationId"))
    await app.echo.read(caller, await app.marking.notification_read(caller, each))
    return Response(204)


async def read_notifications(app: App, request: Request) -> Response:
    """Marks all notifications up to a time, by default now, as read."""
    body, caller = request.json(ReadUpTo) if request.body else ReadUpTo(), request.caller.user_id
    marked: list[NotificationId] = []
    try:
        async with aclosing(app.marking.all_read(caller, body.up_to, request.deadline - _ECHOING_S)) as some:
            async for ids in some:
                marked += ids
    finally:  # what is marked is marked, also if the rest was too much
        await app.echo.read(caller, marked)
    return Response(204)


handle = http_routes(
    {
        "GET /messages": messages,
        "GET /messages/{messageId}": message,
        "PUT /messages/{messageId}/read": read_message,
        "GET /messages/{messageId}/delivery": report,
        "GET /notifications": notifications,
        "PUT /notifications/{notificationId}/read": read_notification,
        "PUT /notifications/read": read_notifications,
    }
)


def _message_id(request: Request) -> MessageId:
    return MessageId(request.row_id("messageId"))


def _position(request: Request, cursor: str | None, name: ListName) -> Position | None:
    return None if cursor is None else unseal(cursor, name, request.caller.user_id)


def _cursor(request: Request, page: Page, name: ListName) -> str | None:
    return page.position.seal(name, request.caller.user_id) if page.more and page.position else None
