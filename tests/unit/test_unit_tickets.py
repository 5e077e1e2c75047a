from typing import Any

import pytest

from app.application import App
from app.handlers.tickets import authorize, create
from app.resources import TICKET_PARAMETER
from app.stores.dynamo import decode, encode
from tests.unit.aws import Aws, condition_failed, down, refusal
from tests.unit.events import Remaining, ask, http_event, lines
from tests.unit.people import ADA, NOW_S

ARN = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/default/$connect"
TICKET = "dGhpcyBpcyBubyB0aWNrZXQgYXQgYWxsLCByZWFsbHk"
GRANT = {"ticket": TICKET, "userId": ADA, "tokenExpiresAt": NOW_S + 3600, "expiresAt": NOW_S + 30}


async def authorized(app: App, query: Any = None, **event: Any) -> dict[str, Any]:
    asked = {"queryStringParameters": {TICKET_PARAMETER: TICKET} if query is None else query}
    whole = {"type": "REQUEST", "methodArn": ARN, "requestContext": {"connectionId": "c"}, **asked, **event}
    policy: dict[str, Any] = await authorize.answer(lambda: app, whole, Remaining())
    return policy


def effect(policy: dict[str, Any]) -> str:
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    decided: str = statement["Effect"]
    return decided


@pytest.mark.parametrize("body", [None, "", "{}", " {} "])
async def test_a_ticket_is_answered_with_its_end(app: App, body: str | None) -> None:
    answer = await ask(create, app, http_event(body))
    assert (answer.status, answer.body["expiresAt"]) == (201, "2026-11-22T18:00:30.000Z")


async def test_a_ticket_is_kept_with_what_it_allows(app: App, aws: Aws) -> None:
    answer = await ask(create, app, http_event())
    (put,) = aws.named("put_item")
    assert (put["TableName"], decode(put["Item"])) == ("tickets_table", {**GRANT, "ticket": answer.body["ticket"]})


async def test_every_ticket_is_another(app: App) -> None:
    tickets = [(await ask(create, app, http_event())).body["ticket"] for _ in range(2)]
    assert tickets[0] != tickets[1]


@pytest.mark.parametrize(("body", "status"), [('{"a":1}', 422), ("[]", 422), ("null", 422), ("{", 400), (" ", 400)])
async def test_a_ticket_asks_for_nothing(app: App, aws: Aws, body: str, status: int) -> None:
    assert (await ask(create, app, http_event(body))).status == status
    assert aws.calls == []


async def test_a_ticket_that_cannot_be_kept_is_answered_503(app: App, aws: Aws) -> None:
    aws.on("put_item", down())
    assert (await ask(create, app, http_event())).status == 503


async def test_a_good_ticket_opens_the_door(app: App, aws: Aws) -> None:
    aws.on("delete_item", {"Attributes": encode(GRANT)})
    policy = await authorized(app)
    assert (effect(policy), policy["principalId"]) == ("Allow", ADA)
    assert policy["policyDocument"]["Statement"][0]["Resource"] == ARN


@pytest.mark.parametrize("ticket", ["x", "x" * 42, "x" * 44, "x" * 3000, "\u017c" * 43, TICKET + "\n"])
async def test_what_cannot_be_a_ticket_reaches_no_table(app: App, aws: Aws, ticket: str) -> None:
    assert effect(await authorized(app, {TICKET_PARAMETER: ticket})) == "Deny"
    assert aws.calls == []


async def test_the_context_is_what_api_gateway_can_make_strings_of(app: App, aws: Aws) -> None:
    aws.on("delete_item", {"Attributes": encode(GRANT)})
    context = (await authorized(app))["context"]
    assert context == {"userId": ADA, "tokenExpiresAt": NOW_S + 3600}
    assert all(isinstance(value, str | int) for value in context.values())


async def test_a_ticket_is_used_up_in_the_same_step(app: App, aws: Aws) -> None:
    aws.on("delete_item", {"Attributes": encode(GRANT)})
    await authorized(app)
    ((name, call),) = aws.calls
    assert (name, call["Key"]) == ("delete_item", {"ticket": {"S": TICKET}})
    assert (call["ConditionExpression"], call["ReturnValues"]) == ("expiresAt > :now", "ALL_OLD")
    assert call["ExpressionAttributeValues"] == {":now": {"N": str(NOW_S)}}


HALF = {"Attributes": encode({"ticket": TICKET})}


@pytest.mark.parametrize(
    "reply", [condition_failed(), {}, down(), refusal("ValidationException"), {"Attributes": {}}, HALF]
)
async def test_any_other_ticket_leaves_it_shut(app: App, aws: Aws, reply: Any) -> None:
    aws.on("delete_item", reply)
    policy = await authorized(app)
    assert (effect(policy), policy["context"]) == ("Deny", {})


@pytest.mark.parametrize("query", [{}, {TICKET_PARAMETER: ""}, {"token": TICKET}])
async def test_no_ticket_leaves_it_shut(app: App, aws: Aws, query: Any) -> None:
    assert effect(await authorized(app, query)) == "Deny"
    assert aws.calls == []


@pytest.mark.parametrize("event", [None, [], "text", {}, {"queryStringParameters": None}])
async def test_an_event_that_is_none_leaves_it_shut(app: App, event: Any) -> None:
    assert effect(await authorize.answer(lambda: app, event, Remaining())) == "Deny"


async def test_missing_settings_leave_it_shut() -> None:
    def no_app() -> App:
        raise KeyError

    event = {"methodArn": ARN, "queryStringParameters": {TICKET_PARAMETER: TICKET}}
    assert effect(await authorize.answer(no_app, event, Remaining())) == "Deny"


async def test_the_log_tells_the_decision_and_no_ticket(app: App, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.on("delete_item", {"Attributes": encode(GRANT)})
    await authorized(app)
    out = capsys.readouterr().out
    (line,) = lines(out)
    assert (line["event"], line["allowed"], line["connectionId"]) == ("authorize", True, "c")
    assert TICKET not in out
