from typing import Any

import pytest

from app.application import App
from app.handlers import users
from tests.unit.aws import Aws, down, held, refusal
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, person


async def get(app: App, user_id: str = ADA, tags: str | None = None, caller: dict[str, str] | None = None) -> Answer:
    headers = {} if tags is None else {"if-none-match": tags}
    return await ask(users.get, app, http_event(path={"userId": user_id}, headers=headers, caller=caller))


@pytest.fixture
def own(aws: Aws) -> None:
    aws.on("get_item", held(person(ADA)))


@pytest.fixture
def bobs(aws: Aws) -> None:
    aws.on("get_item", held(person(BOB, "Bob")))


@pytest.mark.usefixtures("own")
async def test_the_owner_sees_the_whole_profile(app: App) -> None:
    answer = await get(app)
    assert (answer.status, answer.body) == (200, person(ADA))


@pytest.mark.usefixtures("bobs")
async def test_an_admin_sees_the_whole_profile(app: App) -> None:
    assert (await get(app, BOB, caller=claims(admin=True))).body == person(BOB, "Bob")


@pytest.mark.usefixtures("bobs")
async def test_others_see_only_the_name(app: App) -> None:
    assert (await get(app, BOB)).body == {"userId": BOB, "firstName": "Bob", "lastName": "Lovelace"}


@pytest.mark.usefixtures("own")
async def test_a_profile_is_read_as_it_is_now(app: App, aws: Aws) -> None:
    await get(app)
    (call,) = aws.named("get_item")
    assert (call["TableName"], call["Key"], call["ConsistentRead"]) == ("users_table", {"userId": {"S": ADA}}, True)


async def test_a_profile_that_is_not_there_is_not_found(app: App) -> None:
    answer = await get(app)
    assert (answer.status, answer.code) == (404, "not_found")


async def test_an_id_that_no_table_can_hold_is_not_found(app: App, aws: Aws) -> None:
    aws.on("get_item", refusal("ValidationException", text="Size of hashkey has exceeded the maximum size limit"))
    assert (await get(app, "a" * 3000)).status == 404


async def test_a_table_that_is_down_is_answered_503(app: App, aws: Aws) -> None:
    aws.on("get_item", down())
    assert (await get(app)).status == 503


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"other",W/{tag},"third"', "*", " {tag} "])
async def test_what_the_caller_has_already_is_not_sent_again(app: App, form: str) -> None:
    tag = (await get(app)).headers["etag"]
    answer = await get(app, tags=form.format(tag=tag))
    assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", tag)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("tags", ['"other"', "", ",", 'W/"other"', "nonsense"])
async def test_another_version_is_sent(app: App, tags: str) -> None:
    assert (await get(app, tags=tags)).status == 200


async def test_a_changed_profile_has_another_tag(app: App, aws: Aws) -> None:
    aws.on("get_item", held(person(ADA)), held(person(ADA, "Augusta")))
    assert (await get(app)).headers["etag"] != (await get(app)).headers["etag"]


@pytest.mark.usefixtures("bobs")
async def test_the_public_part_has_a_tag_of_its_own(app: App) -> None:
    whole = await get(app, BOB, caller=claims(BOB))
    assert (await get(app, BOB)).headers["etag"] != whole.headers["etag"]


@pytest.mark.usefixtures("own")
async def test_a_profile_is_kept_by_nobody_but_the_callers_browser(app: App) -> None:
    assert (await get(app)).headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("function", [users.update, users.delete])
async def test_absent_and_not_yours_are_told_in_the_same_words(app: App, aws: Aws, function: Any) -> None:
    aws.on("admin_delete_user", refusal("UserNotFoundException"))
    body = {"firstName": "Eve"} if function is users.update else None
    absent = await ask(function, app, http_event(body, path={"userId": ADA}))
    others = await ask(function, app, http_event(body, path={"userId": BOB}))
    assert (absent.status, absent) == (404, others)


@pytest.mark.parametrize("function", [users.update, users.delete])
async def test_what_is_not_yours_is_not_even_looked_up(app: App, aws: Aws, function: Any) -> None:
    await ask(function, app, http_event({"firstName": "Eve"}, path={"userId": BOB}))
    assert aws.calls == []
