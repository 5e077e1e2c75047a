import asyncio
from typing import Any

import pytest

from app.handlers import users
from app.runtime import App
from tests.unit.aws import Aws, down, held, page, refusal
from tests.unit.endpoints import device
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, person

STEPS = ["query", "delete_connection", "delete_item", "delete_endpoint", "transact_write_items", "admin_delete_user"]


async def erase(app: App, user_id: str = ADA, **event: Any) -> Answer:
    return await ask(users.delete, app, http_event(path={"userId": user_id}, **event))


def stored(aws: Aws) -> None:
    aws.replies.clear()
    aws.on("get_item", held(person(ADA)))
    aws.on("query", page({"connectionId": "c1"}, {"connectionId": "c2"}), page(device(ADA, "d1").to_item()))


@pytest.fixture(autouse=True)
def ada(aws: Aws) -> None:
    stored(aws)


def deleted(aws: Aws) -> list[tuple[str, str]]:
    """Returns the rows that were deleted: table and last part of the key."""
    actions = [action["Delete"] for call in aws.named("transact_write_items") for action in call["TransactItems"]]
    calls = [*actions, *aws.named("delete_item")]
    return [(call["TableName"], list(call["Key"].values())[-1]["S"]) for call in calls]


async def test_nothing_of_a_person_stays(app: App, aws: Aws) -> None:
    assert (await erase(app)).status == 204
    assert sorted(call["ConnectionId"] for call in aws.named("delete_connection")) == ["c1", "c2"]
    assert aws.named("admin_delete_user") == [{"UserPoolId": "user_pool_id", "Username": ADA}]
    assert aws.named("delete_endpoint") == [{"EndpointArn": device(ADA, "d1").endpoint_arn}]
    assert set(deleted(aws)) == {
        ("connections_table", "c1"),
        ("connections_table", "c2"),
        ("devices_table", "d1"),
        ("users_table", ADA),
    }


async def test_the_answer_is_empty(app: App) -> None:
    assert (await erase(app)).text == ""


async def test_the_profile_goes_last(app: App, aws: Aws) -> None:
    await erase(app)
    assert aws.calls[-1][0] == "delete_item"
    assert deleted(aws)[-1] == ("users_table", ADA)


async def test_the_sign_in_goes_after_all_that_hangs_on_it(app: App, aws: Aws) -> None:
    await erase(app)
    assert aws.operations()[-2] == "admin_delete_user"


async def test_a_connection_is_closed_before_it_is_forgotten(app: App, aws: Aws) -> None:
    await erase(app)
    steps = [(name, call) for name, call in aws.calls if name in ("delete_connection", "delete_item")]
    assert [name for name, _ in steps[:4]] == ["delete_connection", "delete_item"] * 2
    assert steps[0][1]["ConnectionId"] == steps[1][1]["Key"]["connectionId"]["S"]


async def test_connections_whose_token_has_ended_go_too(app: App, aws: Aws) -> None:
    await erase(app)
    assert aws.named("query")[0]["KeyConditionExpression"] == "userId = :user"


@pytest.mark.parametrize("step", STEPS)
async def test_a_failure_at_any_step_leaves_the_profile(app: App, aws: Aws, step: str) -> None:
    aws.on(step, down())
    assert (await erase(app)).status == 503
    assert ("users_table", ADA) not in deleted(aws)


@pytest.mark.parametrize("step", STEPS)
async def test_what_failed_at_any_step_is_completed_by_a_repeat(app: App, aws: Aws, step: str) -> None:
    aws.on(step, down())
    await erase(app)
    aws.calls.clear()
    stored(aws)
    assert (await erase(app)).status == 204
    assert deleted(aws)[-1] == ("users_table", ADA)


@pytest.mark.parametrize("step", STEPS)
async def test_a_failure_leaves_nothing_running(app: App, aws: Aws, step: str) -> None:
    async def slow(**_: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    aws.on(step, down(), slow)
    assert (await erase(app)).status == 503
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_connections_and_a_sign_in_that_are_gone_already_are_no_error(app: App, aws: Aws) -> None:
    aws.on("delete_connection", refusal("GoneException", 410))
    aws.on("admin_delete_user", refusal("UserNotFoundException"))
    assert (await erase(app)).status == 204


async def test_a_person_who_is_gone_is_not_found(app: App, aws: Aws) -> None:
    aws.on("get_item", {})
    aws.on("query", page())
    aws.on("admin_delete_user", refusal("UserNotFoundException"))
    assert (await erase(app)).status == 404


async def test_somebody_who_never_made_a_profile_is_erased_all_the_same(app: App, aws: Aws) -> None:
    aws.on("get_item", {})
    assert (await erase(app)).status == 204
    assert aws.named("admin_delete_user") == [{"UserPoolId": "user_pool_id", "Username": ADA}]


async def test_an_admin_may_erase_anybody(app: App, aws: Aws) -> None:
    aws.on("get_item", held(person(BOB, "Bob")))
    assert (await erase(app, BOB, caller=claims(admin=True))).status == 204
    assert deleted(aws)[-1] == ("users_table", BOB)
