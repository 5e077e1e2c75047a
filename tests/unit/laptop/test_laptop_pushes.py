"""Pushes are found among what MiniStack was asked, whichever push service they are for."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from laptop.pushes import APPLICATIONS, found

START = 1_763_834_400
DATA = {"notificationId": "n1", "messageId": "m1"}
FCM, APNS = (f"{APPLICATIONS[name]}/1" for name in ("fcm", "apns"))


class Trail:
    """Answers as MiniStack does: the last fifty until a whole second, the last first."""

    def __init__(self, *requests: tuple[float, dict[str, str]]) -> None:
        self.events = [
            {
                "EventId": str(number),
                "EventTime": datetime.fromtimestamp(START + second, UTC),
                "CloudTrailEvent": json.dumps({"requestParameters": request}),
            }
            for number, (second, request) in enumerate(requests)
        ]

    def lookup_events(self, LookupAttributes: list[dict[str, str]], EndTime: int) -> dict[str, Any]:  # noqa: N803
        assert LookupAttributes == [{"AttributeKey": "EventSource", "AttributeValue": "sns.amazonaws.com"}]
        until = [event for event in self.events if event["EventTime"].timestamp() <= EndTime]  # type: ignore[attr-defined]
        return {"Events": until[::-1][:50]}


def to_fcm(body: str = "hello") -> dict[str, str]:
    message = {"notification": {"title": "Hi", "body": body}, "data": DATA, "android": {}}
    return published(FCM, "GCM", {"fcmV1Message": {"message": message}})


def published(endpoint: str, kind: str, push: Any) -> dict[str, str]:
    return {
        "Action": "Publish",
        "TargetArn": endpoint,
        "Message": json.dumps({"default": "Hi", kind: json.dumps(push)}),
    }


def bodies(*requests: tuple[float, dict[str, str]]) -> list[str]:
    return [push["body"] for push in found(Trail(*requests))]


def test_a_push_of_fcm_is_read() -> None:
    assert list(found(Trail((0.5, to_fcm())))) == [
        {
            "at": "2025-11-22T18:00:00.500+00:00",
            "platform": "GCM",
            "endpoint": FCM,
            "title": "Hi",
            "body": "hello",
            "data": DATA,
        }
    ]


def test_a_push_of_apns_is_read() -> None:
    push = {"aps": {"alert": {"title": "Hi", "body": "hello"}, "sound": "default"}, **DATA}
    [read] = found(Trail((0, published(APNS, "APNS", push))))
    assert (read["platform"], read["title"], read["body"], read["data"]) == ("APNS", "Hi", "hello", DATA)


def test_what_else_sns_was_asked_is_passed_over() -> None:
    topic = {"Action": "Publish", "TopicArn": "arn:topic", "Message": "{}"}
    deleted = {"Action": "DeleteEndpoint", "EndpointArn": FCM}
    assert bodies((0, topic), (1, deleted), (2, to_fcm("the push")), (3, {})) == ["the push"]


@pytest.mark.parametrize("a_second", [1, 7, 49, 50])
def test_many_are_found_each_once_and_the_last_first(a_second: int) -> None:
    requests = [(number / a_second, to_fcm(str(number))) for number in range(4 * a_second)]
    assert bodies(*requests) == [str(number) for number in range(4 * a_second)][::-1]


def test_too_many_in_a_second_hide_none_of_other_seconds() -> None:
    crowd = [(1.5, to_fcm("crowd")) for _ in range(120)]
    shown = bodies((0, to_fcm("first")), *crowd, (2, to_fcm("last")))
    assert (shown[0], shown[-1]) == ("last", "first")


def test_nothing_was_pushed_at_first() -> None:
    assert bodies() == []
