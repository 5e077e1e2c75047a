"""What the tests of the delivery core share: a site with people and their connections, in memory."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.application import App
from app.catalogue import CONNECTIONS, DELIVERIES, USERS
from app.delivery.lane import PostLane
from app.models.deliveries import Delivery, Job, Progress, State
from app.models.ids import MessageId, UserId
from app.models.messages import SendMessage
from app.models.users import User
from app.models.wire import check
from app.models.work import Work
from app.settings import Settings
from tests.unit.aws import Aws, Doubles
from tests.unit.people import ADA, NOW, NOW_S, Row, person
from tests.unit.posts import ScriptedLane
from tests.unit.tables import Tables

MESSAGE = MessageId("0a" * 16)
SMALL = "0-49"  # the one part of a message to a few
PLENTY_S = 50.0  # of time


@dataclass
class Clock:
    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **time_: float) -> None:
        self.moment += timedelta(**time_)


@dataclass(frozen=True)
class LanedApp(App):
    """An app whose posts all go to one lane."""

    posts: list[PostLane] = field(default_factory=list)

    def lane(self, posts_per_s: int) -> PostLane:  # noqa: ARG002 - App has it
        return self.posts[0]


def names(count: int, start: int = 0) -> list[str]:
    return [f"u{number:04}" for number in range(start, start + count)]


def connection(name: str, *, expires_in_s: int = 3600, age_s: int = 60, owner: str = "") -> Row:
    opened = (NOW - timedelta(seconds=age_s)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "connectionId": name,
        "userId": owner or name.removeprefix("c-"),
        "timestamp": opened,
        "expiresAt": NOW_S + expires_in_s,
    }


def work_of(*recipients: str, **body: Any) -> Work:
    """Returns Ada's work for these recipients, or for everyone."""
    to = {"recipientIds": [*recipients]} if recipients else {"audience": "everyone"}
    wish = check(SendMessage, {**to, "content": "hello", **body})
    return Work.of(MESSAGE, User.from_item(person(ADA)), wish, NOW)


class Site:
    """One message is accepted here, with parts that are worked off; `aws.calls` begin after that."""

    def __init__(self, settings: Settings) -> None:
        self.aws = Aws()
        self.tables = Tables(self.aws)
        self.lane = ScriptedLane(self.aws)
        self.clock = Clock()
        self.app = LanedApp(settings, Doubles(self.aws), self.clock, posts=[self.lane])
        self.join(ADA)

    def join(self, *people: str, **settings: Any) -> None:
        """Gives each of these people a profile and a connection."""
        self.tables.plant(USERS, *(person(name, **settings) for name in people))
        self.tables.plant(CONNECTIONS, *(connection(f"c-{name}") for name in people))

    def leave(self, *people: str) -> None:
        """Takes the profiles of these people away."""
        rest = [row for row in self.tables.rows(USERS) if row["userId"] not in people]
        self.tables.clear(USERS)
        self.tables.plant(USERS, *rest)

    async def accept(self, work: Work, state: State = "delivering") -> Delivery:
        delivery = Delivery.accepted(work, "hash", self.clock())
        assert await self.app.deliveries.accept(delivery, work, self.app.inbox.puts(work, work.owners()))
        accepted = delivery.model_copy(update={"state": state})
        self.tables.plant(DELIVERIES, accepted.to_item())
        self.aws.calls.clear()
        return accepted

    async def work_off(self, part: str = SMALL, left_s: float = PLENTY_S, *, message_id: MessageId = MESSAGE) -> None:
        await self.app.worker.work_off(Job(message_id=message_id, part=part), time.monotonic() + left_s)

    def delivery(self, message_id: str = MESSAGE) -> Delivery:
        (row,) = [row for row in self.tables.rows(DELIVERIES) if row["messageId"] == message_id]
        return Delivery.from_item(row)

    def progress(self, part: str = SMALL, *, message_id: str = MESSAGE) -> Progress | None:
        """Returns what is written down of a part."""
        rows = [row for row in self.tables.rows(DELIVERIES) if row["messageId"] == f"{message_id}#{part}"]
        return Progress.from_item(rows[0]["progress"]) if rows else None

    def counts(self, message_id: str = MESSAGE) -> tuple[int, int, int]:
        delivery = self.delivery(message_id)
        return delivery.posted, delivery.gone, delivery.failed

    def pages(self) -> list[list[str]]:
        """Returns which connections each call of the lane got to."""
        return [call["connections"] for call in self.aws.named("post")]

    def posted(self) -> list[str]:
        return sorted(name for page in self.pages() for name in page)

    def done(self, *operations: str) -> list[str]:
        """Returns which of these operations were called, in order."""
        return [name for name in self.aws.operations() if name in operations]

    def put_back(self) -> list[tuple[str, int]]:
        """Returns each part that was put back on the queue, and for how many seconds it waits there."""
        sent = self.aws.named("send_message")
        return [(Job.model_validate_json(call["MessageBody"]).part, call["DelaySeconds"]) for call in sent]

    def queued(self) -> list[tuple[str, str]]:
        """Returns the jobs that were put on the queue together: message and part."""
        entries = [entry for call in self.aws.named("send_message_batch") for entry in call["Entries"]]
        jobs = [Job.model_validate_json(entry["MessageBody"]) for entry in entries]
        return [(job.message_id, job.part) for job in jobs]


def ids(people: Iterable[str]) -> list[UserId]:
    return [UserId(name) for name in people]
