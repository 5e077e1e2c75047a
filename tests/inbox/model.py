"""What the inbox ought to be: plain lists of who was sent what, and what they did with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.models.ids import MessageId, NotificationId, UserId, notification_id
from app.models.times import iso

Listed = list[tuple[str, str, bool]]  # when, id, whether it is read; the newest first
FORGIVEN = timedelta(days=90)  # after so long, what everyone was told counts as read


@dataclass(slots=True)
class Sent:
    """One message that was accepted."""

    message_id: MessageId
    sender: UserId
    recipients: tuple[UserId, ...]  # nobody: it is for everyone
    key: str
    content: str
    at: str
    arrived: dict[UserId, str] = field(default_factory=dict)  # when its rows were dated; "*" is everyone
    told: bool = True  # its connections were; else a worker has still to do it

    @property
    def notification_id(self) -> NotificationId:
        return notification_id(self.message_id)

    @property
    def shared(self) -> bool:
        return not self.recipients

    def at_of(self, user_id: UserId) -> str | None:
        """Returns when it came to somebody; None if it did not."""
        return self.at if self.shared else self.arrived.get(user_id)


@dataclass(slots=True)
class Somebody:
    user_id: UserId
    name: str
    joined: str
    admin: bool = False
    here: bool = True  # not erased


@dataclass(slots=True)
class Model:
    people: dict[UserId, Somebody] = field(default_factory=dict)
    sent: dict[MessageId, Sent] = field(default_factory=dict)
    opened: set[tuple[UserId, MessageId]] = field(default_factory=set)  # messages that were read
    read: set[tuple[UserId, NotificationId]] = field(default_factory=set)
    seen: set[tuple[UserId, NotificationId]] = field(default_factory=set)

    def received(self, user_id: UserId) -> list[Sent]:
        return [each for each in self.sent.values() if each.at_of(user_id)]

    def messages(self, user_id: UserId) -> Listed:
        opened = ((each, (user_id, each.message_id) in self.opened) for each in self.received(user_id))
        return _listed((each.at_of(user_id), each.message_id, read) for each, read in opened)

    def notifications(self, user_id: UserId, now: datetime) -> Listed:
        return _listed(
            (each.at_of(user_id), each.notification_id, self.is_read(user_id, each, now))
            for each in self.received(user_id)
        )

    def unread(self, user_id: UserId, now: datetime) -> set[NotificationId]:
        return {each.notification_id for each in self.received(user_id) if not self.is_read(user_id, each, now)}

    def is_read(self, user_id: UserId, each: Sent, now: datetime) -> bool:
        known = each.shared and each.at <= max(self.people[user_id].joined, iso(now - FORGIVEN))
        return known or (user_id, each.notification_id) in self.read

    def read_all(self, user_id: UserId, up_to: str) -> None:
        for each in self.received(user_id):
            if (each.at_of(user_id) or "") <= up_to:
                self.read.add((user_id, each.notification_id))

    def sent_by(self, sender: UserId) -> list[Sent]:
        return [each for each in self.sent.values() if each.sender == sender]

    def seen_by(self, each: Sent) -> set[UserId]:
        return {user_id for user_id, seen in self.seen if seen == each.notification_id}


def _listed(rows: Iterable[tuple[str | None, str, bool]]) -> Listed:
    return sorted(((at or "", name, read) for at, name, read in rows), reverse=True)
