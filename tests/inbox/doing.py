"""What people do in these tests, and what they see then."""

from app.models.ids import NotificationId, UserId, notification_id
from tests.inbox.client import Client
from tests.inbox.stage import Site


async def sent(site: Site, sender: str, *recipients: str) -> NotificationId:
    """Sends a message, to everyone if there are no recipients, and returns the notification that tells of it."""
    answer = await site.send(sender, *recipients)
    assert answer.status in (201, 202), answer
    return notification_id(answer.body["messageId"])


async def opened(site: Site, person: UserId, cursor: str | None = None) -> Client:
    client = Client(person, cursor=cursor)
    await client.connect(site)
    return client


async def unread(site: Site, person: str) -> set[str]:
    page = (await site.http(person, "GET /notifications", query={"unread": "", "limit": "100"})).body
    assert page["unread"] == len(page["items"])
    return {item["notificationId"] for item in page["items"]}


async def seen(site: Site, sender: str, message_id: str) -> int:
    answer = await site.http(sender, "GET /messages/{messageId}/delivery", path={"messageId": message_id})
    return int(answer.body["seen"])


async def listed(site: Site, person: str, **query: str) -> list[str]:
    """Returns the notifications of one page."""
    answer = await site.http(person, "GET /notifications", query={"limit": "100", **query})
    return [item["notificationId"] for item in answer.body["items"]]
