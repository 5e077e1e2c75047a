"""What the models show of themselves is what the description says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from app.catalogue import EVERYONE
from app.http import etag
from app.models.deliveries import Delivery
from app.models.devices import Device, RegisterDevice
from app.models.ids import EndpointArn, MessageId, NotificationId, UserId, new_message_id, notification_id
from app.models.messages import Message, SendMessage
from app.models.notifications import Notification
from app.models.users import CreateUser, Preferences, User
from app.models.work import Work
from description import answers
from description.headers import RESPONSE
from description.schemas import of_models, ref
from tests.description.conformity import closed, complaints, validator

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = UserId("f4c8d4a8-1111-4222-8333-444455556666")
ID = new_message_id()


def _user(**settings: Any) -> User:
    body = CreateUser(
        first_name="Alice", last_name="Archer", settings=Preferences.model_validate(settings, strict=False)
    )
    return User.create(ME, "alice@example.org", body, NOW)


def _message(user_id: UserId) -> Message:
    when = "2026-11-22T12:00:00.000Z"
    return Message(
        message_id=ID,
        user_id=user_id,
        sender_id=ME,
        title="Gate 3",
        content="The crane comes.",
        priority="normal",
        read=False,
        created_at=when,
        updated_at=when,
    )


def _notification() -> Notification:
    return Notification(
        notification_id=NotificationId(notification_id(MessageId(ID))),
        user_id=ME,
        type="message",
        message_id=ID,
        sender_id=ME,
        title="Gate 3",
        content="The crane comes.",
        priority="critical",
        read=True,
        seen_at="2026-11-22T12:00:01.000Z",
        created_at="2026-11-22T12:00:00.000Z",
    )


def _delivery() -> Delivery:
    work = Work.of(ID, _user(), SendMessage(recipient_ids=[ME], content="-"), NOW)
    return Delivery.accepted(work, "hash", NOW)


def _device() -> Device:
    body = RegisterDevice(platform="fcm", token="fcm-token")
    return Device.register(ME, body, EndpointArn("arn"), NOW, "version")


QUIET = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Berlin"}
SHOWN: dict[str, tuple[dict[str, Any], type[BaseModel]]] = {
    "a user": (_user().to_item(), answers.User),
    "a user with quiet hours": (_user(quiet_hours=QUIET).to_item(), answers.User),
    "a user in public": (_user().public(), answers.PublicUser),
    "a message": (_message(ME).shown(), answers.ReceivedMessage),
    "an announcement": (_message(UserId(EVERYONE)).shown(), answers.ReceivedMessage),
    "a notification": (_notification().shown(), answers.Notification),
    "a frame": (_notification().frame(), answers.MessageFrame),
    "a report": (_delivery().report(), answers.DeliveryReport),
    "a device": (_device().shown(), answers.Device),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown_is_described_to_the_last_member(name: str) -> None:
    value, model = SHOWN[name]

    assert _complaints(model, value) == []


@pytest.mark.parametrize("name", SHOWN)
def test_no_member_may_be_missing(name: str) -> None:
    value, model = SHOWN[name]

    for member in value:
        assert _complaints(model, {name: each for name, each in value.items() if name != member}), member


def test_a_members_absence_in_the_description_is_noticed() -> None:
    assert _complaints(answers.PublicUser, _user().to_item())


def test_an_entity_tag_is_described() -> None:
    assert validator(dict(RESPONSE["ETag"].schema), {"components": {}}).is_valid(etag({"a": 1}))


def _complaints(model: type[BaseModel], value: object) -> list[str]:
    return complaints(ref(model), closed({"components": {"schemas": of_models([model])}}), value)
