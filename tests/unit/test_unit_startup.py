"""What `make bench-start` makes of its measurements."""

from typing import Any

import pytest

from app.catalogue import FUNCTIONS
from laptop.endpoints import Endpoints, Person
from tests.startup.containers import Start
from tests.startup.report import page, table
from tests.startup.run import summary
from tests.startup.subjects import FOREMOST, NOTHING, PEER, Subject, fine, subjects

PEOPLE = tuple(Person(name, f"{name}@e", "p", f"id-of-{name}", False, "t") for name in ("Alice", "Bob", "Ada"))
ENDPOINTS = Endpoints("http", "ws", "eu-central-1", "http://aws", "pool", "client", {}, {}, {}, PEOPLE)


def starts(*wall_ms: float, cpu_ms: float | None = 1.0) -> list[Start]:
    return [Start(each, cpu_ms) for each in wall_ms]


def result(**more: Any) -> dict[str, Any]:
    measured = {NOTHING: starts(30, 40), PEER: starts(200, 100), "GetUser": starts(100, 90), "Sweep": starts(300, 300)}
    about = {"rounds": 2, "cpu": "c", "cpus": 2, "load": 0.1, "kernel": "k", "docker": "d", "date": "2026-11-26"}
    return {**about, **summary(measured), **more}


def test_a_ratio_is_the_middle_of_those_of_each_round() -> None:
    assert result()["ratios"] == {"GetUser": 0.7, "Sweep": 2.25}  # of 0.5 and 0.9, and of 1.5 and 3


def test_the_two_that_are_compared_with_have_no_ratio() -> None:
    assert {NOTHING, PEER} & set(result()["ratios"]) == set()


def test_where_a_machine_does_not_tell_the_processor_time_there_is_none() -> None:
    measured = summary({PEER: starts(1, cpu_ms=None)})
    assert measured == {"starts": {PEER: {"wall_ms": {"median": 1, "low": 1, "high": 1}, "cpu_ms": None}}, "ratios": {}}


def test_what_is_compared_first_stands_first() -> None:
    names = [row.split(" | ")[0].removeprefix("| ") for row in table(result()).splitlines()[2:]]
    assert names == [PEER, NOTHING, "GetUser", "Sweep"]


def test_the_page_has_the_table_and_on_what_it_was_measured() -> None:
    written = page(result())
    assert table(result()) in written
    assert "2026-11-26" in written


def test_every_function_is_started() -> None:
    field = subjects(ENDPOINTS)
    assert [each.function for each in field] == [None, None, *FUNCTIONS]
    assert {each.name for each in field if each.foremost} == set(FOREMOST)


def test_an_event_is_that_of_people_who_are_there() -> None:
    send = next(each for each in subjects(ENDPOINTS) if each.name == "SendMessage")
    event = send.event()
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "id-of-Alice"
    assert "id-of-Bob" in event["body"]


def test_nobody_new_is_created_twice() -> None:
    create = next(each for each in subjects(ENDPOINTS) if each.name == "CreateUser")
    assert create.event()["body"] != create.event()["body"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"statusCode": 201, "body": "{}"}, True),
        ({"statusCode": 404, "body": "{}"}, False),
        ({"batchItemFailures": []}, True),
        ({"batchItemFailures": [{"itemIdentifier": "m"}]}, False),
        ({"errorType": "UnavailableError", "errorMessage": "unavailable"}, False),
        (None, True),
    ],
)
def test_only_a_function_that_did_what_it_was_asked_for_is_measured(answer: Any, expected: bool) -> None:
    assert fine(Subject("Sweep", (), dict), answer) is expected
