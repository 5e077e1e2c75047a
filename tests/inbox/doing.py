"""What people do in these tests, and what they see then."""

from collections.abc import Sequence
from datetime import datetime

from app.models.ids import NotificationId, UserId, new_message_id, notification_id
from app.models.messages import SendMessage
from app.models.users import User
from app.models.work import Work
from app.together import batched
from tests.inbox.client import Client
from tests.inbox.stage import Site
from tests.unit.people import person


async def sent(site: Site, sender: str, *recipients: str, **body: str) -> NotificationId:
    """Sends a message, to everyone if there are no recipients, and returns the notification that tells of it."""
    answer = await site.send(sender, *recipients, **body)
    assert answer.status in (201, 202), answer
    return notification_id(answer.body["messageId"])


async def arrived(site: Site, sender: str, whens: Sequence[datetime], *recipients: str) -> list[NotificationId]:
    """Writes the rows of a message of each of these moments, at most 49 in a transaction, and tells nobody.

    That is how a message gets into the inbox; to send as many would take long.
    """
    profile = User.from_item(person(sender))
    body = SendMessage(
        recipient_ids=[*recipients] or None, audience=None if recipients else "everyone", content="hello"
    )
    works = [Work.of(new_message_id(), profile, body, when) for when in whens]
    for some in batched(works, 49 // max(1, len(recipients))):
        rows = [row for work in some for row in site.app.inbox.puts(work, work.owners())]
        await site.app.messages.table.write(rows)
    return [notification_id(work.message_id) for work in works]


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
