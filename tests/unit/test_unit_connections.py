import json
from typing import Any

import pytest

from app.application import App
from app.handlers.connections import MAX_FRAME_BYTES, handle
from app.stores.dynamo import decode, encode
from tests.unit.aws import Aws, down, refusal
from tests.unit.events import REQUEST_ID, knock, lines, socket_event
from tests.unit.people import ADA, NOW_ISO, NOW_S, person

CONNECTION = "BFHPhfCWIAMCKlQ="


@pytest.fixture(autouse=True)
def profile(aws: Aws) -> None:
    aws.on("get_item", {"Item": encode(person(ADA))})


def frames(aws: Aws) -> list[dict[str, Any]]:
    """Returns what was posted, always to the connection that asked."""
    calls = aws.named("post_to_connection")
    assert {call["ConnectionId"] for call in calls} <= {CONNECTION}
    return [json.loads(call["Data"]) for call in calls]


async def receive(app: App, aws: Aws, body: str | None, **event: Any) -> dict[str, Any]:
    """Returns the one frame that answers one frame."""
    assert await knock(handle, app, socket_event("$default", body, **event)) == 200
    (frame,) = frames(aws)
    return frame


async def test_a_connection_is_kept_until_its_token_ends(app: App, aws: Aws) -> None:
    assert await knock(handle, app, socket_event("$connect", expires_at=NOW_S + 60)) == 200
    (put,) = aws.named("put_item")
    row = {"connectionId": CONNECTION, "userId": ADA, "timestamp": NOW_ISO, "expiresAt": NOW_S + 60}
    assert (put["TableName"], decode(put["Item"])) == ("connections_table", row)


async def test_nothing_is_posted_while_the_handshake_runs(app: App, aws: Aws) -> None:
    await knock(handle, app, socket_event("$connect"))
    assert frames(aws) == []


@pytest.mark.parametrize("ended_s", [0, 1, 3600])
async def test_a_token_that_has_ended_opens_nothing(app: App, aws: Aws, ended_s: int) -> None:
    assert await knock(handle, app, socket_event("$connect", expires_at=NOW_S - ended_s)) == 401
    assert aws.calls == []


async def test_a_connection_that_cannot_be_kept_is_refused(app: App, aws: Aws) -> None:
    aws.on("put_item", down())
    assert await knock(handle, app, socket_event("$connect")) == 503


async def test_somebody_without_a_profile_opens_nothing(app: App, aws: Aws) -> None:
    aws.on("get_item", {})
    assert await knock(handle, app, socket_event("$connect")) == 403
    assert aws.named("put_item") == []


@pytest.mark.parametrize("route", ["$connect", "$disconnect"])
async def test_a_frame_that_names_a_route_of_the_gateway_is_a_frame_like_others(app: App, aws: Aws, route: str) -> None:
    event = socket_event("$default", f'{{"action":"{route}"}}')
    event["requestContext"]["routeKey"] = route
    assert await knock(handle, app, event) == 200
    assert [frame["code"] for frame in frames(aws)] == ["unknown_action"]
    assert aws.named("put_item") == aws.named("delete_item") == []


async def test_a_connection_that_ended_is_forgotten(app: App, aws: Aws) -> None:
    assert await knock(handle, app, socket_event("$disconnect")) == 200
    (delete,) = aws.named("delete_item")
    assert delete["Key"] == {"connectionId": {"S": CONNECTION}}


async def test_a_connection_whose_token_has_ended_is_forgotten_too(app: App, aws: Aws) -> None:
    await knock(handle, app, socket_event("$disconnect", expires_at=NOW_S - 1))
    assert aws.operations() == ["delete_item"]


async def test_a_ping_is_answered_with_a_pong(app: App, aws: Aws) -> None:
    assert await receive(app, aws, '{"action":"ping"}') == {"type": "pong"}


