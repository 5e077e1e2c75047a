from typing import Any

import pytest

from app.application import App
from app.errors import UnauthenticatedError
from app.http import Caller, Request, Response, http_api
from app.models.ids import UserId
from tests.unit.aws import Aws
from tests.unit.events import ask, claims, http_event
from tests.unit.people import ADA, BOB, NOW_S


@http_api
async def nothing(app: App, request: Request) -> Response:  # noqa: ARG001 - a handler has both
    return Response(204)


def caller(**parts: str) -> Caller:
    return Caller.of(http_event(caller={**claims(), **parts}))


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in claims().items() if key != name}


def test_a_caller_is_who_the_access_token_names() -> None:
    assert caller() == Caller(UserId(ADA), ADA, admin=False, token_expires_at=NOW_S + 3600)


def test_the_user_name_may_be_another_than_the_id() -> None:
    assert caller(username="ada").username == "ada"


@pytest.mark.parametrize("name", ["sub", "exp", "token_use"])
def test_a_token_without_a_claim_that_we_need_is_refused(name: str) -> None:
    with pytest.raises(UnauthenticatedError):
        Caller.of(http_event(caller=without(name)))


@pytest.mark.parametrize("other", [{"token_use": "id"}, {"sub": ""}, {"exp": ""}, {"exp": "soon"}, {"exp": "-1"}])
def test_anything_but_a_whole_access_token_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(UnauthenticatedError):
        Caller.of(http_event(caller={**claims(), **other}))


@pytest.mark.parametrize("groups", ["[admins]", "[a admins b]", "[admins b]", "[b admins]"])
def test_a_member_of_admins_is_one(groups: str) -> None:
    assert caller(**{"cognito:groups": groups}).admin


@pytest.mark.parametrize(
    "groups",
    ["[]", "", "[administrators]", "[Admins]", "[not-admins]", "[admins2 site:admins]", "[a,admins]", "[[admins]]"],
)
def test_nobody_else_is_an_admin(groups: str) -> None:
    # Cognito allows punctuation in the names of groups; what separates them in a claim is a space.
    assert not caller(**{"cognito:groups": groups}).admin


def test_one_may_act_for_oneself_only() -> None:
    assert caller().may_act_for(UserId(ADA))
    assert not caller().may_act_for(UserId(BOB))


def test_an_admin_may_act_for_all() -> None:
    assert caller()._replace(admin=True).may_act_for(UserId(BOB))


@pytest.mark.parametrize(
    "event",
    [
        {},
        None,
        [],
        [{}],
        "text",
        b"bytes",
        1,
        {"requestContext": None},
        {"requestContext": []},
        {"requestContext": {"authorizer": None}},
        {"requestContext": {"authorizer": {"jwt": "x"}}},
        {"requestContext": {"authorizer": {"jwt": {"claims": []}}}},
        {"requestContext": {"authorizer": {"lambda": claims()}}},
        {"pathParameters": {"userId": ADA}, "body": "{}"},
    ],
)
async def test_what_nobody_signed_in_for_is_answered_401(app: App, event: Any) -> None:
    answer = await ask(nothing, app, event)
    assert (answer.status, answer.code) == (401, "invalid_token")


async def test_who_is_not_signed_in_costs_no_call(app: App, aws: Aws) -> None:
    await ask(nothing, app, http_event(caller={}))
    assert aws.calls == []
