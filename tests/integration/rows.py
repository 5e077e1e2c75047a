"""What the tables are filled with in tests."""

from datetime import datetime

from app.models.deliveries import Delivery
from app.models.devices import Device, RegisterDevice
from app.models.ids import EndpointArn, MessageId, UserId
from app.models.messages import SendMessage
from app.models.users import Channels, CreateUser, Preferences, QuietHours, User
from app.models.work import Work

ALICE, BOB, CAROL = UserId("alice"), UserId("bob"), UserId("carol")
MESSAGE = MessageId("0123456789abcdef0123456789abcdef")  # falls into shard 3 of `pending`
HASH = "0" * 64
QUIET = Preferences(
    channels=Channels(realtime=False), quiet_hours=QuietHours(start="22:00", end="07:00", time_zone="Europe/Berlin")
)


def user(user_id: UserId, now: datetime, settings: Preferences | None = None) -> User:
    body = CreateUser(first_name=user_id.title(), last_name="Öz", settings=settings or Preferences())
    return User.create(user_id, f"{user_id}@example.org", body, now)


def device(user_id: UserId, now: datetime, token: str) -> Device:
    body = RegisterDevice(platform="fcm", token=token)
    return Device.register(user_id, body, EndpointArn(f"arn:aws:sns:us-east-1:1:endpoint/GCM/app/{token}"), now, "v1")


def crowd(count: int) -> list[UserId]:
    """Names so many people."""
    return [UserId(f"user-{number:04}") for number in range(count)]


def work(now: datetime, *recipients: UserId, message_id: MessageId = MESSAGE, content: str = "hi") -> Work:
    """Returns the work of a message of Alice's; without recipients it is for everyone."""
    names: list[str] = list(recipients)
    body = SendMessage(recipient_ids=names or None, audience=None if names else "everyone", content=content)
    return Work.of(message_id, user(ALICE, now), body, now)


def delivery(of: Work, now: datetime) -> Delivery:
    return Delivery.accepted(of, HASH, now)
