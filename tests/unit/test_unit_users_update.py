from typing import Any

import pytest

from app.application import App
from app.handlers import users
from app.stores.dynamo import decode
from tests.unit.aws import Aws, condition_failed, down, held
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, NOW_ISO, person

OLD = person(ADA, updated_at="2026-01-01T00:00:00.000Z")
NEWER = person(ADA, "Augusta", updated_at="2026-06-01T00:00:00.000Z")


async def update(app: App, body: Any, *, tags: str | None = None, **event: Any) -> Answer:
    headers = {} if tags is None else {"if-match": tags}
    return await ask(users.update, app, http_event(body, path={"userId": ADA}, headers=headers, **event))


async def current_tag(app: App) -> str:
    return (await ask(users.get, app, http_event(path={"userId": ADA}))).headers["etag"]


@pytest.fixture(autouse=True)
def own(aws: Aws) -> None:
    aws.on("get_item", held(OLD))


async def test_what_is_sent_is_changed_and_the_rest_stays(app: App) -> None:
    answer = await update(app, {"lastName": "King"})
    assert (answer.status, answer.body) == (200, {**OLD, "lastName": "King", "updatedAt": NOW_ISO})


async def test_what_is_answered_is_what_is_written(app: App, aws: Aws) -> None:
    answer = await update(app, {"settings": {"channels": {"email": False}}})
    (put,) = aws.named("put_item")
    assert decode(put["Item"]) == answer.body


async def test_a_profile_is_written_over_only_as_it_was_read(app: App, aws: Aws) -> None:
    await update(app, {"lastName": "King"})
    (put,) = aws.named("put_item")
    assert put["ConditionExpression"] == "updatedAt = :seen"
    assert put["ExpressionAttributeValues"] == {":seen": {"S": OLD["updatedAt"]}}


async def test_the_answer_has_the_tag_of_the_new_state(app: App, aws: Aws) -> None:
    answer = await update(app, {"lastName": "King"})
    aws.on("get_item", held(answer.body))
    assert answer.headers["etag"] == await current_tag(app)


@pytest.mark.parametrize("form", ["{tag}", '"other", {tag}', "*"])
async def test_a_profile_that_is_as_the_caller_saw_it_is_changed(app: App, form: str) -> None:
    tags = form.format(tag=await current_tag(app))
    assert (await update(app, {"lastName": "King"}, tags=tags)).status == 200


@pytest.mark.parametrize("form", ['"other"', "W/{tag}", "nonsense"])
async def test_a_profile_that_has_changed_is_left_alone(app: App, aws: Aws, form: str) -> None:
    tags = form.format(tag=await current_tag(app))
    answer = await update(app, {"lastName": "King"}, tags=tags)
    assert (answer.status, answer.code) == (412, "precondition_failed")
    assert aws.named("put_item") == []


async def test_an_update_that_was_overtaken_once_starts_from_the_newer_state(app: App, aws: Aws) -> None:
    aws.on("get_item", held(OLD), held(NEWER))
    aws.on("put_item", condition_failed(), {})
    answer = await update(app, {"lastName": "King"})
    assert (answer.body["firstName"], answer.body["lastName"]) == ("Augusta", "King")


async def test_an_update_that_was_overtaken_is_not_what_the_caller_saw(app: App, aws: Aws) -> None:
    tag = await current_tag(app)
    aws.on("get_item", held(OLD), held(NEWER))
    aws.on("put_item", condition_failed(), {})
    assert (await update(app, {"lastName": "King"}, tags=tag)).status == 412


async def test_an_update_that_is_overtaken_always_gives_up(app: App, aws: Aws) -> None:
    aws.on("put_item", condition_failed())
    answer = await update(app, {"lastName": "King"})
    assert (answer.status, len(aws.named("put_item"))) == (503, 3)


async def test_a_profile_that_is_deleted_meanwhile_is_not_made_again(app: App, aws: Aws) -> None:
    aws.on("get_item", held(OLD), {})
    aws.on("put_item", condition_failed())
    assert (await update(app, {"lastName": "King"})).status == 404


async def test_an_admin_may_change_anybody(app: App, aws: Aws) -> None:
    aws.on("get_item", held(person(BOB, "Bob")))
    event = http_event({"firstName": "Rob"}, path={"userId": BOB}, caller=claims(admin=True))
    assert (await ask(users.update, app, event)).body["firstName"] == "Rob"


@pytest.mark.parametrize("name", ["userId", "email", "createdAt", "updatedAt"])
async def test_the_other_attributes_are_not_the_callers_to_change(app: App, aws: Aws, name: str) -> None:
    answer = await update(app, {name: "x"})
    assert (answer.status, answer.faults) == (422, [(f"/{name}", "unknown_field")])
    assert aws.calls == []


@pytest.mark.parametrize("operation", ["get_item", "put_item"])
async def test_a_table_that_is_down_is_answered_503(app: App, aws: Aws, operation: str) -> None:
    aws.on(operation, down())
    assert (await update(app, {"lastName": "King"})).status == 503
