"""What is wrong with a body is said precisely, and nothing of the body is said again."""

import json
import time
from typing import Any

import pytest

from tests.e2e.client import Answer, Person

SECRET = "zq-do-not-repeat"  # somewhere in every body

UNPARSABLE = {
    "not JSON": (f"{{{SECRET}".encode(), "invalid_json"),
    "half an object": (f'{{"content": "{SECRET}"'.encode(), "invalid_json"),
    "two values": (f'{{}} {{"content": "{SECRET}"}}'.encode(), "invalid_json"),
    "NaN": (f'{{"{SECRET}": NaN}}'.encode(), "invalid_json"),
    "Infinity": (f'{{"{SECRET}": -Infinity}}'.encode(), "invalid_json"),
    "a lone surrogate": (f'{{"{SECRET}": "\\ud800"}}'.encode(), "invalid_json"),
    "a byte order mark": (b"\xef\xbb\xbf" + f'{{"content": "{SECRET}"}}'.encode(), "invalid_json"),
    "not UTF-8": (b'{"content": "' + SECRET.encode() + b'\xff"}', "invalid_json"),
    "a surrogate in UTF-8": (b'{"content": "' + SECRET.encode() + b'\xed\xa0\x80"}', "invalid_json"),
    "a member twice": (f'{{"{SECRET}": 1, "{SECRET}": 1}}'.encode(), "duplicate_key"),
    "a member twice, once escaped": (f'{{"a": "{SECRET}", "\\u0061": 1}}'.encode(), "duplicate_key"),
    "too deep": (b'{"a":' * 17 + f'"{SECRET}"'.encode() + b"}" * 17, "json_too_deep"),
    "far too deep": (b"[" * 100_000 + SECRET.encode(), "json_too_deep"),
}
UNACCEPTABLE: dict[str, tuple[object, str, str]] = {
    "not an object": ([SECRET], "", "wrong_type"),
    "null": (None, "", "wrong_type"),
    "content missing": ({"recipientIds": [SECRET]}, "/content", "required"),
    "content a number": ({"recipientIds": [SECRET], "content": 1}, "/content", "wrong_type"),
    "content null": ({"recipientIds": [SECRET], "content": None}, "/content", "wrong_type"),
    "content empty": ({"recipientIds": [SECRET], "content": ""}, "/content", "too_short"),
    "content too long": ({"recipientIds": ["x"], "content": SECRET + "x" * 16_384}, "/content", "too_long"),
    "content too long in UTF-8": ({"recipientIds": ["x"], "content": SECRET + "ü" * 8_192}, "/content", "too_long"),
    "an unknown member": ({"recipientIds": ["x"], "content": SECRET, "senderId": "x"}, "/senderId", "unknown_field"),
    "a recipient a number": ({"recipientIds": [1], "content": SECRET}, "/recipientIds/0", "wrong_type"),
    "a recipient empty": ({"recipientIds": ["x", ""], "content": SECRET}, "/recipientIds/1", "too_short"),
    "recipients text": ({"recipientIds": SECRET, "content": "x"}, "/recipientIds", "wrong_type"),
    "no recipients": ({"recipientIds": [], "content": SECRET}, "/recipientIds", "too_few"),
    "too many recipients": ({"recipientIds": ["x"] * 5_001, "content": SECRET}, "/recipientIds", "too_many"),
    "nobody named": ({"content": SECRET}, "", "one_of_two"),
    "both kinds of audience": ({"recipientIds": ["x"], "audience": "everyone", "content": SECRET}, "", "one_of_two"),
    "another audience": ({"audience": SECRET, "content": "x"}, "/audience", "not_allowed"),
    "another priority": ({"recipientIds": ["x"], "content": "x", "priority": SECRET}, "/priority", "not_allowed"),
    "a title of two lines": ({"recipientIds": ["x"], "content": "x", "title": f"{SECRET}\nx"}, "/title", "malformed"),
}


