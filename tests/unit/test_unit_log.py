import time
from typing import Any

import orjson
import pytest

from app.application import App
from app.handlers import connections, deliveries, messages, tickets, users
from app.log import log, log_exception, metrics
from app.resources import TICKET_PARAMETER
from app.runtime import LambdaFunction
from app.stores.dynamo import encode
from tests.unit.aws import Aws, Reply, batch, down, held, page, refusal
from tests.unit.delivering import MESSAGE as MESSAGE_ID
from tests.unit.delivering import Site, names, work_of
from tests.unit.events import REQUEST_ID, Remaining, claims, http_event, lines, socket_event
from tests.unit.people import ADA, BOB, NOW_S, cognito, person

M = "Xmarker"
MAIL = f"{M}@example.test"
KEY = f"{M}-key"
SECRETS = {"headers": {"authorization": f"Bearer {M}", "idempotency-key": KEY, "x-other": M}, "path": {"userId": ADA}}
CREATE = {"firstName": M, "lastName": M, "email": MAIL}
MESSAGE = {"recipientIds": [BOB], "content": M, "title": M}
TICKET = {"methodArn": "arn", "queryStringParameters": {TICKET_PARAMETER: M}}

JOB = {"attributes": {"ApproximateReceiveCount": "1"}, "messageId": "q", "receiptHandle": M, "body": "{}"}

CALLS: list[tuple[str, LambdaFunction, Any]] = [
    ("create", users.create, http_event(CREATE, caller=claims(admin=True), **SECRETS)),
    ("create for another", users.create, http_event({**CREATE, "email": f"{M}@x"}, **SECRETS)),
    ("create badly", users.create, http_event({M: M, "email": M}, **SECRETS)),
    ("create nothing", users.create, http_event(M, **SECRETS)),
    ("get", users.get, http_event(**SECRETS)),
    ("update", users.update, http_event({"firstName": M}, **SECRETS)),
    ("update badly", users.update, http_event({"settings": {"quietHours": M}}, **SECRETS)),
    ("delete", users.delete, http_event(**SECRETS)),
    ("send", messages.send, http_event(MESSAGE, **SECRETS)),
    ("send to nobody", messages.send, http_event({**MESSAGE, "recipientIds": [M]}, **SECRETS)),
    (
        "announce",
        messages.send,
        http_event({"audience": "everyone", "content": M}, caller=claims(admin=True), **SECRETS),
    ),
    (
        "deliver badly",
        deliveries.deliver,
        {"Records": [{**JOB, "body": f'{{"messageId":"m","part":"0","{M}":"{M}"}}'}]},
    ),
    ("deliver nonsense", deliveries.deliver, {"Records": [{**JOB, "body": M}]}),
    ("ticket", tickets.create, http_event(**SECRETS)),
    ("authorize", tickets.authorize, TICKET),
    ("connect", connections.handle, socket_event("$connect")),
    ("ping", connections.handle, socket_event("$default", f'{{"action":"ping","text":"{M}"}}')),
    ("sing", connections.handle, socket_event("$default", f'{{"action":"{M}","id":"{M}"}}')),
    ("disconnect", connections.handle, socket_event("$disconnect")),
]
EVERY_CALL = pytest.mark.parametrize(
    ("function", "event"), [call[1:] for call in CALLS], ids=[call[0] for call in CALLS]
)

HEALTHY: dict[str, Reply] = {
    "get_item": held({**person(ADA, M), "email": MAIL}),
    "batch_get_item": batch({**person(ADA, M), "email": MAIL}, person(BOB, M)),
    "admin_get_user": {"UserAttributes": cognito(ADA, "ada@example.test")},
    "admin_create_user": {"User": {"Attributes": cognito(BOB, MAIL)}},
    "query": page({"connectionId": "c", "deviceId": "d"}),
    "delete_item": {"Attributes": encode({"ticket": M, "userId": ADA, "tokenExpiresAt": NOW_S, "expiresAt": NOW_S})},
}


@EVERY_CALL
async def test_no_content_address_token_or_ticket_is_logged(
    app: App, aws: Aws, capsys: pytest.CaptureFixture[str], function: LambdaFunction, event: Any
) -> None:
    for operation, reply in HEALTHY.items():
        aws.on(operation, reply)
    await function.answer(lambda: app, event, Remaining())
    out = capsys.readouterr().out
    assert lines(out)
    assert M not in out


@EVERY_CALL
@pytest.mark.parametrize(
    "error", [down(), refusal("ValidationException", text=M), RuntimeError(M)], ids=["down", "bug", "code"]
)
async def test_failures_log_none_of_it_either(
    app: App, aws: Aws, capsys: pytest.CaptureFixture[str], function: LambdaFunction, event: Any, error: Exception
) -> None:
    for operation in (*HEALTHY, "put_item", "publish", "post_to_connection", "transact_write_items", "update_item"):
        aws.on(operation, error)
    await function.answer(lambda: app, event, Remaining())
    out = capsys.readouterr().out
    assert lines(out)
    assert M not in out