async def test_a_ping_from_somebody_who_hung_up_is_no_failure(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", refusal("GoneException", 410))
    assert await knock(handle, app, socket_event("$default", '{"action":"ping"}')) == 200


@pytest.mark.parametrize("action", ['"sing"', '""', '"PING"', '"_ping"', "1", "null", "true", "[]", "{}", '["ping"]'])
async def test_an_unknown_action_is_told(app: App, aws: Aws, action: str) -> None:
    frame = await receive(app, aws, f'{{"action":{action}}}')
    assert frame == {"type": "error", "code": "unknown_action", "status": 422, "requestId": REQUEST_ID}


async def test_no_action_is_an_unknown_one(app: App, aws: Aws) -> None:
    assert (await receive(app, aws, "{}"))["code"] == "unknown_action"


@pytest.mark.parametrize("body", ["[]", "1", "null", '"ping"', "true", '[{"action":"ping"}]'])
async def test_a_frame_that_is_no_object_is_told(app: App, aws: Aws, body: str) -> None:
    assert (await receive(app, aws, body))["status"] == 422


@pytest.mark.parametrize("body", [None, "", "ping", "\x00\xff\x00", "\ud800", "{", "NaN", '{"id":"\\ud800"}'])
async def test_a_frame_that_is_no_json_is_told(app: App, aws: Aws, body: str | None) -> None:
    assert await receive(app, aws, body) == {
        "type": "error",
        "code": "invalid_json",
        "status": 400,
        "requestId": REQUEST_ID,
    }


async def test_a_member_that_comes_twice_is_told(app: App, aws: Aws) -> None:
    assert (await receive(app, aws, '{"action":"ping","action":"ping"}'))["code"] == "duplicate_key"


async def test_a_frame_that_is_too_large_is_told(app: App, aws: Aws) -> None:
    frame = await receive(app, aws, '"' + "é" * (MAX_FRAME_BYTES // 2) + '"')
    assert (frame["code"], frame["status"]) == ("too_large", 413)


@pytest.mark.parametrize("name", ["a", "", "👍", 0, -1, 2**53])
async def test_an_error_names_the_frame_that_it_answers(app: App, aws: Aws, name: str | int) -> None:
    frame = await receive(app, aws, json.dumps({"action": "sing", "id": name}))
    assert frame["replyTo"] == name


@pytest.mark.parametrize("name", ["[]", "{}", "null", "1.5", "1e300"])
async def test_what_is_no_name_of_a_frame_is_left_out(app: App, aws: Aws, name: str) -> None:
    assert "replyTo" not in await receive(app, aws, f'{{"action":"sing","id":{name}}}')


@pytest.mark.parametrize("name", [2**64, -(2**64), 10**300], ids=["large", "small", "huge"])
async def test_a_number_that_json_writers_cannot_write_still_has_its_error(app: App, aws: Aws, name: int) -> None:
    frame = await receive(app, aws, json.dumps({"action": "sing", "id": name}))
    assert frame["code"] == "unknown_action"


@pytest.mark.parametrize("body", ['{"action":"ping"}', '{"action":"sing"}', "garbage", "[]"])
async def test_a_connection_whose_token_has_ended_is_told_and_closed(app: App, aws: Aws, body: str) -> None:
    frame = await receive(app, aws, body, expires_at=NOW_S)
    assert (frame["code"], frame["status"]) == ("invalid_token", 401)
    assert aws.operations()[-1] == "delete_connection"


async def test_a_connection_whose_token_has_ended_does_nothing_more(app: App, aws: Aws) -> None:
    await receive(app, aws, '{"action":"ping"}', expires_at=NOW_S - 1)
    assert {"type": "pong"} not in frames(aws)


async def test_an_error_leaves_the_connection_open(app: App, aws: Aws) -> None:
    await receive(app, aws, "garbage")
    assert aws.named("delete_connection") == []


async def test_an_answer_that_cannot_be_posted_is_a_status(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", down())
    assert await knock(handle, app, socket_event("$default", '{"action":"ping"}')) == 503


@pytest.mark.parametrize("route", ["$connect", "$default"])
@pytest.mark.parametrize("authorizer", [None, {}, {"principalId": ADA}, {"userId": ADA}, {"tokenExpiresAt": "1"}])
async def test_an_event_that_passed_no_authorizer_is_refused(app: App, aws: Aws, route: str, authorizer: Any) -> None:
    event = socket_event(route, "{}")
    event["requestContext"]["authorizer"] = authorizer
    assert await knock(handle, app, event) == 401
    assert aws.calls == []


@pytest.mark.parametrize("authorizer", [None, {}, {"principalId": ADA}])
async def test_a_connection_that_ended_is_forgotten_whoever_it_was(app: App, aws: Aws, authorizer: Any) -> None:
    event = socket_event("$disconnect")
    event["requestContext"]["authorizer"] = authorizer
    assert await knock(handle, app, event) == 200
    assert len(aws.named("delete_item")) == 1


@pytest.mark.parametrize("frame", ['{"action":"ping","more":1}', '{"action":"ping","id":[]}'])
async def test_a_frame_with_more_than_its_action_takes_is_refused(app: App, aws: Aws, frame: str) -> None:
    assert (await receive(app, aws, frame))["code"] == "validation_failed"


@pytest.mark.parametrize("expiry", ["", "soon", "1.5", None])
async def test_a_token_expiry_that_is_no_number_is_refused(app: App, expiry: Any) -> None:
    event = socket_event("$connect")
    event["requestContext"]["authorizer"]["tokenExpiresAt"] = expiry
    assert await knock(handle, app, event) == 401


@pytest.mark.parametrize("event", [None, [], "text", b"bytes", {}, {"requestContext": None}, {"requestContext": {}}])
async def test_an_event_that_is_none_is_refused(app: App, event: Any) -> None:
    assert await knock(handle, app, event) == 401


async def test_a_bug_is_a_status_and_is_logged(app: App, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.on("put_item", refusal("ValidationException", text="secret"))
    assert await knock(handle, app, socket_event("$connect")) == 500
    out = capsys.readouterr().out
    assert [line["event"] for line in lines(out)] == ["bug", "socket"]
    assert "secret" not in out
