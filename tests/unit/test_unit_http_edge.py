import asyncio
import base64
import json
import time
from typing import Any

import pytest

from app.application import App
from app.errors import ConflictError, InProgressError, ThrottledError
from app.http import Request, Response, etag, http_api, http_routes
from app.runtime import Core
from tests.unit.events import REQUEST_ID, Answer, Remaining, ask, http_event, lines

MARKER = "Xmarker"


@http_api
async def echo(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
    return Response(200, {"text": request.body.decode()})


@http_api
async def fail(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
    raise RuntimeError(MARKER + request.body.decode())


@http_api
async def hang(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
    await asyncio.Event().wait()
    return Response(204)


@http_api
async def busy(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
    raise InProgressError(retry_after_s=17)


async def keyed(app: App, key: str) -> Answer:
    @http_api
    async def read(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
        return Response(200, {"key": request.idempotency_key()})

    return await ask(read, app, http_event(headers={"idempotency-key": key}))


def encoded(body: str) -> dict[str, Any]:
    return {**http_event(body), "isBase64Encoded": True}


async def test_a_plain_body_arrives(app: App) -> None:
    assert (await ask(echo, app, http_event("żółć"))).body == {"text": "żółć"}


async def test_a_base64_body_arrives(app: App) -> None:
    answer = await ask(echo, app, encoded(base64.b64encode("żółć".encode()).decode()))
    assert answer.body == {"text": "żółć"}


async def test_no_body_is_an_empty_one(app: App) -> None:
    assert (await ask(echo, app, http_event())).body == {"text": ""}


@pytest.mark.parametrize("body", ["a", "!!!!", "YQ", "YQ==YQ==", "YQ=\n=", "żółć"])
async def test_broken_base64_is_answered_400(app: App, body: str) -> None:
    answer = await ask(echo, app, encoded(body))
    assert (answer.status, answer.code) == (400, "invalid_json")


async def test_a_lone_surrogate_in_the_body_is_answered_400(app: App) -> None:
    assert (await ask(echo, app, http_event("\ud800"))).status == 400


async def test_an_answer_is_json_and_not_stored(app: App) -> None:
    answer = await ask(echo, app, http_event())
    assert answer.headers == {"content-type": "application/json", "cache-control": "no-store"}


def test_an_answer_without_a_body_has_no_content_type() -> None:
    assert Response(204).to_lambda() == {"statusCode": 204, "headers": {"cache-control": "no-store"}}


async def test_a_problem_has_the_shape_of_rfc_9457(app: App) -> None:
    answer = await ask(busy, app, http_event())
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "in_progress",
        "detail": InProgressError.detail,
        "requestId": REQUEST_ID,
    }


async def test_a_problem_says_when_to_try_again(app: App) -> None:
    assert (await ask(busy, app, http_event())).headers["retry-after"] == "17"


def test_a_problem_that_does_not_know_when_says_nothing() -> None:
    assert ConflictError().retry_after_s is None


def test_throttling_looks_like_any_other_unavailability() -> None:
    assert ThrottledError().body("r")["code"] == "unavailable"


async def test_a_bug_is_answered_500_without_its_text(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await ask(fail, app, http_event("body"))
    assert (answer.status, answer.code) == (500, "internal_error")
    assert MARKER not in answer.text + capsys.readouterr().out


async def test_a_bug_is_logged_with_its_kind_and_place(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    await ask(fail, app, http_event())
    (bug,) = [line for line in lines(capsys.readouterr().out) if line["event"] == "bug"]
    assert (bug["level"], bug["error"], bug["requestId"]) == ("ERROR", "RuntimeError", REQUEST_ID)
    assert "test_unit_http_edge.py" in bug["trace"]


async def test_every_request_is_logged_once(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    await ask(echo, app, http_event(MARKER))
    (line,) = lines(capsys.readouterr().out)
    assert {"timestamp", "level", "event", "requestId", "route", "userId", "status", "ms"} == set(line)


async def test_a_handler_that_hangs_is_answered_503_before_lambda_ends_it(app: App) -> None:
    started = time.monotonic()
    answer = await ask(hang, app, http_event(), ms=600)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert time.monotonic() - started < 0.6


async def test_no_time_left_is_answered_503(app: App) -> None:
    assert (await ask(hang, app, http_event(), ms=0)).status == 503


async def test_a_hanging_handler_leaves_nothing_running(app: App) -> None:
    await ask(hang, app, http_event(), ms=510)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb", "é", "a" * 256, "a\n", "\x7f", "a\x00"])
async def test_what_is_no_idempotency_key_is_answered_400(app: App, key: str) -> None:
    answer = await keyed(app, key)
    assert (answer.status, answer.code) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize("key", ["a", "a" * 255, '!~"#,;', "5b0c6a1e-6a3a-4d51-8d83-1d1c2c9f7b11"])
async def test_visible_ascii_is_an_idempotency_key(app: App, key: str) -> None:
    assert (await keyed(app, key)).body == {"key": key}


def test_entity_tags_are_equal_for_equal_states() -> None:
    assert etag({"a": 1, "b": [2]}) == etag({"a": 1, "b": [2]})


def test_entity_tags_are_strong_and_quoted() -> None:
    assert etag({"a": 1}).startswith('"')
    assert etag({"a": 1}) != etag({"a": 2})


def test_missing_settings_are_answered_500_and_named_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("USERS_TABLE", raising=False)
    monkeypatch.setenv("USER_POOL_ID", "pool")
    core = Core()
    answer = core.run(echo.answer, http_event(), Remaining())
    core.close()
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (500, "internal_error")
    (missing,) = [line for line in lines(capsys.readouterr().out) if line.get("event") == "settings missing"]
    assert "USERS_TABLE" in missing["variables"].split(", ")
    assert "USER_POOL_ID" not in missing["variables"].split(", ")


async def test_each_route_of_a_function_has_its_handler(app: App) -> None:
    async def show(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
        return Response(200, {"query": dict(request.query)})

    async def drop(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
        return Response(204)

    function = http_routes({"GET /things": show, "DELETE /things/{thingId}": drop})
    query = {"queryStringParameters": {"limit": "5"}}
    shown = await ask(function, app, {**http_event(), "routeKey": "GET /things", **query})
    assert shown.body == {"query": {"limit": "5"}}
    assert (await ask(function, app, {**http_event(), "routeKey": "DELETE /things/{thingId}"})).status == 204
    assert (await ask(function, app, {**http_event(), "routeKey": "PUT /things"})).code == "not_found"
