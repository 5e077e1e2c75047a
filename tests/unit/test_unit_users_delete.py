import asyncio
from typing import Any

import pytest

from app.catalogue import CONNECTIONS, DEVICES, USERS, Table
from app.handlers import users
from app.models.devices import RegisterDevice
from app.models.ids import UserId
from tests.unit.aws import Aws, down, hang, refusal
from tests.unit.delivering import Site, connection
from tests.unit.endpoints import Endpoints
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, Row, person

STEPS = [
    "query",
    "delete_connection",
    "delete_item",
    "batch_write_item",
    "delete_endpoint",
    "transact_write_items",
    "admin_delete_user",
]


async def erase(site: Site, user_id: str = ADA, **event: Any) -> Answer:
    return await ask(users.delete, site.app, http_event(path={"userId": user_id}, **event))


def rows_of(site: Site, table: Table, user_id: str = ADA) -> list[Row]:
    return [row for row in site.tables.rows(table) if row["userId"] == user_id]


def left(site: Site) -> list[Row]:
    """Returns what is left of Ada; nobody else has connections or devices."""
    return [*rows_of(site, USERS), *site.tables.rows(CONNECTIONS), *site.tables.rows(DEVICES)]


@pytest.fixture(autouse=True)
async def endpoints(site: Site) -> Endpoints:
    """Ada has two connections, of which one has ended, and a device."""
    site.tables.clear(CONNECTIONS)
    site.tables.plant(CONNECTIONS, connection("c1", owner=ADA), connection("c2", owner=ADA, expires_in_s=-5))
    endpoints = Endpoints(site.aws)
    await site.app.registry.register(UserId(ADA), RegisterDevice(platform="fcm", token="t1"))
    site.aws.calls.clear()
    return endpoints


def deleted(aws: Aws) -> list[tuple[str, str]]:
    """Returns the rows that were deleted one by one: table and last part of the key."""
    return [(call["TableName"], list(call["Key"].values())[-1]["S"]) for call in aws.named("delete_item")]


async def test_nothing_of_a_person_stays(site: Site, endpoints: Endpoints) -> None:
    assert (await erase(site)).status == 204
    assert sorted(call["ConnectionId"] for call in site.aws.named("delete_connection")) == ["c1", "c2"]
    assert site.aws.named("admin_delete_user") == [{"UserPoolId": "user_pool_id", "Username": ADA}]
    assert (left(site), endpoints.held) == ([], {})


async def test_the_answer_is_empty(site: Site) -> None:
    assert (await erase(site)).text == ""


async def test_the_profile_goes_after_all_else(site: Site) -> None:
    await erase(site)
    assert deleted(site.aws)[-1] == ("users_table", ADA)


async def test_the_sign_in_goes_after_all_that_hangs_on_it(site: Site) -> None:
    await erase(site)
    operations = [name for name in site.aws.operations() if name not in ("query", "batch_write_item")]
    assert operations[-2:] == ["admin_delete_user", "delete_item"]


async def test_a_connection_is_closed_before_it_is_forgotten(site: Site) -> None:
    await erase(site)
    steps = [(name, call) for name, call in site.aws.calls if name in ("delete_connection", "delete_item")]
    assert [name for name, _ in steps[:4]] == ["delete_connection", "delete_item"] * 2
    assert steps[0][1]["ConnectionId"] == steps[1][1]["Key"]["connectionId"]["S"]


@pytest.mark.parametrize("step", STEPS)
async def test_a_failure_at_any_step_leaves_the_profile(site: Site, step: str) -> None:
    site.aws.on(step, down())
    assert (await erase(site)).status == 503
    assert rows_of(site, USERS)


@pytest.mark.parametrize("step", STEPS)
async def test_what_failed_at_any_step_is_completed_by_a_repeat(site: Site, step: str) -> None:
    healed = site.aws.replies.get(step, [{}])
    site.aws.on(step, down())
    await erase(site)
    site.aws.on(step, *healed)
    assert (await erase(site)).status == 204
    assert left(site) == []


@pytest.mark.parametrize("step", STEPS)
async def test_a_failure_leaves_nothing_running(site: Site, step: str) -> None:
    site.aws.on(step, down(), hang)
    assert (await erase(site)).status == 503
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_connections_and_a_sign_in_that_are_gone_already_are_no_error(site: Site) -> None:
    site.aws.on("delete_connection", refusal("GoneException", 410))
    site.aws.on("admin_delete_user", refusal("UserNotFoundException"))
    assert (await erase(site)).status == 204


async def test_a_person_who_is_gone_is_not_found(site: Site) -> None:
    site.leave(ADA)
    site.aws.on("admin_delete_user", refusal("UserNotFoundException"))
    assert (await erase(site)).status == 404


async def test_what_a_person_who_is_gone_has_left_is_erased_all_the_same(site: Site) -> None:
    site.leave(ADA)
    site.aws.on("admin_delete_user", refusal("UserNotFoundException"))
    await erase(site)
    assert left(site) == []


async def test_somebody_who_never_made_a_profile_is_erased_all_the_same(site: Site) -> None:
    site.leave(ADA)
    assert (await erase(site)).status == 204
    assert site.aws.named("admin_delete_user") == [{"UserPoolId": "user_pool_id", "Username": ADA}]


async def test_an_admin_may_erase_anybody_and_only_them(site: Site) -> None:
    site.tables.plant(USERS, person(BOB, "Bob"))
    assert (await erase(site, BOB, caller=claims(admin=True))).status == 204
    assert (rows_of(site, USERS, BOB), len(rows_of(site, USERS))) == ([], 1)


async def test_nobody_else_may_erase_them(site: Site) -> None:
    assert (await erase(site, caller=claims(BOB))).status == 404
    assert rows_of(site, USERS)