@pytest.mark.parametrize("broken", ["publish", "post_to_connection", "query", "update_item"])
async def test_a_delivery_that_breaks_logs_none_of_it(
    app: App, aws: Aws, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    for operation, reply in {**HEALTHY, broken: RuntimeError(M)}.items():
        aws.on(operation, reply)
    await messages.send.answer(lambda: app, http_event(MESSAGE), Remaining())
    out = capsys.readouterr().out
    assert lines(out)
    assert M not in out


@pytest.mark.parametrize(
    "broken", ["nothing", "publish", "put_item", "query", "batch_get_item", "transact_write_items"]
)
async def test_a_worker_logs_none_of_it(site: Site, capsys: pytest.CaptureFixture[str], broken: str) -> None:
    people = names(50)
    site.join(*people, first_name=M)
    await site.accept(work_of(*people, content=M, title=M))
    site.aws.on(broken, RuntimeError(M))
    site.lane.time_for, site.lane.error = 0, RuntimeError(M)
    body = f'{{"messageId":"{MESSAGE_ID}","part":"0-50"}}'
    await deliveries.deliver.answer(lambda: site.app, {"Records": [{**JOB, "body": body}]}, Remaining(60_000))
    out = capsys.readouterr().out
    assert lines(out)
    assert M not in out


@pytest.mark.parametrize("hours", [1, 7])
async def test_a_sweeper_logs_none_of_it(site: Site, capsys: pytest.CaptureFixture[str], hours: int) -> None:
    await site.accept(work_of(BOB, content=M, title=M))
    site.clock.advance(hours=hours)
    for operation in ("send_message_batch", "update_item"):
        site.aws.on(operation, RuntimeError(M))
    await deliveries.sweep.answer(lambda: site.app, {"source": M}, Remaining(50_000))
    out = capsys.readouterr().out
    assert "not swept" in [line.get("event") for line in lines(out)]
    assert M not in out


async def test_a_stored_row_that_is_broken_is_not_repeated_in_the_log(
    app: App, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.on("get_item", held({**person(ADA), "email": M, "settings": {M: M}}))
    answer = await users.get.answer(lambda: app, http_event(path={"userId": ADA}), Remaining())
    assert M not in capsys.readouterr().out + str(answer)


def test_a_line_is_json_with_a_time_a_level_and_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    log("told", level="WARN", count=2, done=False, userId=None)
    (line,) = lines(capsys.readouterr().out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "WARN", "event": "told", "count": 2, "done": False, "userId": None}


def test_a_metric_is_one_line_of_the_embedded_metric_format(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "Sweep")
    began = time.time() * 1000
    metrics(DeliveriesFailed=2, DeliveryLagMs=0.5)
    (line,) = lines(capsys.readouterr().out)
    moment = line["_aws"].pop("Timestamp")
    assert (type(moment), began - 1 <= moment <= time.time() * 1000) == (int, True)
    named = [{"Name": "DeliveriesFailed", "Unit": "Count"}, {"Name": "DeliveryLagMs", "Unit": "Milliseconds"}]
    about = {"Namespace": "SiteCommunications", "Dimensions": [["FunctionName"]], "Metrics": named}
    assert line == {
        "_aws": {"CloudWatchMetrics": [about]},
        "FunctionName": "Sweep",
        "DeliveriesFailed": 2,
        "DeliveryLagMs": 0.5,
    }


def test_a_line_break_in_an_id_does_not_break_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    log("told", userId='a\n{"level":"ERROR"}')
    assert len(lines(capsys.readouterr().out)) == 1


def test_an_exception_is_logged_from_where_it_was_raised_outwards(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        orjson.loads(M)
    except ValueError as error:
        log_exception("bug", error, requestId="r")
    (line,) = lines(capsys.readouterr().out)
    assert (line["error"], line["level"], line["requestId"]) == ("JSONDecodeError", "ERROR", "r")
    assert "test_unit_log.py" in line["trace"]
    assert M not in line["trace"]


@pytest.mark.parametrize(
    ("function", "event", "about"),
    [
        (users.get, http_event(path={"userId": ADA}), "request"),
        (connections.handle, socket_event("$disconnect"), "socket"),
        (tickets.authorize, {"queryStringParameters": {"ticket": "t" * 43}, **socket_event("$connect")}, "authorize"),
    ],
)
async def test_a_line_names_the_request_and_the_person(
    app: App, aws: Aws, capsys: pytest.CaptureFixture[str], function: LambdaFunction, event: Any, about: str
) -> None:
    aws.on("delete_item", HEALTHY["delete_item"])
    await function.answer(lambda: app, event, Remaining())
    line = lines(capsys.readouterr().out)[-1]
    assert (line["event"], line["requestId"], line["userId"]) == (about, REQUEST_ID, ADA)
