"""What the tables are filled with in tests."""

from datetime import datetime

from app.delivery.plan import Plan, plan
from app.models.ids import MessageId, UserId
from app.models.messages import SendMessage
from app.models.users import Channels, CreateUser, Preferences, QuietHours, User

ALICE, BOB, CAROL = UserId("alice"), UserId("bob"), UserId("carol")
MESSAGE = MessageId("0123456789abcdef0123456789abcdef")  # falls into shard 3 of `pending`
QUIET = Preferences(
    channels=Channels(realtime=False), quiet_hours=QuietHours(start="22:00", end="07:00", time_zone="Europe/Berlin")
)


def user(user_id: UserId, now: datetime, settings: Preferences | None = None) -> User:
    body = CreateUser(first_name=user_id.title(), last_name="Öz", settings=settings or Preferences())
    return User.create(user_id, f"{user_id}@example.org", body, now)


def planned(now: datetime, *recipients: UserId, message_id: MessageId = MESSAGE, content: str = "hi") -> Plan:
    """Plans a message of Alice's; without recipients it is for everyone."""
    names: list[str] = list(recipients)
    body = SendMessage(recipient_ids=names or None, audience=None if names else "everyone", content=content)
    people = {name: user(name, now) for name in (ALICE, *recipients)}
    return plan(message_id, people[ALICE], body, people, now)
