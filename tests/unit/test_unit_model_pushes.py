"""What a phone is shown of a message: complete, within the push services' size, and cut between characters."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.ids import UserId, notification_id
from app.models.pushes import MAX_BYTES, PREVIEW, TITLE, Push
from tests.unit.delivering import MESSAGE
from tests.unit.people import ADA, NOW_ISO
from tests.unit.telling import told

IDS = {
    "notificationId": notification_id(MESSAGE),
    "messageId": MESSAGE,
    "senderId": ADA,
    "type": "message",
    "priority": "normal",
    "createdAt": NOW_ISO,
}
KINDS = ("GCM", "APNS", "APNS_SANDBOX")


def written(kind: str, **values: Any) -> dict[str, Any]:
    """Returns what the push service gets."""
    message = json.loads(Push(told(**values)).message(kind))
    assert message.keys() == {"default", kind}
    assert message["default"]
    read: dict[str, Any] = json.loads(message[kind])
    return read


def shown(kind: str, **values: Any) -> tuple[str, str]:
    """Returns title and body."""
    push = written(kind, **values)
    texts = push["fcmV1Message"]["message"]["notification"] if kind == "GCM" else push["aps"]["alert"]
    assert texts.keys() == {"title", "body"}
    return texts["title"], texts["body"]


def test_fcm_is_told_what_to_show_and_what_it_is_of() -> None:
    assert written("GCM") == {
        "fcmV1Message": {
            "message": {
                "notification": {"title": "Message from Ada Lovelace", "body": "hello"},
                "data": IDS,
                "android": {"priority": "normal", "ttl": "86400s", "notification": {"tag": notification_id(MESSAGE)}},
            }
        }
    }


@pytest.mark.parametrize("kind", ["APNS", "APNS_SANDBOX"])
def test_apns_is_told_what_to_show_and_what_it_is_of(kind: str) -> None:
    aps = {"alert": {"title": "Message from Ada Lovelace", "body": "hello"}, "sound": "default", "thread-id": ADA}
    assert written(kind) == {"aps": aps, **IDS}


@pytest.mark.parametrize(("priority", "of_fcm", "of_apns"), [("normal", "normal", "5"), ("critical", "high", "10")])
def test_what_is_critical_goes_ahead(priority: str, of_fcm: str, of_apns: str) -> None:
    push = written("GCM", priority=priority)
    assert push["fcmV1Message"]["message"]["android"]["priority"] == of_fcm
    attributes = Push(told(priority=priority)).attributes("APNS")
    assert attributes["AWS.SNS.MOBILE.APNS.PRIORITY"] == {"DataType": "String", "StringValue": of_apns}


def test_apns_gets_the_rest_in_headers() -> None:
    attributes = Push(told()).attributes("APNS_SANDBOX")
    assert {name.removeprefix("AWS.SNS.MOBILE."): each["StringValue"] for name, each in attributes.items()} == {
        "APNS.PUSH_TYPE": "alert",
        "APNS.PRIORITY": "5",
        "APNS.COLLAPSE_ID": notification_id(MESSAGE),
        "APNS_SANDBOX.TTL": "86400",
    }


def test_fcm_needs_no_headers() -> None:
    assert Push(told()).attributes("GCM") == {}


@pytest.mark.parametrize("kind", KINDS)
def test_quotes_and_lines_come_through(kind: str) -> None:
    text = 'He said "no"\\\n\tand </script> \x01 left'
    assert shown(kind, title='"T"', content=text) == ('"T"', text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_message_is_a_preview(kind: str) -> None:
    assert shown(kind, content="x" * PREVIEW)[1] == "x" * PREVIEW
    assert shown(kind, content="x" * (PREVIEW + 1))[1] == "x" * (PREVIEW - 1) + "…"


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_title_is_cut(kind: str) -> None:
    assert shown(kind, title="t" * 200)[0] == "t" * (TITLE - 1) + "…"


@given(
    title=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200),
    content=st.text(min_size=1, max_size=400),
    sender=st.sampled_from([ADA, "x" * 128]),
    kind=st.sampled_from(KINDS),
)
def test_every_push_fits_however_it_is_written_and_shows_a_beginning(
    title: str, content: str, sender: str, kind: str
) -> None:
    push = Push(told(title=title, content=content, senderId=UserId(sender)))
    of_service = json.loads(push.message(kind))[kind]
    assert len(json.dumps(json.loads(of_service), separators=(",", ":"))) <= MAX_BYTES
    body = shown(kind, title=title, content=content, senderId=sender)[1]
    assert body
    assert content.startswith((body, body.removesuffix("…")))


@pytest.mark.parametrize("kind", KINDS)
def test_characters_that_are_long_when_escaped_leave_room_for_what_else_there_is(kind: str) -> None:
    title, body = shown(kind, title="\U0001f600" * 200, content="\U0001f600" * 256)
    assert len(title) == TITLE
    assert set(body) == {"\U0001f600", "…"}
    assert 150 < len(body) < PREVIEW
    assert len(json.loads(Push(told(title=title, content="\U0001f600" * 256)).message(kind))[kind]) > MAX_BYTES - 20
