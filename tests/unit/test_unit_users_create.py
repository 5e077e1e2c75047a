from typing import Any

import pytest

from app.application import App
from app.handlers import users
from app.stores.dynamo import decode, encode
from tests.unit.aws import Aws, condition_failed, down, refusal
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, NOW_ISO, cognito, person

NAMES = {"firstName": "Ada", "lastName": "Lovelace"}
ADMIN = claims(admin=True)


@pytest.fixture(autouse=True)
def signed_in(aws: Aws) -> None:
    aws.on("admin_get_user", {"UserAttributes": cognito(ADA, "ada@example.test")})
    aws.on("admin_create_user", {"User": {"Attributes": cognito(BOB, "bob@example.test")}})


async def create(app: App, *, caller: dict[str, str] | None = None, **more: Any) -> Answer:
    return await ask(users.create, app, http_event({**NAMES, **more}, caller=caller))


@pytest.mark.parametrize("email", [{}, {"email": None}, {"email": "ada@example.test"}, {"email": "ADA@Example.TEST"}])
async def test_a_caller_creates_their_own_profile(app: App, email: dict[str, Any]) -> None:
    answer = await create(app, **email)
    assert answer.status == 201
    assert answer.body == {
        "userId": ADA,
        "email": "ada@example.test",
        **NAMES,
        "settings": {"channels": {"realtime": True, "push": True, "email": True}},
        "createdAt": NOW_ISO,
        "updatedAt": NOW_ISO,
    }


async def test_what_is_answered_is_what_is_written(app: App, aws: Aws) -> None:
    answer = await create(app)
    (put,) = aws.named("put_item")
    assert (put["TableName"], decode(put["Item"])) == ("users_table", answer.body)


async def test_a_profile_is_never_written_over(app: App, aws: Aws) -> None:
    await create(app)
    assert aws.named("put_item")[0]["ConditionExpression"] == "attribute_not_exists(userId)"


async def test_a_new_profile_has_a_place_and_a_version(app: App) -> None:
    answer = await create(app)
    assert answer.headers["location"] == f"/users/{ADA}"
    assert answer.headers["etag"].startswith('"')


async def test_a_caller_looks_up_their_own_user_name(app: App, aws: Aws) -> None:
    await create(app, caller=claims(username="ada"))
    assert aws.named("admin_get_user") == [{"UserPoolId": "user_pool_id", "Username": "ada"}]


async def test_another_address_is_not_for_everybody(app: App, aws: Aws) -> None:
    answer = await create(app, email="bob@example.test")
    assert (answer.status, answer.faults) == (422, [("/email", "email_mismatch")])
    assert aws.operations() == ["admin_get_user"]


async def test_an_admin_creates_another_person(app: App, aws: Aws) -> None:
    answer = await create(app, caller=ADMIN, email="bob@example.test")
    assert (answer.status, answer.body["userId"], answer.body["email"]) == (201, BOB, "bob@example.test")
    assert aws.named("admin_create_user")[0]["Username"] == "bob@example.test"


async def test_an_invitation_is_mailed_and_its_address_counts_as_verified(app: App, aws: Aws) -> None:
    await create(app, caller=ADMIN, email="bob@example.test")
    (invitation,) = aws.named("admin_create_user")
    assert invitation["DesiredDeliveryMediums"] == ["EMAIL"]
    assert {"Name": "email_verified", "Value": "true"} in invitation["UserAttributes"]


@pytest.mark.parametrize("email", [{}, {"email": "Ada@example.test"}])
async def test_an_admin_creates_their_own_profile_without_an_invitation(
    app: App, aws: Aws, email: dict[str, Any]
) -> None:
    answer = await create(app, caller=ADMIN, **email)
    assert answer.body["userId"] == ADA
    assert aws.named("admin_create_user") == []


async def test_a_person_who_can_sign_in_already_gets_a_profile(app: App, aws: Aws) -> None:
    aws.on("admin_create_user", refusal("UsernameExistsException"))
    aws.on(
        "admin_get_user",
        {"UserAttributes": cognito(ADA, "ada@example.test")},
        {"UserAttributes": cognito(BOB, "bob@example.test")},
    )
    answer = await create(app, caller=ADMIN, email="bob@example.test")
    assert (answer.status, answer.body["userId"]) == (201, BOB)


async def test_an_address_that_the_pool_refuses_is_the_callers_fault(app: App, aws: Aws) -> None:
    aws.on("admin_create_user", refusal("InvalidParameterException", text="Username should be an email: b@b"))
    answer = await create(app, caller=ADMIN, email="b@b")
    assert (answer.status, answer.faults) == (422, [("/email", "malformed")])
    assert "b@b" not in answer.text


async def test_a_second_profile_is_a_conflict(app: App, aws: Aws) -> None:
    aws.on("put_item", condition_failed())
    aws.on("get_item", {"Item": encode(person(ADA, "Earlier"))})
    answer = await create(app)
    assert (answer.status, answer.code) == (409, "user_exists")


async def test_a_profile_whose_answer_was_lost_is_no_conflict_with_itself(app: App, aws: Aws) -> None:
    async def written(**_parameters: Any) -> dict[str, Any]:
        return {"Item": aws.named("put_item")[0]["Item"]}

    aws.on("put_item", condition_failed())
    aws.on("get_item", written)
    assert (await create(app)).status == 201


async def test_a_caller_who_was_deleted_from_the_pool_is_not_found(app: App, aws: Aws) -> None:
    aws.on("admin_get_user", refusal("UserNotFoundException"))
    assert (await create(app)).status == 404


@pytest.mark.parametrize("operation", ["admin_get_user", "put_item"])
async def test_a_part_that_is_down_is_answered_503(app: App, aws: Aws, operation: str) -> None:
    aws.on(operation, down())
    assert (await create(app)).status == 503


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (None, 400, "invalid_json"),
        ("", 400, "invalid_json"),
        ("{", 400, "invalid_json"),
        ('{"firstName":"A","firstName":"B","lastName":"L"}', 400, "duplicate_key"),
        ("[]", 422, "validation_failed"),
        ("{}", 422, "validation_failed"),
        ('"' + "a" * 131_071 + '"', 413, "too_large"),
    ],
)
async def test_a_body_that_is_not_accepted_costs_no_call(
    app: App, aws: Aws, body: str | None, status: int, code: str
) -> None:
    answer = await ask(users.create, app, http_event(body))
    assert (answer.status, answer.code) == (status, code)
    assert aws.calls == []