async def _post(alice: Person, body: bytes, content_type: str | None = None) -> Answer:
    """Without a content type API Gateway hands the bytes on as base64, untouched."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await alice.call("POST", "/messages", data=body, headers=headers)
    assert SECRET.encode() not in answer.content
    return answer


@pytest.mark.parametrize("name", UNPARSABLE)
async def test_a_body_that_is_no_json_of_ours_is_refused(alice: Person, name: str) -> None:
    body, code = UNPARSABLE[name]

    answer = await _post(alice, body)

    assert (answer.status, answer.problem()["code"]) == (400, code)


@pytest.mark.parametrize("name", ["NaN", "a lone surrogate", "a member twice", "too deep"])
async def test_it_is_refused_as_text_as_well(alice: Person, name: str) -> None:
    body, code = UNPARSABLE[name]

    answer = await _post(alice, body, "application/json")

    assert (answer.status, answer.problem()["code"]) == (400, code)


@pytest.mark.parametrize("name", UNACCEPTABLE)
async def test_a_fault_is_named_by_its_place(alice: Person, name: str) -> None:
    body, pointer, code = UNACCEPTABLE[name]

    answer = await _post(alice, json.dumps(body).encode(), "application/json")

    problem = answer.problem()
    faults = [(fault["pointer"], fault["code"]) for fault in problem["errors"]]
    assert (answer.status, problem["code"], faults) == (422, "validation_failed", [(pointer, code)])


@pytest.mark.parametrize("content_type", [None, "application/json"])
async def test_an_empty_body_is_no_json(alice: Person, content_type: str | None) -> None:
    answer = await _post(alice, b"", content_type)

    assert (answer.status, answer.problem()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("content_type", [None, "application/json"])
async def test_a_body_of_more_than_320_kib_is_too_large(alice: Person, content_type: str | None) -> None:
    answer = await _post(alice, f'{{"content": "{SECRET}"}}'.encode().ljust(320 * 1024 + 1), content_type)

    assert (answer.status, answer.problem()["code"]) == (413, "too_large")


async def test_a_string_without_an_end_is_refused_at_once(alice: Person) -> None:
    started = time.monotonic()

    answer = await _post(alice, b'"' + b'\\"' * 60_000)

    assert (answer.status, answer.problem()["code"]) == (400, "invalid_json")
    assert time.monotonic() - started < 5


async def test_a_body_of_320_kib_is_read(alice: Person) -> None:
    answer = await _post(alice, b"{}".ljust(320 * 1024))

    assert answer.status == 422


async def test_all_faults_are_named_at_once(alice: Person) -> None:
    body = {"recipientIds": [1], "content": "", "priority": SECRET, "zz": SECRET}

    answer = await _post(alice, json.dumps(body).encode())

    pointers = {fault["pointer"] for fault in answer.problem()["errors"]}
    assert pointers == {"/recipientIds/0", "/content", "/priority", "/zz"}


async def test_a_body_in_utf_8_is_read_with_and_without_a_content_type(alice: Person) -> None:
    body = json.dumps({"recipientIds": [alice.user_id], "content": "Grüße 👋"}, ensure_ascii=False).encode()

    answers = [await _post(alice, body, content_type) for content_type in (None, "application/json")]

    assert [answer.status for answer in answers] == [201, 201]


async def test_a_problem_has_the_members_of_rfc_9457(alice: Person) -> None:
    answer = await _post(alice, SECRET.encode())

    assert answer.problem() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid_json",
        "detail": "The body is not valid JSON in UTF-8.",
    }


PROFILES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a first name empty": ({"firstName": " "}, "/firstName", "too_short"),
    "a name with a control character": ({"firstName": "a\u0007b"}, "/firstName", "malformed"),
    "a name null": ({"lastName": None}, "/lastName", "wrong_type"),
    "an id": ({"userId": SECRET}, "/userId", "unknown_field"),
    "an unknown time zone": (
        {"settings": {"quietHours": {"start": "22:00", "end": "07:00", "timeZone": SECRET}}},
        "/settings/quietHours/timeZone",
        "unknown_time_zone",
    ),
    "an impossible time": (
        {"settings": {"quietHours": {"start": "24:00", "end": "07:00", "timeZone": "UTC"}}},
        "/settings/quietHours/start",
        "malformed",
    ),
}


@pytest.mark.parametrize("name", PROFILES)
async def test_a_fault_of_a_profile_is_named_by_its_place(alice: Person, name: str) -> None:
    body, pointer, code = PROFILES[name]

    answer = await alice.call("PUT", f"/users/{alice.user_id}", json=body)

    faults = [(fault["pointer"], fault["code"]) for fault in answer.problem()["errors"]]
    assert (answer.status, faults) == (422, [(pointer, code)])
    assert SECRET.encode() not in answer.content
