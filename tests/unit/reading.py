"""What the tests of the inbox share: messages that lie there, and what their reader asks for.

Ada reads; Bob and others send to her.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.catalogue import CONNECTIONS, MESSAGES, NOTIFICATIONS
from app.handlers.connections import handle as on_socket
from app.handlers.inbox import handle as on_http
from app.models.ids import MessageId, NotificationId, notification_id
from app.models.messages import SendMessage
from app.models.times import epoch_s
from app.models.users import User
from app.models.wire import check
from app.models.work import Work
from app.settings import Settings
from app.stores.dynamo import decode
from tests.unit.delivering import Site, connection
from tests.unit.events import Answer, ask, claims, http_event, knock, socket_event
from tests.unit.people import ADA, BOB, CLEO, NOW, Row, person

HERE = "BFHPhfCWIAMCKlQ="  # the connection that sends the frames


def message_id(number: int) -> MessageId:
    return MessageId(f"{number:032x}")


def told_of(number: int) -> NotificationId:
    """Returns the id of the notification that tells of the message of this number."""
    return notification_id(message_id(number))


@dataclass(frozen=True)
class Reading:
    """A site where Ada has nothing yet."""

    site: Site

    @classmethod
    def begin(cls, settings: Settings) -> "Reading":
        reading = cls(Site(settings))
        reading.site.join(BOB, CLEO)
        return reading

    def work(self, number: int, *recipients: str, at: datetime = NOW, **body: Any) -> Work:
        to = {"recipientIds": [*recipients]} if recipients else {"audience": "everyone"}
        wish = check(SendMessage, {**to, "content": f"hello {number}", **body})
        return Work.of(message_id(number), User.from_item(person(BOB, "Bob")), wish, at)

    def arrive(self, number: int, *recipients: str, at: datetime = NOW, **body: Any) -> None:
        """Puts Bob's message into the inboxes of these people, or, if there are none, of everyone."""
        work = self.work(number, *recipients, at=at, **body)
        for action in self.site.app.inbox.puts(work, work.owners()):
            table = MESSAGES if "messages" in action["Put"]["TableName"] else NOTIFICATIONS
            self.site.tables.plant(table, decode(action["Put"]["Item"]))

    async def http(
        self, route: str, body: Any = None, *, caller: str = ADA, claim: dict[str, Any] | None = None, **parts: Any
    ) -> Answer:
        event = http_event(body, caller=claims(caller, **(claim or {})), route=route, **parts)
        return await ask(on_http, self.site.app, event)

    async def messages(self, **query: str) -> Any:
        answer = await self.http("GET /messages", query=query)
        assert answer.status == 200, answer
        return answer.body

    async def notifications(self, caller: str = ADA, **query: str) -> Any:
        answer = await self.http("GET /notifications", query=query, caller=caller)
        assert answer.status == 200, answer
        return answer.body

    async def unread(self, caller: str = ADA) -> int:
        return int((await self.notifications(caller))["unread"])

    async def read(self, route: str, **path: str) -> int:
        """Marks by HTTP and returns the status."""
        return (await self.http(route, path=path)).status

    async def say(self, **frame: Any) -> list[Row]:
        """Has Ada's client send a frame, and returns those that come back on the same connection."""
        self.site.aws.calls.clear()
        event = socket_event("$default", json.dumps(frame), expires_at=epoch_s(self.site.clock()) + 3600)
        assert await knock(on_socket, self.site.app, event) == 200
        return self.heard(HERE)

    def heard(self, connection_id: str) -> list[Row]:
        """Returns the frames that a connection got from the inbox since the last frame was sent."""
        posts = self.site.aws.named("post_to_connection")
        return [json.loads(post["Data"]) for post in posts if post["ConnectionId"] == connection_id]

    def connect(self, *names: str, owner: str = ADA) -> None:
        self.site.tables.plant(CONNECTIONS, *(connection(name, owner=owner) for name in names))

    def row(self, number: int, owner: str = ADA) -> Row:
        """Returns the notification's row of this owner, or their mark of what is for everyone, or an empty one."""
        told = told_of(number)
        rows = [row for row in self.site.tables.rows(NOTIFICATIONS) if row["userId"] == owner]
        return next((row for row in rows if row["notificationId"] in {told, f"{told}#{owner}"}), {})


def ids(page: Any) -> list[str]:
    """Returns the messages of a page, in its order."""
    return [item["messageId"] for item in page["items"]]


def named(*numbers: int) -> list[str]:
    return [str(message_id(number)) for number in numbers]
