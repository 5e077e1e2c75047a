"""Every function of the catalogue runs from the image, and answers properly although there is no AWS behind it."""

import json
from typing import Any, assert_never

import pytest

from app.catalogue import (
    Function,
    HttpRoute,
    QueueSource,
    Schedule,
    SocketAuthorizer,
    SocketRoute,
    Trigger,
    UserPoolTrigger,
)
from tests.image.emulator import Emulator
from tests.image.events import QUEUE_MESSAGE, event


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert answer["statusCode"] == status
    assert answer["headers"]["content-type"] == "application/problem+json"
    problem = json.loads(answer["body"])
    assert (problem["status"], problem["code"]) == (status, code)


def assert_denied(answer: Any) -> None:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == "execute-api:Invoke"


def assert_failed(answer: Any) -> None:
    assert answer["errorType"] == "UnavailableError"


def assert_answered(trigger: Trigger, answer: Any, status: int, code: str) -> None:
    """Asserts that it failed, and in the way that its caller understands."""
    match trigger:
        case HttpRoute():
            assert_problem(answer, status, code)
        case SocketRoute():
            assert answer == {"statusCode": status}
        case SocketAuthorizer():
            assert_denied(answer)
        case QueueSource():
            assert answer == {"batchItemFailures": [{"itemIdentifier": QUEUE_MESSAGE}]}
        case Schedule() | UserPoolTrigger():
            assert_failed(answer)
        case _:
            assert_never(trigger)


def assert_made_no_sense(trigger: Trigger, answer: Any, nonsense: Any) -> None:
    match trigger:
        case QueueSource():
            assert answer == {"batchItemFailures": []}  # there was no message in it
        case Schedule():
            assert_failed(answer)  # the clock says nothing, so nothing of it can be wrong
        case UserPoolTrigger():
            assert answer == nonsense  # the pool gets its event back, and nobody has signed up
        case _:
            assert_answered(trigger, answer, 401, "invalid_token")


def test_a_function_says_that_aws_does_not_answer(function: Function, emulator: Emulator) -> None:
    for trigger in function.triggers:
        assert_answered(trigger, emulator.invoke(event(trigger)), 503, "unavailable")


@pytest.mark.parametrize("nonsense", [{}, [], None, "text", {"requestContext": "text"}], ids=repr)
def test_an_event_that_makes_no_sense_is_refused(function: Function, emulator: Emulator, nonsense: Any) -> None:
    assert_made_no_sense(function.triggers[0], emulator.invoke(nonsense), nonsense)


def test_a_container_answers_one_event_after_another(function: Function, emulator: Emulator) -> None:
    for _ in range(3):
        assert_made_no_sense(function.triggers[0], emulator.invoke({}), {})
