"""Phones of people on the stack: registered as an app would, and what was pushed to them."""

import uuid
from typing import Any

from laptop import pushes
from tests.e2e.aws import Aws, Row, wait_until
from tests.e2e.client import Person

PUSHED_S = 60.0  # a function may have to start beside others, on a busy machine


def new_token() -> str:
    """Returns 64 hexadecimal digits, which is a token to both push services."""
    return uuid.uuid4().hex * 2


async def register(person: Person, platform: str = "fcm", token: str = "") -> str:
    """Registers a phone, new unless a token is given, and returns its id."""
    body = {"platform": platform, "token": token or new_token()}
    answer = await person.call("POST", "/devices", json=body)
    assert answer.status in (200, 201), answer
    return str(answer.json()["deviceId"])


async def devices(person: Person) -> list[str]:
    answer = await person.call("GET", "/devices")
    assert (answer.status, answer.json()["cursor"]) == (200, None)
    return [item["deviceId"] for item in answer.json()["items"]]


def endpoint(aws: Aws, person: Person, device: str) -> str:
    [row] = aws.rows("Devices", userId=person.user_id, deviceId=device)
    return str(row["endpointArn"])


def pushed(aws: Aws, message_id: str) -> list[dict[str, Any]]:
    """Returns the pushes of a message."""
    return [push for push in pushes.pushes(aws.endpoints) if push["data"]["messageId"] == message_id]


async def wait_for_pushes(aws: Aws, message_id: str, count: int = 1) -> list[dict[str, Any]]:
    """Waits for so many pushes of a message, which must not be more."""
    await wait_until(lambda: len(pushed(aws, message_id)) >= count, "it is pushed", PUSHED_S)
    found = pushed(aws, message_id)
    assert len(found) == count
    return found


def told(sender: Person, *recipients: Person, **changes: Any) -> Row:
    """Returns what the topic would tell of a message that nobody has sent, so that only the test brings it."""
    ids = {"messageId": uuid.uuid4().hex, "notificationId": uuid.uuid4().hex, "senderId": sender.user_id}
    content = {"type": "message", "title": "Hi", "content": "hello", "priority": "normal"}
    to = {"audience": None, "recipientIds": [each.user_id for each in recipients]}
    return {**ids, **content, **to, "createdAt": "2026-11-22T18:00:00.000Z", **changes}


def receive(aws: Aws, message: Row, receives: int = 1) -> bool:
    """Hands it to the function as the queue does; returns whether the function was done with it."""
    return aws.bring("Push", message, receives)
